//! The engine's API without a client library: one HTTP request over the local socket.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::engine;

/// An engine on this machine.
pub struct Engine {
    socket: PathBuf,
}

impl Engine {
    /// Returns the engine that the docker client uses.
    pub fn local() -> Result<Engine> {
        let address = engine::address()?;
        let socket = address
            .strip_prefix("unix://")
            .context("the benchmark needs an engine on this machine")?;
        Ok(Engine {
            socket: socket.into(),
        })
    }

    /// Sends a GET request.
    pub fn get(&self, path: &str) -> Result<Value> {
        self.request("GET", path, "")
    }

    /// Sends a POST request without a body: one that the engine does not read would make it reset the connection.
    pub fn order(&self, path: &str) -> Result<Value> {
        self.request("POST", path, "")
    }

    /// Sends a POST request with a body.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.request("POST", path, &body.to_string())
    }

    /// Sends a DELETE request.
    pub fn delete(&self, path: &str) -> Result<Value> {
        self.request("DELETE", path, "")
    }

    /// Sends a request. In HTTP 1.0 the response ends with the connection, so its framing need not be parsed.
    fn request(&self, method: &str, path: &str, body: &str) -> Result<Value> {
        let mut stream = UnixStream::connect(&self.socket)?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: engine\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .context("the engine's answer has no end of its head")?;
        if !matches!(head.split(' ').nth(1), Some("200" | "201" | "204")) {
            bail!("{method} {path}: {body}");
        }
        Ok(serde_json::from_str(body).unwrap_or(Value::Null))
    }
}
