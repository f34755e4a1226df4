//! Requests through the proxy, and the wait before them.

use std::io::{Read, Write};
use std::net::{IpAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const REQUESTS: u32 = 12;

/// Time limit for a started container to accept connections.
const ACCEPTS_WITHIN: Duration = Duration::from_secs(30);

const TRY_AGAIN: Duration = Duration::from_millis(5);

/// Waits until the port accepts connections.
pub fn wait_for(address: IpAddr, port: u16) -> Result<()> {
    let start = Instant::now();
    while TcpStream::connect_timeout(&(address, port).into(), ACCEPTS_WITHIN).is_err() {
        if start.elapsed() > ACCEPTS_WITHIN {
            bail!(
                "nothing listens on port {port} after {} s",
                ACCEPTS_WITHIN.as_secs()
            );
        }
        thread::sleep(TRY_AGAIN);
    }
    Ok(())
}

/// Sends all requests to the API through the proxy, on one connection.
pub fn fire(proxy: IpAddr) -> Result<()> {
    let mut connection = TcpStream::connect((proxy, 80))?;
    connection.set_nodelay(true)?;
    (0..REQUESTS).try_for_each(|_| ask(&mut connection))
}

fn ask(connection: &mut TcpStream) -> Result<()> {
    connection.write_all(b"GET /api/hello HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    while !answer.ends_with("Hello, World!") {
        let mut piece = [0; 4096];
        let length = connection.read(&mut piece)?;
        if length == 0 {
            bail!("the proxy ended the connection after {answer:?}");
        }
        answer.push_str(&String::from_utf8_lossy(&piece[..length]));
    }
    Ok(())
}
