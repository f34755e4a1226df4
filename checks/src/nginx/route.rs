//! Route of a request through a configuration.

#[cfg(test)]
mod tests;

use super::effective::{Directive, Effective};
use super::location::location;
use super::upstream::{Upstream, defined, host_and_port};

/// The host that requests name.
pub(crate) const HOST: &str = "localhost";

/// Directives whose effect on a request is not evaluated here.
const NOT_FOLLOWED: [&str; 5] = ["if", "rewrite", "return", "try_files", "auth_request"];

/// Server and location that answer a request.
#[derive(Clone, Debug)]
pub struct Route<'d, 'a> {
    /// The server.
    pub server: &'d Directive<'a>,
    /// The location; `None` if the server has none for the path.
    pub location: Option<&'d Directive<'a>>,
}

/// Target to which a location passes requests.
#[derive(Clone, Debug)]
pub struct Pass<'d, 'a> {
    /// The `proxy_pass` directive.
    pub directive: &'d Directive<'a>,
    /// Text between `//` and the path; all text before the path if a variable also holds the scheme.
    pub authority: &'d str,
    /// The path, if one is given; it may contain a variable.
    pub path: Option<&'d str>,
}

impl<'d, 'a> Route<'d, 'a> {
    /// Returns the route of `GET path` with `Host: localhost` on a port; `None` if it is not certain.
    pub fn of(effective: &'d Effective<'a>, port: u16, path: &str) -> Option<Route<'d, 'a>> {
        if !effective.is_whole || !effective.errors.is_empty() {
            return None;
        }
        let http = effective.directives.iter();
        let http = http.filter(|directive| directive.name() == "http");
        let servers = http.flat_map(|http| http.block.iter().flatten());
        let servers = servers.filter(|directive| directive.name() == "server");
        let server = chosen(&servers.collect::<Vec<_>>(), port)?;
        if !is_followed(server) {
            return None;
        }
        let location = location(server, path)?;
        let is_plain = |location: &Directive<'_>| {
            is_followed(location) && location.all("location").next().is_none()
        };
        match location {
            Some(location) if !is_plain(location) => None,
            location => Some(Route { server, location }),
        }
    }

    /// Returns the target of its requests; `None` if the location answers itself, or the address is not understood.
    pub fn pass(&self) -> Option<Pass<'d, 'a>> {
        let location = self.location?;
        let block: &'d [Directive<'a>] = location.block.as_deref()?;
        let directive = block
            .iter()
            .find(|directive| directive.name() == "proxy_pass")?;
        let argument = directive.argument()?;
        let rest = match argument.split_once("://") {
            Some((_, rest)) => rest,
            // A variable may also hold the scheme.
            None if argument.starts_with('$') => argument,
            None => return None,
        };
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(slash)?;
        Some(Pass {
            directive,
            authority,
            path: (!path.is_empty()).then_some(path),
        })
    }

    /// Returns the path of the request to the next server, for a request of `path`; `None` if it is not known.
    pub fn forwarded(&self, pass: &Pass<'_, '_>, path: &str) -> Option<String> {
        let Some(given) = pass.path else {
            return Some(path.to_owned());
        };
        if given.contains('$') {
            return None;
        }
        if pass.authority.contains('$') {
            return Some(given.to_owned());
        }
        let matched = match self.location?.arguments() {
            [prefix] => prefix.text.as_str(),
            [modifier, path] if ["=", "^~"].contains(&modifier.text.as_str()) => path.text.as_str(),
            _ => return None,
        };
        Some(format!("{given}{}", path.strip_prefix(matched)?))
    }
}

impl<'d, 'a> Pass<'d, 'a> {
    /// Returns the group of servers that it names; `None` if it names a host.
    pub fn upstream(&self, effective: &'d Effective<'a>) -> Option<Upstream<'d, 'a>> {
        Upstream::named(effective, self.authority)
    }

    /// Returns host and port with the directive that contains them, several for a group; `None` if they are not known.
    pub fn servers(
        &self,
        effective: &'d Effective<'a>,
    ) -> Option<Vec<(&'d str, u16, &'d Directive<'a>)>> {
        if defined(effective, self.authority).is_some() {
            let upstream = self.upstream(effective)?;
            let servers = upstream.servers.into_iter();
            let servers = servers.map(|server| (server.host, server.port, server.directive));
            return Some(servers.collect());
        }
        let (host, port) = host_and_port(self.authority)?;
        Some(vec![(host, port, self.directive)])
    }
}

fn is_followed(block: &Directive<'_>) -> bool {
    let mut directives = block.block.iter().flatten();
    !directives.any(|directive| NOT_FOLLOWED.contains(&directive.name()))
}

/// Returns the server that answers on a port; `None` if the choice depends on more than is evaluated here.
fn chosen<'d, 'a>(servers: &[&'d Directive<'a>], port: u16) -> Option<&'d Directive<'a>> {
    let mut listening: Vec<(&'d Directive<'a>, bool)> = Vec::new();
    for server in servers {
        match listens(server, port)? {
            Listens::No => {}
            Listens::Yes => listening.push((server, false)),
            Listens::ByDefault => listening.push((server, true)),
        }
    }
    let names = |server: &Directive<'_>, is_meant: fn(&str) -> bool| {
        let mut names = server.all("server_name").flat_map(Directive::arguments);
        names.any(|name| is_meant(&name.text))
    };
    if let [(server, _)] = listening.as_slice() {
        return Some(server);
    }
    let servers = || listening.iter().map(|(server, _)| *server);
    if let Some(server) =
        servers().find(|server| names(server, |name| name.eq_ignore_ascii_case(HOST)))
    {
        return Some(server);
    }
    if servers().any(|server| {
        names(server, |name| {
            name.contains(['*', '~', '$']) || name.starts_with('.')
        })
    }) {
        return None;
    }
    let default = listening.iter().find(|(_, is_default)| *is_default);
    default.or(listening.first()).map(|(server, _)| *server)
}

/// Result of checking a server for a port.
enum Listens {
    No,
    Yes,
    /// It also answers requests that name no server.
    ByDefault,
}

/// Returns `None` if it listens on one address only, because then the answer depends on the address of the request.
fn listens(server: &Directive<'_>, port: u16) -> Option<Listens> {
    let mut listens = server.all("listen").peekable();
    if listens.peek().is_none() {
        return Some(if port == 80 {
            Listens::Yes
        } else {
            Listens::No
        });
    }
    let mut answer = Listens::No;
    for listen in listens {
        let written = listen.argument()?;
        if written.starts_with("unix:") || written.starts_with('[') {
            continue;
        }
        let (address, number) = match written.rsplit_once(':') {
            Some((address, number)) => (address, number),
            None if written.contains('.') || written == "*" => (written, "80"),
            None => ("*", written),
        };
        if number.parse::<u16>().ok()? != port {
            continue;
        }
        if !["*", "0.0.0.0"].contains(&address) {
            return None;
        }
        let flags = listen.arguments().iter().skip(1);
        let mut flags = flags.map(|flag| flag.text.as_str());
        if flags.any(|flag| ["default_server", "default"].contains(&flag)) {
            return Some(Listens::ByDefault);
        }
        answer = Listens::Yes;
    }
    Some(answer)
}
