//! Causes of an nginx that does not start: its error message, together with the line to which the message refers.

pub(super) mod mistakes;
#[cfg(test)]
mod tests;

use crate::model::{Finding, Mistake, Place, Text};
use crate::nginx::{Directive, Effective, missing_semicolon};
use crate::observation::{Container, Nginx, Observation, Stack, State};
use crate::task6::configuration;
use crate::wording::code;
use mistakes::{
    ENVSUBST_EMPTIED, HTTP_INSIDE_HTTP, MISSING_SEMICOLON, NGINX_CONFIGURATION, PLACEHOLDER_LEFT,
    PROXY_PASS_TWICE, PROXY_STARTS_FIRST, SERVER_OUTSIDE_HTTP, UPSTREAM_HOST_NOT_FOUND,
    UPSTREAM_WITH_PORT, USER_NOT_FOUND,
};

/// Advice for an address or a port that nginx may not listen on.
const BIND: Text = Text::fixed(
    "`listen` takes an address that the container itself has, or a port alone, and a port below 1024 only as root",
    "`listen` prend une adresse que le conteneur lui-même possède, ou un port seul, et un port inférieur à 1024 seulement en tant que root",
);

/// Returns the cause for which a container's nginx exited, if its log reports it.
pub(super) fn cause(seen: &Observation, container: &Container, name: &str) -> Option<Finding> {
    let said = container.log.iter().rev().find_map(|line| said(line))?;
    let (words, at) = match split(said) {
        Some((words, file, line)) => (words, Some((file, line))),
        None => (said, None),
    };
    let emergency = Emergency {
        seen,
        container,
        name,
        words,
        at,
        nginx: configuration::of(seen, &container.service),
    };
    Some(emergency.finding())
}

/// Returns the error message of nginx in a log line, if the line has one.
fn said(line: &str) -> Option<&str> {
    let (_, words) = line.split_once("[emerg] ")?;
    match words.split_once(": ") {
        Some((process, words)) if process.contains('#') => Some(words),
        Some(_) | None => Some(words),
    }
}

/// Splits `words in /etc/nginx/nginx.conf:3` into words, file and line.
fn split(said: &str) -> Option<(&str, &str, u32)> {
    let (words, place) = said.rsplit_once(" in ")?;
    let (file, line) = place.rsplit_once(':')?;
    Some((words, file, line.parse().ok()?))
}

/// Error message of nginx, with its place.
struct Emergency<'a> {
    seen: &'a Observation,
    container: &'a Container,
    /// Name of the container in messages.
    name: &'a str,
    /// Message of nginx, without the place.
    words: &'a str,
    /// File in the container, and line.
    at: Option<(&'a str, u32)>,
    nginx: Option<&'a Nginx>,
}

