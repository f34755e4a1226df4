//! The builds' way to the web: a forward proxy of the run's own, for networks that lead nowhere else.
//!
//! It carries tunnels and plain requests. A request is read whole by an HTTP server and written anew by an HTTP client, so
//! that nothing but the address it names can hear of it. A name is resolved once, and the very address that was judged is
//! connected to.

mod address;
mod metered;
mod notes;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::limits;

pub(super) use address::{Subnet, is_on_the_web, is_public};
use metered::Metered;
pub(super) use notes::{Missed, Notes};

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Body = Either<Incoming, Empty<Bytes>>;

/// Headers that are said to the next hop only, and those that frame a body, which the client writes itself.
const HOP: [&str; 11] = [
    "connection",
    "proxy-connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "http2-settings",
];

/// Statuses of a server that cannot serve for the moment.
const UNWELL: [StatusCode; 4] = [
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// Hosts of several owners that are there as long as the web is.
pub(super) const WELL_KNOWN: [&str; 4] = [
    "archive.ubuntu.com:80",
    "deb.debian.org:80",
    "pypi.org:443",
    "registry-1.docker.io:443",
];

/// Who may go where.
pub(super) struct Policy {
    /// Who may ask: nobody else's containers, nor the machine's neighbours.
    pub(super) peers: Subnet,
    /// Whether an address may be connected to.
    pub(super) allows: fn(SocketAddr) -> bool,
    /// The hosts that may be named, with all below them; all hosts where it is empty.
    pub(super) hosts: Vec<String>,
}

/// A relay that runs until it is dropped.
pub(super) struct Relay {
    /// Where it listens.
    pub(super) address: SocketAddr,
    task: AbortHandle,
}

impl Relay {
    /// Listens on a port of an address of this machine that the system chooses.
    ///
    /// # Errors
    /// When the address is not this machine's.
    pub(super) async fn start(
        address: IpAddr,
        policy: Policy,
        notes: Arc<Notes>,
    ) -> io::Result<Relay> {
        let listener = TcpListener::bind((address, 0)).await?;
        let address = listener.local_addr()?;
        let carrier = Arc::new(Carrier {
            policy,
            notes,
            carried: Arc::default(),
        });
        let task = tokio::spawn(accept(listener, carrier)).abort_handle();
        Ok(Relay { address, task })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves a bounded number of connections at a time, and ends them with itself.
async fn accept(listener: TcpListener, carrier: Arc<Carrier>) {
    let free = Arc::new(Semaphore::new(limits::RELAY_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
            return;
        };
        while connections.try_join_next().is_some() {}
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of files, for a moment.
            tokio::time::sleep(limits::RELAY_PAUSE).await;
            continue;
        };
        if !carrier.policy.peers.contains(peer.ip()) {
            continue;
        }
        carrier.notes.reached();
        let carrier = Arc::clone(&carrier);
        connections.spawn(async move {
            // What a connection ends with concerns whoever opened it.
            let _served = timeout(limits::BUILD, carrier.serve(stream)).await;
            drop(permit);
        });
    }
}

/// What carries requests.
struct Carrier {
    policy: Policy,
    notes: Arc<Notes>,
    /// Bytes, in both directions and over all connections.
    carried: Arc<AtomicU64>,
}

/// A tunnel that is about to begin.
type Tunnel = Mutex<Option<(OnUpgrade, Metered)>>;

impl Carrier {
    async fn serve(&self, stream: TcpStream) -> Result<(), Failure> {
        let tunnel = Tunnel::default();
        hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits::RELAY_HEAD)
            .max_buf_size(limits::RELAY_HEAD_BYTES)
            .serve_connection(
                TokioIo::new(stream),
                service_fn(|request| self.answer(request, &tunnel)),
            )
            .with_upgrades()
            .await?;
        let tunnel = tunnel.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some((client, mut server)) = tunnel {
            let mut client = TokioIo::new(client.await?);
            copy_bidirectional(&mut client, &mut server).await?;
        }
        Ok(())
    }

    /// A plain request that goes nowhere ends the connection: a page that says why could be taken for what was asked for.
    async fn answer(
        &self,
        request: Request<Incoming>,
        tunnel: &Tunnel,
    ) -> Result<Response<Body>, Failure> {
        let target = Target::of(&request);
        if request.method() != Method::CONNECT {
            return self.forward(target?, request).await;
        }
        let mut response = Response::new(Either::Right(Empty::new()));
        let server = match target {
            Ok(target) => self.connect(&target).await,
            Err(error) => Err(error),
        };
        match server {
            Ok(server) => {
                let mut tunnel = tunnel.lock().unwrap_or_else(PoisonError::into_inner);
                *tunnel = Some((hyper::upgrade::on(request), server));
            }
            Err(_) => *response.status_mut() = StatusCode::FORBIDDEN,
        }
        Ok(response)
    }

    async fn forward(
        &self,
        target: Target,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Failure> {
        let server = TokioIo::new(self.connect(&target).await?);
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_buf_size(limits::RELAY_HEAD_BYTES)
            .handshake(server)
            .await?;
        // It ends with the sender and the body of the response, both of which this connection holds.
        tokio::spawn(connection);
        let response = sender.send_request(outgoing(request)?).await?;
        if UNWELL.contains(&response.status()) {
            let _noted = self.notes.unreached(&target);
        }
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err("not asked for".into());
        }
        let (mut parts, body) = response.into_parts();
        strip(&mut parts.headers);
        parts.version = Version::HTTP_11;
        Ok(Response::from_parts(parts, Either::Left(body)))
    }

    /// Resolves a name once, and connects to an address that was judged.
    async fn connect(&self, target: &Target) -> Result<Metered, Failure> {
        if !is_named(&target.host, &self.policy.hosts) {
            let address: Option<IpAddr> = target.host.parse().ok();
            return Err(match address.is_some_and(|address| !is_public(address)) {
                true => self.notes.refused(target),
                false => self.notes.closed(target),
            });
        }
        let resolved = timeout(
            limits::RELAY_CONNECT,
            lookup_host((target.host.as_str(), target.port)),
        );
        let Ok(Ok(resolved)) = resolved.await else {
            return Err(self.notes.unreached(target));
        };
        let (allowed, refused): (Vec<SocketAddr>, Vec<SocketAddr>) =
            resolved.partition(|address| (self.policy.allows)(*address));
        if allowed.is_empty() {
            let mut refused = refused.into_iter();
            return Err(match refused.any(|address| is_public(address.ip())) {
                true => self.notes.closed(target),
                false => self.notes.refused(target),
            });
        }
        let connected = timeout(limits::RELAY_CONNECT, async {
            for address in allowed {
                if let Ok(server) = TcpStream::connect(address).await {
                    return Some(server);
                }
            }
            None
        });
        match connected.await {
            Ok(Some(server)) => Ok(Metered::new(server, Arc::clone(&self.carried))),
            Ok(None) | Err(_) => Err(self.notes.unreached(target)),
        }
    }
}

/// Returns whether some well-known host answers on the web, so that the machine has a way there.
pub(super) async fn is_online() -> bool {
    let mut asked = JoinSet::new();
    for host in WELL_KNOWN {
        asked.spawn(timeout(limits::RELAY_CONNECT, TcpStream::connect(host)));
    }
    while let Some(answered) = asked.join_next().await {
        if let Ok(Ok(Ok(_))) = answered {
            return true;
        }
    }
    false
}

/// What a request is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    host: String,
    port: u16,
}

