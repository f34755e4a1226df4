//! Requests on one connection that is kept, so that one worker of the proxy serves them all.
//!
//! A pooled client may open a second connection when it pleases; here the connection itself is held, and each new one
//! is counted.

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

/// A connection that is opened again only when the other side has closed it.
pub(super) struct Kept {
    address: SocketAddr,
    sender: Option<SendRequest<Empty<Bytes>>>,
    /// How often the other side has closed it so far; what is given up here, because no answer comes in time, does not
    /// count.
    pub(super) closed: u32,
}

impl Kept {
    pub(super) fn new(address: SocketAddr) -> Kept {
        Kept {
            address,
            sender: None,
            closed: 0,
        }
    }

    /// One `GET`, `padding` bytes longer than it need be.
    ///
    /// A connection that the other side closes while it lies idle has not served the request, which is then sent on
    /// a new one.
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
        // What may still arrive on it belongs to no request any more.
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

    /// The connection, once it is free for a request; a new one when the old one is closed.
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
    // It ends with the connection, which ends with its sender; its error is the pending request's too.
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