impl Emergency<'_> {
    fn finding(&self) -> Finding {
        if let Some(host) = self.quoted("host not found in upstream \"") {
            return self.host_not_found(host.split(':').next().unwrap_or(host));
        }
        let cause = self
            .user()
            .or_else(|| self.emptied())
            .or_else(|| self.missing_semicolon())
            .or_else(|| self.twice())
            .or_else(|| self.upstream_with_port())
            .or_else(|| self.misplaced())
            .or_else(|| self.unknown_variable())
            .or_else(|| self.placeholder())
            .or_else(|| self.empty());
        cause.unwrap_or_else(|| self.unexplained())
    }

    /// Returns the finding for a message with nothing in the file to explain it.
    fn unexplained(&self) -> Finding {
        let finding = NGINX_CONFIGURATION.finding(self.refusal());
        match self.words.starts_with("bind() to ") {
            true => finding.advising(BIND),
            false => finding.at(self.place()),
        }
    }

    /// Returns the text between `before` and the next quote.
    fn quoted(&self, before: &str) -> Option<&str> {
        let (_, rest) = self.words.split_once(before)?;
        rest.split('"').next()
    }

    /// Returns the line that nginx reports, if it is in the submission.
    fn place(&self) -> Option<Place> {
        let (file, line) = self.at?;
        self.nginx?.file(file)?.line(line)
    }

    /// Returns the line that nginx reports, with its own words.
    fn refusal(&self) -> Text {
        let (name, words) = (self.name, code(self.words));
        match self.at {
            Some((file, line)) => {
                let file = code(file);
                Text::new(
                    format!("nginx in {name} refuses line {line} of {file}: {words}"),
                    format!("nginx, dans {name}, refuse la ligne {line} de {file} : {words}"),
                )
            }
            None => Text::new(
                format!("nginx in {name} stopped: {words}"),
                format!("nginx, dans {name}, s’est arrêté : {words}"),
            ),
        }
    }

    /// Makes a finding from the refusal and the cause in the file.
    fn because(&self, mistake: &'static Mistake, en: &str, fr: &str) -> Finding {
        let refusal = self.refusal();
        mistake.finding(Text::new(
            format!("{}; {en}", refusal.en),
            format!("{} ; {fr}", refusal.fr),
        ))
    }

    /// Returns the finding for a user or a group that the image does not have.
    fn user(&self) -> Option<Finding> {
        let user = self.quoted("getpwnam(\"");
        let (missing, en, fr) = match user {
            Some(user) => (user, "user", "d’utilisateur"),
            None => (self.quoted("getgrnam(\"")?, "group", "de groupe"),
        };
        let shown = code(missing);
        let finding = self.because(
            &USER_NOT_FOUND,
            &format!("the image has no {en} {shown}"),
            &format!("l’image n’a pas {fr} {shown}"),
        );
        Some(finding.at(self.place()))
    }

    /// Returns the finding for a file that `envsubst` made without a list of the variables that it may replace.
    fn emptied(&self) -> Option<Finding> {
        let (path, _) = self.at?;
        let nginx = self.nginx?;
        let is_made = nginx.file(path).is_some_and(|file| file.source.is_none());
        let dockerfile = nginx.dockerfile.iter().map(|file| file.text.as_str());
        let mut commands = self.container.command.iter().map(String::as_str);
        let is_bare =
            commands.any(replaces_everything) || dockerfile.into_iter().any(replaces_everything);
        (is_made && is_bare).then(|| {
            self.because(
                &ENVSUBST_EMPTIED,
                "`envsubst` made that file, and left nothing in the place of nginx’s own variables",
                "`envsubst` a produit ce fichier, et n’a rien laissé à la place des variables de nginx",
            )
        })
    }

    fn missing_semicolon(&self) -> Option<Finding> {
        let (path, line) = self.at?;
        let file = self.nginx?.file(path)?;
        let word = missing_semicolon(&file.text, line)?;
        let (last, shown) = (word.line, code(&word.text));
        let length = u32::try_from(word.text.chars().count()).unwrap_or(1);
        let finding = self.because(
            &MISSING_SEMICOLON,
            &format!("line {last} has no `;` after {shown}"),
            &format!("il n’y a pas de `;` après {shown}, ligne {last}"),
        );
        Some(finding.at(file.place(last, word.column, length)))
    }

    fn twice(&self) -> Option<Finding> {
        (self.words == "\"proxy_pass\" directive is duplicate").then(|| {
            let finding = self.because(
                &PROXY_PASS_TWICE,
                "that `location` has one already",
                "cette `location` en a déjà un",
            );
            finding.at(self.place())
        })
    }

    fn upstream_with_port(&self) -> Option<Finding> {
        let upstream = code(self.quoted("upstream \"")?);
        self.words.contains("may not have port").then(|| {
            let finding = self.because(
                &UPSTREAM_WITH_PORT,
                &format!("{upstream} is the name of an `upstream`"),
                &format!("{upstream} est le nom d’un `upstream`"),
            );
            finding.at(self.place())
        })
    }

    /// Returns the finding for a directive that nginx does not allow at its place.
    fn misplaced(&self) -> Option<Finding> {
        const OF_MAIN: [&str; 6] = [
            "events",
            "http",
            "load_module",
            "pid",
            "user",
            "worker_processes",
        ];
        let name = self.quoted("\"")?;
        let (file, _) = self.at?;
        let is_main = self.nginx?.main == file;
        if !self.words.ends_with("directive is not allowed here") {
            return None;
        }
        let finding = match is_main {
            false if OF_MAIN.contains(&name) => self.because(
                &HTTP_INSIDE_HTTP,
                "that file is read inside the `http` block of another",
                "ce fichier est lu à l’intérieur du bloc `http` d’un autre",
            ),
            true if ["server", "upstream"].contains(&name) => self.because(
                &SERVER_OUTSIDE_HTTP,
                "no `http` block stands around it",
                "aucun bloc `http` ne l’entoure",
            ),
            true | false => return None,
        };
        Some(finding.at(self.place()))
    }

    /// Returns the finding for a variable that nginx does not know; its message has the name, but no line.
    fn unknown_variable(&self) -> Option<Finding> {
        let name = self.quoted("unknown \"")?;
        let effective = Effective::read(self.nginx?);
        let directive = self
            .words
            .ends_with("variable")
            .then(|| passing(&effective, name))??;
        let (shown, line) = (code(&format!("${name}")), directive.line());
        let finding = self.because(
            &PLACEHOLDER_LEFT,
            &format!("nothing gives {shown} in line {line} a value"),
            &format!("rien ne donne de valeur à {shown}, ligne {line}"),
        );
        Some(finding.at(directive.place()))
    }

    /// Returns the finding for a text in brackets, braces or capitals in place of an address.
    fn placeholder(&self) -> Option<Finding> {
        let (path, line) = self.at?;
        let effective = Effective::read(self.nginx?);
        let directives = effective.everything();
        let mut directives = directives.into_iter().filter(|directive| {
            directive.file.path == path && directive.end == line && is_address(directive)
        });
        let directive =
            directives.find(|directive| directive.argument().is_some_and(is_placeholder))?;
        let shown = code(directive.argument()?);
        let finding = self.because(
            &PLACEHOLDER_LEFT,
            &format!("{shown} is no address"),
            &format!("{shown} n’est pas une adresse"),
        );
        Some(finding.at(directive.place()))
    }

    fn empty(&self) -> Option<Finding> {
        let is_about_that = self.words.starts_with("no \"events\" section");
        configuration::empty(self.nginx.filter(|_| is_about_that)?, &self.refusal())
    }

    fn host_not_found(&self, host: &str) -> Finding {
        let (name, shown) = (self.name, code(host));
        let en =
            format!("nginx in {name} stopped because nothing was called {shown} when it started");
        let fr = format!(
            "nginx, dans {name}, s’est arrêté parce que rien ne s’appelait {shown} à son démarrage"
        );
        if is_placeholder(host) {
            return PLACEHOLDER_LEFT.finding(Text::new(en, fr)).at(self.place());
        }
        if let Some(finding) = self.starts_first(host) {
            return finding;
        }
        let compose = self.seen.compose.as_ref();
        let other = compose
            .filter(|compose| compose.service(host).is_none())
            .and_then(|compose| configuration::meant(compose, host));
        let message = match other.map(code) {
            Some(meant) => Text::new(
                format!("{en}; the compose file has a service {meant}"),
                format!("{fr} ; le fichier compose a un service {meant}"),
            ),
            None => Text::new(en, fr),
        };
        let finding = UPSTREAM_HOST_NOT_FOUND.finding(message).at(self.place());
        match self.is_gone(host) {
            true => finding.following(),
            false => finding,
        }
    }

    /// Returns whether the host is a service that has containers, none of which runs.
    fn is_gone(&self, host: &str) -> bool {
        self.seen.stack.as_ref().is_some_and(|stack| {
            let is_there = stack.replicas(host).next().is_some();
            is_there && !runs(stack, host)
        })
    }

    /// Returns the finding for a service that runs by now, but had to wait for the proxy: by its own `depends_on`, or by that
    /// of a service between them.
    fn starts_first(&self, host: &str) -> Option<Finding> {
        let (compose, stack) = (self.seen.compose.as_ref()?, self.seen.stack.as_ref()?);
        let is_late = compose.starts_after(host, &self.container.service) && runs(stack, host);
        let place = compose.service(host)?.place.clone();
        let (name, host) = (self.name, code(host));
        is_late.then(|| {
            let finding = PROXY_STARTS_FIRST.finding(Text::new(
                format!("nginx in {name} stopped because it did not find {host}, which only starts after it: {host} depends on {name}"),
                format!("nginx, dans {name}, s’est arrêté parce qu’il n’a pas trouvé {host}, qui ne démarre qu’après lui : {host} dépend de {name}"),
            ));
            finding.at(place)
        })
    }
}

