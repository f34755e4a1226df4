//! Groups of servers.

use super::effective::{Directive, Effective};

/// Port of a server that names none.
const HTTP: u16 = 80;

/// Method by which a group chooses a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// One after the other: nginx's default.
    RoundRobin,
    /// `ip_hash` or `hash`: by a property of the request. `hash … consistent` does not count if all servers have one name:
    /// nginx uses the hash to choose a name, and the addresses of a name take turns (`ngx_http_upstream_get_chash_peer` in
    /// its `ngx_http_upstream_hash_module.c`).
    Hashed,
    /// `random`.
    Random,
    /// `least_conn`, or `least_time`: the server with the least load.
    LeastBusy,
    /// A method that is not known here, such as `sticky`.
    Other,
}

/// An `upstream`.
#[derive(Clone, Debug)]
pub struct Upstream<'d, 'a> {
    /// The block.
    pub directive: &'d Directive<'a>,
    /// Its servers, in the order of the file.
    pub servers: Vec<Server<'d, 'a>>,
}

/// A `server` of an `upstream`.
#[derive(Clone, Debug)]
pub struct Server<'d, 'a> {
    /// The directive.
    pub directive: &'d Directive<'a>,
    /// Name or address.
    pub host: &'d str,
    /// Port.
    pub port: u16,
    /// Value of `weight`, 1 if there is none.
    pub weight: u32,
}

impl<'d, 'a> Upstream<'d, 'a> {
    /// Returns the `upstream` of this name; `None` also if one of its servers cannot be read here.
    pub fn named(effective: &'d Effective<'a>, name: &str) -> Option<Upstream<'d, 'a>> {
        let directive = defined(effective, name)?;
        let servers: Option<Vec<Server<'_, '_>>> =
            directive.all("server").map(Server::read).collect();
        Some(Upstream {
            directive,
            servers: servers?,
        })
    }

    /// Returns its method, and the directive that sets the method.
    pub fn method(&self) -> (Method, Option<&'d Directive<'a>>) {
        let block: &'d [Directive<'a>] = self.directive.block.as_deref().unwrap_or_default();
        let mut said = block
            .iter()
            .filter(|directive| !self.is_hash_of_one_name(directive))
            .filter_map(|directive| Some((method(directive.name())?, Some(directive))));
        said.next().unwrap_or((Method::RoundRobin, None))
    }

    /// Returns whether a directive chooses between names although there is only one.
    fn is_hash_of_one_name(&self, directive: &Directive<'_>) -> bool {
        let is_consistent =
            (directive.arguments().get(1)).is_some_and(|word| word.text == "consistent");
        let mut names = (self.servers.iter()).map(|server| server.directive.argument());
        let first = names.next();
        directive.name() == "hash" && is_consistent && names.all(|name| Some(name) == first)
    }
}

/// Returns the `upstream` directive of this name, if there is one.
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

/// Returns the method that a directive of an `upstream` sets; `None` for one that sets none.
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

/// Parses host and port of `back-end:5252`; `None` for a socket's path, an address in brackets or a text with a variable.
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
