//! The way that a request takes through a configuration.

#[cfg(test)]
mod tests;

use super::effective::{Directive, Effective};
use super::location::location;
use super::upstream::{Upstream, defined, host_and_port};

/// The host that requests name.
pub(crate) const HOST: &str = "localhost";

/// Directives that decide about a request in ways that are not followed here.
const NOT_FOLLOWED: [&str; 5] = ["if", "rewrite", "return", "try_files", "auth_request"];

/// The server and the location that answer a request.
#[derive(Clone, Debug)]
pub struct Route<'d, 'a> {
    /// The server.
    pub server: &'d Directive<'a>,
    /// The location; `None` when the server has none for that path.
    pub location: Option<&'d Directive<'a>>,
}

/// Where a location passes requests on to.
#[derive(Clone, Debug)]
pub struct Pass<'d, 'a> {
    /// The `proxy_pass`.
    pub directive: &'d Directive<'a>,
    /// What stands between `//` and the path, or in front of the path where a variable holds the scheme, too.
    pub authority: &'d str,
    /// The path, where one is given; a variable may be in it.
    pub path: Option<&'d str>,
}

impl<'d, 'a> Route<'d, 'a> {
    /// The route of `GET path` with `Host: localhost` on a port; `None` when it cannot be told for certain.
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

    /// Where it passes requests on to; `None` when it answers by itself, or the address is not understood.
    pub fn pass(&self) -> Option<Pass<'d, 'a>> {
        let location = self.location?;
        let block: &'d [Directive<'a>] = location.block.as_deref()?;
        let directive = block
            .iter()
            .find(|directive| directive.name() == "proxy_pass")?;
        let argument = directive.argument()?;
        let rest = match argument.split_once("://") {
            Some((_, rest)) => rest,
            // A variable may hold the scheme, too.
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

    /// The path that the next server is asked for when this one is asked for `path`; `None` when it is not known.
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
    /// The group of servers that it names; `None` when it names a host.
    pub fn upstream(&self, effective: &'d Effective<'a>) -> Option<Upstream<'d, 'a>> {
        Upstream::named(effective, self.authority)
    }

    /// Host and port, with the directive that has them; several where it names a group; `None` when they are not known.
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

/// The server that answers on a port; `None` when that depends on more than is looked at here.
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

/// Whether a server listens on a port.
enum Listens {
    No,
    Yes,
    /// Also to requests that name no server.
    ByDefault,
}

/// `None` when it listens on one address only, so that it depends on where a request comes in.
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
