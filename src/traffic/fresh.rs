//! Requests on one new connection each.

use std::net::SocketAddr;

use reqwest::header::{HOST as HOST_HEADER, LOCATION};
use reqwest::redirect::Policy;
use softy_checks::observation::{Fault, FaultKind, Outcome, Reply};

use super::{BODY_BYTES, HOST, REPLY, shown_body};

/// HTTP client that opens a connection for each request, follows no redirect and uses no proxy of its environment.
pub struct Client {
    client: reqwest::Client,
}

impl Client {
    /// Creates a client with the checker's deadlines.
    ///
    /// # Errors
    /// A fault when the system does not allow it.
    pub fn new() -> Result<Client, Fault> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            .redirect(Policy::none())
            .pool_max_idle_per_host(0)
            .timeout(REPLY)
            .build();
        client
            .map(|client| Client { client })
            .map_err(|error| Fault::told(FaultKind::Engine, error.to_string()))
    }

    /// Sends one `GET`, and returns its reply.
    pub async fn get(&self, address: SocketAddr, path: &str) -> Reply {
        let (outcome, location) = match self.answer(address, path).await {
            Ok(answered) => answered,
            Err(error) => (failure(&error), None),
        };
        Reply {
            path: path.to_owned(),
            outcome,
            location,
        }
    }

    async fn answer(
        &self,
        address: SocketAddr,
        path: &str,
    ) -> reqwest::Result<(Outcome, Option<String>)> {
        let request = self
            .client
            .get(format!("http://{address}{path}"))
            .header(HOST_HEADER, HOST);
        let mut response = request.send().await?;
        let location = response.headers().get(LOCATION);
        let location = location.map(|value| shown_body(value.as_bytes()));
        let location = location.filter(|_| response.status().is_redirection());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_BYTES {
                let limit = BODY_BYTES as u64;
                return Ok((Outcome::TooLarge { limit }, None));
            }
        }
        let outcome = Outcome::Answered {
            status: response.status().as_u16(),
            body: shown_body(&body),
        };
        Ok((outcome, location))
    }
}

fn failure(error: &reqwest::Error) -> Outcome {
    if error.is_timeout() {
        return Outcome::TimedOut {
            seconds: REPLY.as_secs(),
        };
    }
    if error.is_connect() {
        return Outcome::Refused;
    }
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words = error.to_string();
        cause = error.source();
    }
    Outcome::Broken { error: words }
}
