//! Tests with real sockets: a server on the loopback plays the web.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener as Listener, TcpStream as Stream};
use std::time::Duration;

use super::*;

/// Answers every connection with the same response, and records its first bytes.
fn server() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let kept = Arc::clone(&heard);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut bytes = [0; 65536];
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let read = stream.read(&mut bytes).unwrap_or(0);
            let said = String::from_utf8_lossy(&bytes[..read]).into_owned();
            kept.lock().unwrap().push(said);
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok",
            );
        }
    });
    (address, heard)
}

/// Starts a relay that treats the loopback as the web, except for ports below 1024.
async fn relay(hosts: &[&str]) -> (Relay, Arc<Notes>) {
    let notes = Arc::<Notes>::default();
    let policy = Policy {
        peers: Subnet::parse("127.0.0.0/8").unwrap(),
        allows: |address| address.ip() == Ipv4Addr::LOCALHOST && address.port() > 1024,
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
    };
    let relay = Relay::start(Ipv4Addr::LOCALHOST.into(), policy, Arc::clone(&notes));
    (relay.await.unwrap(), notes)
}

/// Sends these bytes to the relay, and returns its answer until it closes the connection.
async fn say(relay: SocketAddr, bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    let said = tokio::task::spawn_blocking(move || {
        let mut stream = Stream::connect(relay).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(500)))
            .unwrap();
        let _ = stream.write_all(&bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    said.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_reaches_the_host_of_its_line_and_no_other() {
    let ((server, heard), (relay, notes)) = (server(), relay(&[]).await);
    let answer = say(
        relay.address,
        format!(
            "POST http://{server}/a?b HTTP/1.1\r\nHost: elsewhere\r\nConnection: X-Own\r\nX-Own: 1\r\nProxy-Authorization: x\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\nhi"
        ),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    assert!(!answer.contains("x-hop"), "{answer}");
    let heard = heard.lock().unwrap().concat();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().skip(1).collect();
    lines.sort_unstable();
    assert!(heard.starts_with("POST /a?b HTTP/1.1\r\n"), "{heard}");
    let host = format!("host: {server}");
    assert_eq!(
        lines,
        ["connection: close", "content-length: 2", &host, "x-kept: 1"]
    );
    assert_eq!((body, notes.missed()), ("hi", Missed::default()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_carries_whatever_is_said() {
    let ((server, heard), (relay, _)) = (server(), relay(&[]).await);
    let hello = format!("CONNECT {server} HTTP/1.1\r\nHost: elsewhere\r\n\r\n\x16\x03hello");
    let answer = say(relay.address, hello).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("ok"), "{answer}");
    assert_eq!(heard.lock().unwrap().concat(), "\x16\x03hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_web_is_refused_and_noted() {
    let (relay, notes) = relay(&[]).await;
    for request in [
        "CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n",
        "CONNECT [::1]:443 HTTP/1.1\r\n\r\n",
        "CONNECT localhost:22 HTTP/1.1\r\n\r\n",
    ] {
        let answer = say(relay.address, request).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{request}: {answer}");
    }
    for request in [
        "GET http://10.0.0.1/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://0x7f.1/ HTTP/1.0\r\n\r\n",
        "GET http://name.invalid:8080/ HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_eq!(say(relay.address, request).await, "", "{request}");
    }
    let refused = [
        "0x7f.1:80",
        "10.0.0.1:80",
        "169.254.169.254:80",
        "[::1]:443",
        "localhost:22",
    ];
    assert_eq!(notes.all_refused(), refused);
    assert_eq!(notes.all_unreached(), ["name.invalid:8080"]);
    // No public address was blocked, and no package source was requested.
    let missed = Missed {
        others: 1,
        ..Missed::default()
    };
    assert_eq!(notes.missed(), missed);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_a_connection_is_judged() {
    let ((server, heard), (relay, notes)) = (server(), relay(&[]).await);
    let one = format!("GET http://{server}/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    let other = "GET http://127.0.0.1:80/2 HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = say(relay.address, one + other).await;
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert_eq!(heard.lock().unwrap().len(), 1);
    assert_eq!(notes.all_refused(), ["127.0.0.1:80"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_no_second_request() {
    let ((server, heard), (relay, notes)) = (server(), relay(&[]).await);
    let hidden = "GET http://127.0.0.1:80/ HTTP/1.1\r\nHost: a\r\n\r\n";
    for framing in [
        format!("Content-Length: {}", hidden.len()),
        format!(
            "Transfer-Encoding: chunked\r\nContent-Length: {}",
            hidden.len()
        ),
        "Transfer-Encoding: xchunked\r\nContent-Length: 0".to_owned(),
        "Content-Length: 0\r\nContent-Length: 5".to_owned(),
    ] {
        let request =
            format!("POST http://{server}/ HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n{hidden}");
        say(relay.address, request).await;
    }
    // The server receives at most one request per connection, with a single framing.
    let heard = heard.lock().unwrap();
    for said in heard.iter().filter(|said| !said.is_empty()) {
        let head = said.split("\r\n\r\n").next().unwrap_or_default();
        assert!(said.starts_with("POST / HTTP/1.1\r\n"), "{said}");
        let framings = ["content-length", "transfer-encoding"].iter();
        assert!(
            framings.filter(|name| head.contains(**name)).count() <= 1,
            "{said}"
        );
    }
    assert_eq!(notes.all_unreached(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_named_is_reached_where_hosts_are() {
    let ((server, _), (relay, notes)) = (server(), relay(&["localhost"]).await);
    let port = server.port();
    for (host, status) in [("localhost", 200), ("127.0.0.1", 403)] {
        let answer = say(
            relay.address,
            format!("CONNECT {host}:{port} HTTP/1.1\r\n\r\n"),
        )
        .await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
    }
    assert_eq!(notes.all_refused(), [format!("127.0.0.1:{port}")]);
    assert_eq!(notes.missed(), Missed::default());
    say(relay.address, "CONNECT 8.8.8.8:443 HTTP/1.1\r\n\r\n").await;
    assert_eq!(notes.missed().closed, 1);
    let hosts = ["Example.com".to_owned()];
    assert!(is_named("a.example.com", &hosts) && is_named("example.com.", &hosts));
    assert!(!is_named("badexample.com", &hosts) && !is_named("com", &hosts));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_is_served() {
    let notes = Arc::<Notes>::default();
    let policy = Policy {
        peers: Subnet::parse("172.18.0.0/16").unwrap(),
        allows: |_| true,
        hosts: Vec::new(),
    };
    let relay = Relay::start(Ipv4Addr::LOCALHOST.into(), policy, Arc::clone(&notes));
    let relay = relay.await.unwrap();
    assert_eq!(
        say(relay.address, "GET http://a/ HTTP/1.1\r\n\r\n").await,
        ""
    );
    assert!(!notes.is_reached());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_bounded() {
    let ((server, heard), (relay, _)) = (server(), relay(&[]).await);
    let long = "x".repeat(2 * limits::RELAY_HEAD_BYTES);
    let many = "a: b\r\n".repeat(1000);
    for headers in [format!("X: {long}\r\n"), many] {
        let request = format!("GET http://{server}/ HTTP/1.1\r\n{headers}\r\n");
        let answer = say(relay.address, request).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
    assert_eq!(heard.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn connections_break_together_when_their_bytes_are_spent() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await;
    let carried = Arc::new(AtomicU64::new(limits::RELAY_BYTES - 3));
    let mut metered = Metered::new(stream.unwrap(), carried);
    use tokio::io::AsyncWriteExt;
    assert!(metered.write_all(b"abc").await.is_ok());
    assert!(metered.write_all(b"d").await.is_err());
}

/// Combines random parts on whose boundaries and destinations servers disagree. The relay must survive, and the server must
/// receive only complete requests that name it.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_said_a_server_hears_only_requests_that_name_it() {
    const CASES: usize = 300;
    let ((server, heard), (relay, _)) = (server(), relay(&[]).await);
    let own = format!("http://{server}");
    let parts: [&str; 30] = [
        "GET ",
        "POST ",
        "CONNECT ",
        "get ",
        &own,
        "http://127.0.0.1:80",
        "http://",
        "//",
        "/x",
        "@",
        "#",
        "?",
        "\\",
        " ",
        "\t",
        "%0d%0a",
        " HTTP/1.1",
        " HTTP/1.0",
        " HTTP/0.9",
        "\r\n",
        "\r",
        "\n",
        "\0",
        "Host: 127.0.0.1:80",
        "Host: ",
        "Content-Length: 4",
        "Transfer-Encoding: chunked",
        "0\r\n\r\n",
        "\u{85}",
        ":",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % bound as u64).unwrap()
    };
    let requests = (0..CASES).map(|_| {
        let mut request = match next(2) {
            0 => format!("GET {own}/ HTTP/1.1\r\nHost: a\r\n"),
            _ => String::new(),
        };
        (0..next(12)).for_each(|_| request.push_str(parts[next(parts.len())]));
        request + "\r\n\r\n"
    });
    for request in requests.collect::<Vec<_>>().chunks(30) {
        let said = request
            .iter()
            .map(|request| say(relay.address, request.clone()));
        futures_util::future::join_all(said).await;
    }
    let host = format!("host: {server}\r\n");
    let heard = heard.lock().unwrap();
    assert!(heard.len() > CASES / 10, "{} of {CASES}", heard.len());
    for said in heard.iter() {
        let head = format!("{}\r\n", said.split("\r\n\r\n").next().unwrap_or_default());
        assert_eq!(head.matches("host: ").count(), 1, "{said:?}");
        assert!(
            head.contains(&host) && head.contains("connection: close\r\n"),
            "{said:?}"
        );
        let line = head.lines().next().unwrap_or_default();
        assert!(!line.contains("://"), "{said:?}");
    }
}
