//! Relay: the builds' egress to the web, a forward proxy of the run for networks without any other route.
//!
//! It carries tunnels and plain requests. An HTTP server reads each plain request completely, and an HTTP client writes it
//! anew, so that only the address that the request names can receive it. A name is resolved once, and the connection is made to
//! the address that was checked.

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

/// Headers for the next hop only, and headers that frame a body, which the client writes itself.
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

/// Statuses of a server that is temporarily unable to serve.
const UNWELL: [StatusCode; 4] = [
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// Hosts of several owners, permanent enough to test the connection to the web.
pub(super) const WELL_KNOWN: [&str; 4] = [
    "archive.ubuntu.com:80",
    "deb.debian.org:80",
    "pypi.org:443",
    "registry-1.docker.io:443",
];

/// Policy of the relay: the permitted clients and destinations.
pub(super) struct Policy {
    /// Network of the permitted clients: excludes other containers and the machine's neighbours.
    pub(super) peers: Subnet,
    /// Predicate for the addresses that may be connected to.
    pub(super) allows: fn(SocketAddr) -> bool,
    /// Permitted hosts, including their subdomains; all hosts when empty.
    pub(super) hosts: Vec<String>,
}

/// Relay that runs until it is dropped.
pub(super) struct Relay {
    /// Address that it listens on.
    pub(super) address: SocketAddr,
    task: AbortHandle,
}

impl Relay {
    /// Starts a relay on a port that the system chooses, at an address of this machine.
    ///
    /// # Errors
    /// An error when the address is not this machine's.
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

/// Serves at most [`limits::RELAY_CONNECTIONS`] connections at a time; they end with this future.
async fn accept(listener: TcpListener, carrier: Arc<Carrier>) {
    let free = Arc::new(Semaphore::new(limits::RELAY_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&free).acquire_owned().await else {
            return;
        };
        while connections.try_join_next().is_some() {}
        let Ok((stream, peer)) = listener.accept().await else {
            // Usually a temporary lack of file descriptors.
            tokio::time::sleep(limits::RELAY_PAUSE).await;
            continue;
        };
        if !carrier.policy.peers.contains(peer.ip()) {
            continue;
        }
        carrier.notes.reached();
        let carrier = Arc::clone(&carrier);
        connections.spawn(async move {
            // An error of a connection concerns only its client.
            let _served = timeout(limits::BUILD, carrier.serve(stream)).await;
            drop(permit);
        });
    }
}

/// Carrier of requests: the policy, the record and the byte count.
struct Carrier {
    policy: Policy,
    notes: Arc<Notes>,
    /// Bytes carried in both directions, over all connections.
    carried: Arc<AtomicU64>,
}

/// Tunnel that is about to begin.
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

    /// Answers a request. A plain request that fails closes the connection: an error page could be taken for the requested
    /// content.
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
        // The task ends with the sender and the body of the response, which this connection owns.
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

    /// Resolves a name once, and connects to an address that the policy allows.
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

/// Destination of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    host: String,
    port: u16,
}

impl Target {
    /// Parses the destination from the request line alone; the host in the headers is ignored.
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
        // The client expects an IPv6 address without brackets.
        let host = authority.host().trim_matches(['[', ']']).to_lowercase();
        let port = port.ok_or("no port")?;
        Ok(Target { host, port })
    }
}

/// Returns whether a host is one of `hosts` or a subdomain of one of them; any host matches an empty list.
fn is_named(host: &str, hosts: &[String]) -> bool {
    let host = host.trim_end_matches('.');
    let is_below = |name: &String| {
        let above = host.strip_suffix(name.to_lowercase().as_str());
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    };
    hosts.is_empty() || hosts.iter().any(is_below)
}

/// Returns a request as its server receives it: with the host of its request line, and without the headers for the relay.
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

/// Removes the headers for the next hop only.
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
