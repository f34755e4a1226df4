//! Requests on one persistent connection, so that one worker of the proxy serves them all.
//!
//! A pooled client may open a second connection at any time. This one owns its connection and counts each new one.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use softy_checks::observation::Outcome;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{BODY_BYTES, HOST, REPLY, shown_body};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Persistent connection, opened again only when the other side has closed it.
pub(super) struct PersistentConnection {
    address: SocketAddr,
    sender: Option<SendRequest<Empty<Bytes>>>,
    /// Number of times that the other side has closed the connection. A connection given up here after a timeout does not
    /// count.
    pub(super) closed: u32,
}

impl PersistentConnection {
    pub(super) fn new(address: SocketAddr) -> PersistentConnection {
        PersistentConnection {
            address,
            sender: None,
            closed: 0,
        }
    }

    /// Sends one `GET`, padded with `padding` extra bytes.
    ///
    /// A connection that the other side closes while it is idle has not served the request: the request is sent again on a new
    /// one.
    pub(super) async fn get(&mut self, path: &str, padding: usize) -> Outcome {
        let reused = self.sender.is_some();
        let mut answer = timeout(REPLY, self.answer(path, padding)).await;
        if let (Ok(Err(error)), true) = (&answer, reused)
            && error.downcast_ref::<hyper::Error>().is_some_and(is_closed)
        {
            self.sender = None;
            self.closed += 1;
            answer = timeout(REPLY, self.answer(path, padding)).await;
        }
        let outcome = match answer {
            Ok(Ok(outcome)) => return outcome,
            Ok(Err(error)) => failure(error.as_ref()),
            Err(_) => Outcome::TimedOut {
                seconds: REPLY.as_secs(),
            },
        };
        // A late reply on this connection must not be taken for the reply to the next request.
        self.sender = None;
        outcome
    }

    async fn answer(&mut self, path: &str, padding: usize) -> Result<Outcome, Failure> {
        let request = Request::get(path)
            .header("Host", HOST)
            .header("X-Padding", "x".repeat(padding))
            .body(Empty::new())?;
        let sender = self.ready().await?;
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = match Limited::new(response.into_body(), BODY_BYTES)
            .collect()
            .await
        {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                self.sender = None;
                return Ok(Outcome::TooLarge {
                    limit: BODY_BYTES as u64,
                });
            }
            Err(error) => return Err(error),
        };
        Ok(Outcome::Answered {
            status,
            body: shown_body(&body),
        })
    }

    /// Returns the connection once it is free for a request; opens a new one when the old one is closed.
    async fn ready(&mut self) -> Result<&mut SendRequest<Empty<Bytes>>, Failure> {
        if let Some(sender) = &mut self.sender
            && sender.ready().await.is_err()
        {
            self.sender = None;
            self.closed += 1;
        }
        if self.sender.is_none() {
            self.sender = Some(connect(self.address).await?);
        }
        self.sender.as_mut().ok_or_else(|| "no connection".into())
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Empty<Bytes>>, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // The task ends with the connection, which ends when its sender is dropped. The pending request also gets its error.
    tokio::spawn(connection);
    Ok(sender)
}

fn is_closed(error: &hyper::Error) -> bool {
    error.is_canceled() || error.is_closed() || error.is_incomplete_message()
}

fn failure(error: &(dyn std::error::Error + 'static)) -> Outcome {
    match error.downcast_ref::<std::io::Error>() {
        Some(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => Outcome::Refused,
        Some(_) | None => Outcome::Broken {
            error: error.to_string(),
        },
    }
}
