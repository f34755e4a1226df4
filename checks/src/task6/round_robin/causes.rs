//! Causes of a wrong rotation: explains the measurement by the proxy's nginx configuration.

use std::net::IpAddr;

use super::mistakes::{NOT_ROUND_ROBIN, ONE_REPLICA_ONLY, REPLICAS_IDLE, WEIGHTED};
use crate::model::{Finding, Mistake, Place, Text};
use crate::nginx::{Directive, Effective, Method, Pass, Route, Upstream};
use crate::observation::{Choice, Compose, Held, Observation};
use crate::task6::configuration::{self, is_back_end, is_container};
use crate::wording::code;

/// Path of the requests.
pub(super) const PATH: &str = "/api/hello";

pub(in crate::task6) static HASHED: Mistake = Mistake {
    code: "hashed",
    hint: Text::fixed(
        "what is a server chosen by there, and is that another for the next request of the same client?",
        "d’après quoi un serveur y est-il choisi, et est-ce autre chose à la requête suivante du même client ?",
    ),
};

pub(in crate::task6) static RANDOM: Mistake = Mistake {
    code: "random",
    hint: Text::fixed(
        "round-robin is what nginx does when nothing else is asked of it: what is asked of it there?",
        "le round-robin est ce que fait nginx quand on ne lui demande rien d’autre : que lui demande-t-on là ?",
    ),
};

pub(in crate::task6) static LEAST_CONN: Mistake = Mistake {
    code: "least-conn",
    hint: Text::fixed(
        "as long as requests come one by one it looks like round-robin, but who is chosen when one replica still works on an answer?",
        "tant que les requêtes viennent une à une, cela ressemble au round-robin ; mais qui est choisi quand une réplique travaille encore à sa réponse ?",
    ),
};

pub(in crate::task6) static VARIABLE_ADDRESS: Mistake = Mistake {
    code: "variable-address",
    hint: Text::fixed(
        "with a variable, nginx looks the name up again and again, and each time begins anew at random: when does it look up a name that is written out?",
        "avec une variable, nginx cherche le nom encore et encore, et recommence à chaque fois au hasard : quand cherche-t-il un nom écrit en toutes lettres ?",
    ),
};

pub(in crate::task6) static REPLICAS_LISTED: Mistake = Mistake {
    code: "replicas-listed",
    hint: Text::fixed(
        "container names and addresses stand for one replica each, and change with the project’s name and their number; which name stands for all of them?",
        "un nom de conteneur ou une adresse désigne une seule réplique, et change avec le nom du projet et leur nombre ; quel nom les désigne toutes ?",
    ),
};

/// Replaces the finding of a volley by its cause, or adds its place, if the configuration explains the measurement.
pub(super) fn explained(seen: &Observation, finding: Finding) -> Finding {
    let proxy = seen.stack.as_ref().and_then(|stack| stack.proxy.as_ref());
    let nginx = proxy.and_then(|proxy| configuration::of(seen, &proxy.service));
    let (Some(proxy), Some(nginx), Some(compose)) = (proxy, nginx, &seen.compose) else {
        return finding;
    };
    let effective = Effective::read(nginx);
    let Some(way) = Way::of(&effective, compose, proxy.port) else {
        return finding;
    };
    let cause = match finding.code {
        code if code == WEIGHTED.code => way.hashed(&finding.message).or_else(|| {
            let place = way.weight()?.place();
            Some(finding.clone().at(place))
        }),
        code if code == ONE_REPLICA_ONLY.code || code == REPLICAS_IDLE.code => way
            .hashed(&finding.message)
            .or_else(|| way.listed(&finding.message)),
        code if code == NOT_ROUND_ROBIN.code => way
            .hashed(&finding.message)
            .or_else(|| way.random(&finding.message))
            .or_else(|| way.variable(&finding.message))
            .or_else(|| way.uneven(&finding.message)),
        _ => None,
    };
    match cause {
        Some(cause) => cause.shown_by(finding.evidence),
        None => finding,
    }
}

/// Returns the finding that requests go to the replica with the least load, which one request at a time does not show.
///
/// The measurement with a paused replica decides, also against the configuration: nginx may use another configuration than the
/// one that was read. If that measurement is inconclusive, the configuration alone decides.
pub(super) fn least_busy(seen: &Observation) -> Option<Finding> {
    let asked = on_the_way(seen, |way| way.least_busy());
    let held = seen.held.as_ref();
    match held.and_then(|held| Some((held, held.choice()?))) {
        Some((_, Choice::InTurn)) => None,
        Some((held, Choice::LeastBusy)) => {
            let (why, place) = asked.unwrap_or((LEAST_TO_DO, None));
            Some(because(&LEAST_CONN, &passed_by(held), &why.en, &why.fr).at(place))
        }
        None => {
            let (why, place) = asked?;
            let finding = LEAST_CONN.finding(Text::new(
                format!("requests that come one by one take turns, but {}", why.en),
                format!(
                    "les requêtes qui viennent une à une vont tour à tour, mais {}",
                    why.fr
                ),
            ));
            Some(finding.at(place))
        }
    }
}