fn runs(stack: &Stack, service: &str) -> bool {
    let mut containers = stack.replicas(service);
    containers.any(|container| matches!(container.state, State::Running | State::Silent { .. }))
}

/// Returns whether a command calls `envsubst` without naming variables.
fn replaces_everything(command: &str) -> bool {
    command.split("envsubst").skip(1).any(|behind| {
        let argument = behind.trim_start_matches([' ', '\t', '"', '\'', '\\']);
        !argument.starts_with('$')
    })
}

/// Returns whether a directive contains the address of a server.
fn is_address(directive: &Directive<'_>) -> bool {
    directive.name() == "proxy_pass" || (directive.name() == "server" && directive.block.is_none())
}

/// Returns the `proxy_pass` with a variable, whose name nginx writes in lower case.
fn passing<'d, 'a>(effective: &'d Effective<'a>, variable: &str) -> Option<&'d Directive<'a>> {
    let is_passing = |directive: &&Directive<'_>| {
        let address = directive.argument().unwrap_or_default().to_lowercase();
        let mut names = address.split('$').skip(1).map(configuration::variable);
        directive.name() == "proxy_pass" && names.any(|name| name == variable)
    };
    effective.everything().into_iter().find(is_passing)
}

/// Returns whether a name or an address is a placeholder, which examples leave for the reader to fill in.
fn is_placeholder(written: &str) -> bool {
    let host = written.rsplit("://").next().unwrap_or(written);
    let is_capital = |character: char| character.is_ascii_uppercase() || character == '_';
    let name = host.split([':', '/']).next().unwrap_or(host);
    let is_marked = [('<', '>'), ('{', '}'), ('[', ']')]
        .iter()
        .any(|(open, close)| name.starts_with(*open) && name.ends_with(*close));
    let is_shouted = name.len() > 3 && name.contains('_') && name.chars().all(is_capital);
    let is_yours = ["your-", "your_"]
        .iter()
        .any(|your| name.to_lowercase().starts_with(your));
    is_marked || is_shouted || is_yours
}
