//! Groups of servers.

use super::effective::{Directive, Effective};

/// The port of a server that names none.
const HTTP: u16 = 80;

/// How a group chooses a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// One after the other: what nginx does when nothing else is asked of it.
    RoundRobin,
    /// `ip_hash` or `hash`: by something of the request. Not so `hash … consistent` where all servers have one name: nginx chooses
    /// a name by it, and what a name stands for takes turns (`ngx_http_upstream_get_chash_peer` in its
    /// `ngx_http_upstream_hash_module.c`).
    Hashed,
    /// `random`.
    Random,
    /// `least_conn`, or `least_time`: the one with the least to do.
    LeastBusy,
    /// Something that is not known here, such as `sticky`.
    Other,
}

/// An `upstream`.
#[derive(Clone, Debug)]
pub struct Upstream<'d, 'a> {
    /// The block.
    pub directive: &'d Directive<'a>,
    /// Its servers, in its order.
    pub servers: Vec<Server<'d, 'a>>,
}

/// A `server` of an `upstream`.
#[derive(Clone, Debug)]
pub struct Server<'d, 'a> {
    /// The line.
    pub directive: &'d Directive<'a>,
    /// Its name or address.
    pub host: &'d str,
    /// Its port.
    pub port: u16,
    /// Its `weight`, 1 when it has none.
    pub weight: u32,
}

impl<'d, 'a> Upstream<'d, 'a> {
    /// The `upstream` of that name; `None` also when one of its servers is not read here.
    pub fn named(effective: &'d Effective<'a>, name: &str) -> Option<Upstream<'d, 'a>> {
        let directive = defined(effective, name)?;
        let servers: Option<Vec<Server<'_, '_>>> =
            directive.all("server").map(Server::read).collect();
        Some(Upstream {
            directive,
            servers: servers?,
        })
    }

    /// How it chooses, and the directive that says so.
    pub fn method(&self) -> (Method, Option<&'d Directive<'a>>) {
        let block: &'d [Directive<'a>] = self.directive.block.as_deref().unwrap_or_default();
        let mut said = block
            .iter()
            .filter(|directive| !self.is_hash_of_one_name(directive))
            .filter_map(|directive| Some((method(directive.name())?, Some(directive))));
        said.next().unwrap_or((Method::RoundRobin, None))
    }

    /// Whether a directive chooses between names of which there is one only.
    fn is_hash_of_one_name(&self, directive: &Directive<'_>) -> bool {
        let is_consistent =
            (directive.arguments().get(1)).is_some_and(|word| word.text == "consistent");
        let mut names = (self.servers.iter()).map(|server| server.directive.argument());
        let first = names.next();
        directive.name() == "hash" && is_consistent && names.all(|name| Some(name) == first)
    }
}

/// Whether a name is that of an `upstream`.
pub(super) fn defined<'d, 'a>(
    effective: &'d Effective<'a>,
    name: &str,
) -> Option<&'d Directive<'a>> {
    let http = effective.directives.iter();
    let blocks = http.filter(|directive| directive.name() == "http");
    let mut directives = blocks.flat_map(|http| http.block.iter().flatten());
    directives.find(|directive| {
        directive.name() == "upstream"
            && directive
                .argument()
                .is_some_and(|called| called.eq_ignore_ascii_case(name))
    })
}

/// The method that a directive of an `upstream` asks for; `None` for one that asks for none.
fn method(name: &str) -> Option<Method> {
    match name {
        "ip_hash" | "hash" => Some(Method::Hashed),
        "random" => Some(Method::Random),
        "least_conn" | "least_time" => Some(Method::LeastBusy),
        "server" | "zone" | "keepalive" | "keepalive_requests" | "keepalive_timeout"
        | "keepalive_time" | "resolver" | "resolver_timeout" | "state" => None,
        _ => Some(Method::Other),
    }
}

impl<'d, 'a> Server<'d, 'a> {
    fn read(directive: &'d Directive<'a>) -> Option<Server<'d, 'a>> {
        let (host, port) = host_and_port(directive.argument()?)?;
        let mut weights = directive
            .arguments()
            .iter()
            .filter_map(|word| word.text.strip_prefix("weight="));
        let weight = weights
            .next_back()
            .map_or(Some(1), |weight| weight.parse().ok())?;
        Some(Server {
            directive,
            host,
            port,
            weight,
        })
    }
}

/// Host and port of `back-end:5252`; `None` for a socket's path, an address in brackets or something with a variable.
pub(super) fn host_and_port(written: &str) -> Option<(&str, u16)> {
    if written.starts_with("unix:") || written.contains(['$', '[', '/']) {
        return None;
    }
    match written.split_once(':') {
        Some((host, port)) => Some((host, port.parse().ok()?)),
        None => Some((written, HTTP)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::sample::site;

    fn method_of(block: &str) -> Method {
        let seen = site(&format!("upstream api {{ {block} }}"));
        let effective = Effective::read(&seen);
        Upstream::named(&effective, "API").unwrap().method().0
    }

    #[test]
    fn servers_have_host_port_and_weight() {
        let seen = site("upstream api { server a:1 weight=3; server b backup; keepalive 2; }");
        let effective = Effective::read(&seen);
        let upstream = Upstream::named(&effective, "api").unwrap();
        let servers = upstream.servers.iter();
        let servers = servers.map(|server| (server.host, server.port, server.weight));
        assert_eq!(servers.collect::<Vec<_>>(), [("a", 1, 3), ("b", 80, 1)]);
        assert_eq!(upstream.method().0, Method::RoundRobin);
        assert!(Upstream::named(&effective, "site").is_none());
    }

    #[test]
    fn each_method_is_known() {
        assert_eq!(method_of("server a; ip_hash;"), Method::Hashed);
        assert_eq!(method_of("hash $remote_addr; server a;"), Method::Hashed);
        assert_eq!(method_of("random two; server a;"), Method::Random);
        assert_eq!(method_of("least_conn; server a;"), Method::LeastBusy);
        assert_eq!(method_of("sticky; server a;"), Method::Other);
    }

    #[test]
    fn a_consistent_hash_chooses_between_names() {
        for (servers, expected) in [
            ("server a:1;", Method::RoundRobin),
            ("server a:1; server a:1;", Method::RoundRobin),
            ("server a:1; server a:2;", Method::Hashed),
            ("server a; server b;", Method::Hashed),
        ] {
            let block = format!("hash $remote_addr consistent; {servers}");
            assert_eq!(method_of(&block), expected, "{servers}");
        }
        assert_eq!(method_of("hash consistent; server a;"), Method::Hashed);
    }

    #[test]
    fn what_is_not_read_here_is_no_upstream() {
        let seen = site("upstream api { server unix:/run/api; } upstream two { server a:x; }");
        let effective = Effective::read(&seen);
        assert!(Upstream::named(&effective, "api").is_none());
        assert!(Upstream::named(&effective, "two").is_none());
    }
}