const LEAST_TO_DO: Text = Text::fixed(
    "the proxy chooses the replica with the least to do",
    "le proxy choisit la réplique qui a le moins à faire",
);

fn passed_by(held: &Held) -> Text {
    let (replicas, passed_by) = (held.replicas, held.passed_by);
    let (en, fr) = match held.waited {
        1 => ("1 request".to_owned(), "1 requête l’a attendue".to_owned()),
        waited => (
            format!("{waited} requests"),
            format!("{waited} requêtes l’ont attendue"),
        ),
    };
    Text::new(
        format!(
            "while the checker kept one of {replicas} replicas from answering, {en} waited for it and {passed_by} in a row went to the others"
        ),
        format!(
            "pendant que le vérificateur empêchait une des {replicas} répliques de répondre, {fr} et {passed_by} de suite sont allées aux autres"
        ),
    )
}

/// Returns whether the configuration proves that requests take turns.
pub(super) fn takes_turns(seen: &Observation) -> bool {
    on_the_way(seen, |way| way.takes_turns()) == Some(true)
}

/// Applies `look` to the route of the measured requests; `None` if the route is not certain.
fn on_the_way<T>(seen: &Observation, look: impl FnOnce(&Way<'_, '_>) -> Option<T>) -> Option<T> {
    let proxy = seen.stack.as_ref()?.proxy.as_ref()?;
    let nginx = configuration::of(seen, &proxy.service)?;
    let effective = Effective::read(nginx);
    look(&Way::of(&effective, seen.compose.as_ref()?, proxy.port)?)
}

/// Route of the measured requests through the configuration.
struct Way<'d, 'a> {
    effective: &'d Effective<'a>,
    compose: &'d Compose,
    route: Route<'d, 'a>,
    pass: Pass<'d, 'a>,
    upstream: Option<Upstream<'d, 'a>>,
}

impl<'d, 'a> Way<'d, 'a> {
    fn of(effective: &'d Effective<'a>, compose: &'d Compose, port: u16) -> Option<Way<'d, 'a>> {
        let route = Route::of(effective, port, PATH)?;
        let pass = route.pass()?;
        let upstream = pass.upstream(effective);
        Some(Way {
            effective,
            compose,
            route,
            pass,
            upstream,
        })
    }

    /// Returns the directive that sets a method, with its `upstream`.
    fn method(&self, wanted: Method) -> Option<(&'d Directive<'a>, &Upstream<'d, 'a>)> {
        let upstream = self.upstream.as_ref()?;
        let (method, directive) = upstream.method();
        let directive = directive.filter(|_| method == wanted)?;
        Some((directive, upstream))
    }

    /// Returns the reason why nginx chooses the replica with the least load, with the place of the directive that sets this.
    fn least_busy(&self) -> Option<(Text, Option<Place>)> {
        let (directive, upstream) = self.method(Method::LeastBusy)?;
        let mut servers = upstream.servers.iter();
        if !servers.all(|server| is_back_end(self.compose, server.host)) {
            return None;
        }
        let (name, method) = (quoted(upstream.directive), code(directive.name()));
        let why = Text::new(
            format!(
                "{method} in the `upstream` {name} has nginx choose the replica with the fewest connections"
            ),
            format!(
                "{method}, dans l’`upstream` {name}, fait choisir à nginx la réplique qui a le moins de connexions"
            ),
        );
        Some((why, directive.place()))
    }

    /// Returns whether no directive sets another method, and all servers are replicas but not one single container; `None` if
    /// the servers are unknown.
    fn takes_turns(&self) -> Option<bool> {
        let servers = self.pass.servers(self.effective)?;
        let is_plain = match &self.upstream {
            Some(upstream) => upstream.method().0 == Method::RoundRobin,
            None => true,
        };
        let (first, ..) = servers.first()?;
        let is_one = |(host, ..): &(&str, _, _)| host == first && is_container(self.compose, host);
        let is_replica = |(host, ..): &(&str, _, _)| is_back_end(self.compose, host);
        Some(is_plain && servers.iter().all(is_replica) && !servers.iter().all(is_one))
    }

    fn hashed(&self, symptom: &Text) -> Option<Finding> {
        let (directive, upstream) = self.method(Method::Hashed)?;
        let (name, method) = (quoted(upstream.directive), code(directive.name()));
        let finding = because(
            &HASHED,
            symptom,
            &format!(
                "{method} in the `upstream` {name} ties requests that are alike to one server"
            ),
            &format!(
                "{method}, dans l’`upstream` {name}, attache à un même serveur les requêtes qui se ressemblent"
            ),
        );
        Some(finding.at(directive.place()))
    }

