//! Limits on the rate of requests and on the number of connections.

use super::effective::{Directive, Effective};
use super::route::Route;

/// Limit by which nginx refuses requests.
#[derive(Clone, Debug)]
pub struct Limit<'d, 'a> {
    /// Directive that applies it: `limit_req` or `limit_conn`.
    pub directive: &'d Directive<'a>,
    /// Directive that sets its rate; `None` for a limit on connections or an unknown zone.
    pub zone: Option<&'d Directive<'a>>,
    /// Requests that it admits per second; `None` for a limit on connections or an unknown rate.
    pub per_second: Option<f64>,
}

impl<'d, 'a> Limit<'d, 'a> {
    /// Returns the slowest limit for `GET path` on a port, of those in the innermost block that has one
    /// (`ngx_http_limit_req_module.c` merges no lists). If the route of the request is not certain, considers the limits of all
    /// blocks.
    pub fn of(effective: &'d Effective<'a>, port: u16, path: &str) -> Option<Limit<'d, 'a>> {
        let everything = effective.everything();
        let mut limits: Vec<Limit<'d, 'a>> = Vec::new();
        for name in ["limit_req", "limit_conn"] {
            let applied = match Route::of(effective, port, path) {
                Some(route) => innermost(effective, &route, name),
                None => (everything.iter().copied())
                    .filter(|directive| directive.name() == name)
                    .collect(),
            };
            let applied = applied.into_iter();
            limits.extend(applied.map(|directive| Limit::read(directive, &everything)));
        }
        let slowness = |limit: &Limit<'_, '_>| limit.per_second.unwrap_or(f64::MAX);
        limits
            .into_iter()
            .min_by(|one, other| slowness(one).total_cmp(&slowness(other)))
    }

    fn read(directive: &'d Directive<'a>, everything: &[&'d Directive<'a>]) -> Limit<'d, 'a> {
        let name = value(directive, "zone=");
        let mut zones = everything.iter().copied().filter(|zone| {
            let defined = value(zone, "zone=").and_then(|zone| zone.split(':').next());
            zone.name() == "limit_req_zone" && name.is_some() && defined == name
        });
        let zone = zones.next();
        Limit {
            directive,
            zone,
            per_second: zone.and_then(|zone| per_second(value(zone, "rate=").unwrap_or("1r/s"))),
        }
    }
}

/// Returns the directives of a name in the innermost block of the route that has one.
fn innermost<'d, 'a>(
    effective: &'d Effective<'a>,
    route: &Route<'d, 'a>,
    name: &str,
) -> Vec<&'d Directive<'a>> {
    let http = effective.directives.iter();
    let http = http.filter(|directive| directive.name() == "http");
    let blocks = [
        route.location.into_iter().collect(),
        vec![route.server],
        http.collect(),
    ];
    let of_block = |blocks: Vec<&'d Directive<'a>>| -> Vec<&'d Directive<'a>> {
        let inside = blocks
            .into_iter()
            .filter_map(|block| block.block.as_deref());
        inside
            .flatten()
            .filter(|directive| directive.name() == name)
            .collect()
    };
    let mut applied = blocks.into_iter().map(of_block);
    applied
        .find(|applied| !applied.is_empty())
        .unwrap_or_default()
}

/// Returns the value after a prefix such as `zone=` in a directive.
fn value<'d>(directive: &'d Directive<'_>, begin: &str) -> Option<&'d str> {
    let mut words = directive.arguments().iter();
    words.find_map(|word| word.text.strip_prefix(begin))
}

/// Parses a rate such as `5r/s` or `30r/m`; nginx accepts only whole numbers in it.
fn per_second(rate: &str) -> Option<f64> {
    let (count, seconds) = match (rate.strip_suffix("r/s"), rate.strip_suffix("r/m")) {
        (Some(count), _) => (count, 1.0),
        (_, Some(count)) => (count, 60.0),
        (None, None) => return None,
    };
    let count: u32 = count.parse().ok()?;
    (count > 0).then_some(f64::from(count) / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nginx::sample::site;

    fn limit(text: &str) -> Option<(String, Option<f64>)> {
        let seen = site(text);
        let effective = Effective::read(&seen);
        let limit = Limit::of(&effective, 80, "/api/hello")?;
        Some((limit.directive.name().to_owned(), limit.per_second))
    }

    #[test]
    fn a_limit_has_the_rate_of_its_zone() {
        for (rate, per_second) in [("5r/s", Some(5.0)), ("30r/m", Some(0.5)), ("x", None)] {
            let text = format!(
                "limit_req_zone $binary_remote_addr zone=api:10m rate={rate};\nlimit_req_zone $uri zone=b:1m rate=9r/s;\nserver {{ location / {{ limit_req zone=api burst=5 nodelay; }} }}"
            );
            assert_eq!(limit(&text), Some(("limit_req".to_owned(), per_second)));
        }
    }

    #[test]
    fn the_innermost_block_decides() {
        let zones =
            "limit_req_zone $uri zone=a:1m rate=1r/s; limit_req_zone $uri zone=b:1m rate=9r/s;";
        let text = format!(
            "{zones} limit_req zone=a; server {{ location /api {{ limit_req zone=b; }} location /x {{ limit_req zone=a; }} }}"
        );
        assert_eq!(limit(&text), Some(("limit_req".to_owned(), Some(9.0))));
        let text =
            format!("{zones} server {{ limit_req zone=a; limit_req zone=b; location / {{}} }}");
        assert_eq!(limit(&text), Some(("limit_req".to_owned(), Some(1.0))));
        let text =
            format!("{zones} server {{ location / {{}} location /x {{ limit_req zone=a; }} }}");
        assert_eq!(limit(&text), None);
    }

    #[test]
    fn a_way_that_is_not_certain_has_the_slowest_of_all() {
        let zones = "limit_req_zone $uri zone=a:1m rate=1r/s;";
        let text = format!(
            "{zones} server {{ location / {{ if ($a) {{ }} limit_conn c 1; }} location /x {{ limit_req zone=a; }} }}"
        );
        assert_eq!(limit(&text), Some(("limit_req".to_owned(), Some(1.0))));
    }

    #[test]
    fn connections_have_no_rate() {
        let text = "limit_conn_zone $uri zone=c:1m; server { location / { limit_conn c 1; } }";
        assert_eq!(limit(text), Some(("limit_conn".to_owned(), None)));
        assert_eq!(limit("server { location / {} }"), None);
    }
}