impl Target {
    /// By the request's own line alone: what its headers say of a host is not asked.
    fn of<T>(request: &Request<T>) -> Result<Target, Failure> {
        let uri = request.uri();
        let authority = uri.authority().ok_or("no host")?;
        if authority.as_str().contains('@') {
            return Err("a password".into());
        }
        let port = match (uri.scheme_str(), request.method()) {
            (None, &Method::CONNECT) => authority.port_u16(),
            (Some("http"), method) if method != Method::CONNECT => {
                authority.port_u16().or(Some(80))
            }
            (Some(_) | None, _) => None,
        };
        // The client takes an address of the sixth version without its brackets.
        let host = authority.host().trim_matches(['[', ']']).to_lowercase();
        let port = port.ok_or("no port")?;
        Ok(Target { host, port })
    }
}

/// Whether a host is one of those, or below one of them.
fn is_named(host: &str, hosts: &[String]) -> bool {
    let host = host.trim_end_matches('.');
    let is_below = |name: &String| {
        let above = host.strip_suffix(name.to_lowercase().as_str());
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    };
    hosts.is_empty() || hosts.iter().any(is_below)
}

/// A request as its server gets it: with the host of its line, and nothing that was for the relay.
fn outgoing(request: Request<Incoming>) -> Result<Request<Incoming>, Failure> {
    let (mut parts, body) = request.into_parts();
    let authority = parts.uri.authority().ok_or("no host")?;
    let host = HeaderValue::from_str(authority.as_str())?;
    let path = parts.uri.path_and_query().ok_or("no path")?;
    parts.uri = Uri::from(path.clone());
    strip(&mut parts.headers);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::HOST, host);
    parts
        .headers
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    parts.version = Version::HTTP_11;
    parts.extensions.clear();
    Ok(Request::from_parts(parts, body))
}

/// Takes away what is said to the next hop only.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let is_framed_otherwise = headers.contains_key(header::TRANSFER_ENCODING);
    for name in named {
        headers.remove(name);
    }
    for name in HOP {
        headers.remove(name);
    }
    if is_framed_otherwise {
        headers.remove(header::CONTENT_LENGTH);
    }
}