    fn random(&self, symptom: &Text) -> Option<Finding> {
        let (directive, upstream) = self.method(Method::Random)?;
        let name = quoted(upstream.directive);
        let finding = because(
            &RANDOM,
            symptom,
            &format!("`random` in the `upstream` {name} asks for that"),
            &format!("`random`, dans l’`upstream` {name}, le demande"),
        );
        Some(finding.at(directive.place()))
    }

    /// Returns the finding for a `proxy_pass` whose host is in a variable, so that nginx resolves it while it runs.
    fn variable(&self, symptom: &Text) -> Option<Finding> {
        let name = configuration::variable(self.pass.authority.strip_prefix('$')?);
        let value = self.value(name)?;
        let value = value.rsplit("://").next().unwrap_or(value);
        let address = value.split('/').next().unwrap_or(value);
        let host = address.split(':').next().unwrap_or(address);
        // If the address comes from a variable, a name with a port does not match an `upstream` that is defined without one.
        let has_port = address.contains(':') || self.pass.authority.contains(':');
        let is_group = !has_port && Upstream::named(self.effective, host).is_some();
        let is_looked_up = self.effective.has("resolver") && !is_group;
        if !is_looked_up || !is_back_end(self.compose, host) {
            return None;
        }
        let shown = code(&format!("${name}"));
        let finding = because(
            &VARIABLE_ADDRESS,
            symptom,
            &format!("`proxy_pass` has its server in the variable {shown}"),
            &format!("`proxy_pass` a son serveur dans la variable {shown}"),
        );
        Some(finding.at(self.pass.directive.place()))
    }

    /// Returns the value that `set` gives a variable, in the location or else in its server.
    fn value(&self, variable: &str) -> Option<&'d str> {
        let set = |block: &'d Directive<'a>| {
            let block: &'d [Directive<'a>] = block.block.as_deref()?;
            block
                .iter()
                .rev()
                .find_map(|directive| match directive.arguments() {
                    [name, value] if directive.name() == "set" => {
                        let is_meant = name.text.strip_prefix('$') == Some(variable);
                        is_meant.then_some(value.text.as_str())
                    }
                    _ => None,
                })
        };
        set(self.route.location?).or_else(|| set(self.route.server))
    }

    /// Returns the finding for servers that are single containers, or addresses.
    fn listed(&self, symptom: &Text) -> Option<Finding> {
        let servers = self.pass.servers(self.effective)?;
        let is_single =
            |host: &str| host.parse::<IpAddr>().is_ok() || is_container(self.compose, host);
        let is_used = |directive: &Directive<'_>| {
            let mut flags = directive.arguments().iter();
            !flags.any(|flag| ["backup", "down"].contains(&flag.text.as_str()))
        };
        let fits = servers
            .iter()
            .all(|(host, _, directive)| is_single(host) && is_used(directive));
        let (host, _, directive) = servers.first().filter(|_| fits)?;
        let is_plain = match &self.upstream {
            Some(upstream) => upstream.method().0 == Method::RoundRobin,
            None => true,
        };
        let host = code(host);
        let finding = because(
            &REPLICAS_LISTED,
            symptom,
            &format!("the proxy names its servers one by one, such as {host}"),
            &format!("le proxy nomme ses serveurs un à un, comme {host}"),
        );
        is_plain.then(|| finding.at(directive.place()))
    }

    /// Returns the finding for servers with different weights, whose order is too long to be seen repeatedly.
    fn uneven(&self, symptom: &Text) -> Option<Finding> {
        let upstream = self.upstream.as_ref()?;
        let first = upstream.servers.first()?.weight;
        let server = upstream
            .servers
            .iter()
            .find(|server| server.weight != first)?;
        let name = quoted(upstream.directive);
        let finding = because(
            &WEIGHTED,
            symptom,
            &format!("the servers of the `upstream` {name} have weights that differ"),
            &format!("les serveurs de l’`upstream` {name} ont des poids différents"),
        );
        Some(finding.at(server.directive.place()))
    }

    /// Returns the server with a `weight`, else one that is listed a second time.
    fn weight(&self) -> Option<&'d Directive<'a>> {
        let servers = &self.upstream.as_ref()?.servers;
        let weighted = servers.iter().find(|server| server.weight != 1);
        let again = servers.iter().enumerate().find(|(index, server)| {
            let before = servers.iter().take(*index);
            before
                .clone()
                .any(|other| (other.host, other.port) == (server.host, server.port))
        });
        weighted
            .or(again.map(|(_, server)| server))
            .map(|server| server.directive)
    }
}

fn because(mistake: &'static Mistake, symptom: &Text, en: &str, fr: &str) -> Finding {
    mistake.finding(Text::new(
        format!("{}; {en}", symptom.en),
        format!("{} ; {fr}", symptom.fr),
    ))
}

/// Returns the name of a block, as code.
fn quoted(block: &Directive<'_>) -> String {
    code(block.argument().unwrap_or_default())
}
