//! Causes of a missing answer of the API: explains the measurement by the proxy's nginx configuration.

use crate::model::{Finding, Mistake, Place, Text};
use crate::nginx::{Directive, Effective, HOST, Pass, Route};
use crate::observation::{
    BindKind, Compose, Nginx, Observation, Proxy, SourceFile, Stack, is_loopback,
};
use crate::task6::configuration::{self, is_back_end};
use crate::task6::stack_runs::missing;
use crate::wording::{code, codes};

/// Path of the requests.
pub(super) const PATH: &str = "/api/hello";

pub(super) static CONFIGURATION_NOT_READ: Mistake = Mistake {
    code: "configuration-not-read",
    hint: Text::fixed(
        "nginx reads `/etc/nginx/nginx.conf` and what that includes: is the file put there, letter by letter, and under a name that fits?",
        "nginx lit `/etc/nginx/nginx.conf` et ce que celui-ci inclut : le fichier y est-il placé, à la lettre près, et sous un nom qui convient ?",
    ),
};

pub(super) static CONFIGURATION_NOT_COPIED: Mistake = Mistake {
    code: "configuration-not-copied",
    hint: Text::fixed(
        "an image has what its Dockerfile puts there: how does the configuration get from the repository into the proxy’s image?",
        "une image contient ce que son Dockerfile y met : comment la configuration passe-t-elle du dépôt à l’image du proxy ?",
    ),
};

pub(super) static PATH_STRIPPED: Mistake = Mistake {
    code: "path-stripped",
    hint: Text::fixed(
        "what does nginx do with the path of a `location` when the address in `proxy_pass` has a path of its own, be it a single `/`?",
        "que fait nginx du chemin d’une `location` quand l’adresse de `proxy_pass` a son propre chemin, ne serait-ce qu’un `/` ?",
    ),
};

pub(super) static API_TO_FRONT_END: Mistake = Mistake {
    code: "api-to-front-end",
    hint: Text::fixed(
        "which `location` takes `/api/hello`, and which server does its `proxy_pass` name?",
        "quelle `location` prend `/api/hello`, et quel serveur son `proxy_pass` nomme-t-il ?",
    ),
};

pub(super) static WRONG_PORT: Mistake = Mistake {
    code: "wrong-port",
    hint: Text::fixed(
        "compare the port in the proxy’s configuration with the one that the API is started on; without one, `http://` means 80",
        "comparez le port de la configuration du proxy avec celui sur lequel l’API est lancée ; sans port, `http://` veut dire 80",
    ),
};

pub(super) static SERVER_NOT_CHOSEN: Mistake = Mistake {
    code: "server-not-chosen",
    hint: Text::fixed(
        "of several `server` blocks on one port nginx takes the one whose `server_name` is the host that is asked for, else the first: is the image’s own file still needed, or can yours take its place?",
        "parmi plusieurs blocs `server` sur un port, nginx prend celui dont `server_name` est l’hôte demandé, sinon le premier : le fichier de l’image est-il encore utile, ou le vôtre peut-il prendre sa place ?",
    ),
};

/// Returns the place of a directive that certainly redirects, if the configuration has one.
pub(super) fn redirection(seen: &Observation, stack: &Stack) -> Option<Place> {
    let proxy = stack.proxy.as_ref()?;
    let effective = Effective::read(configuration::of(seen, &proxy.service)?);
    let everything = effective.everything().into_iter();
    let mut redirections = everything.filter(|directive| {
        let first = directive.argument().unwrap_or_default();
        let last = directive.arguments().last();
        let last = last.map_or("", |word| word.text.as_str());
        match directive.name() {
            "return" => {
                ["301", "302", "303", "307", "308"].contains(&first) || last.contains("://")
            }
            "rewrite" => ["permanent", "redirect"].contains(&last),
            _ => false,
        }
    });
    redirections.find_map(|directive| directive.place())
}

/// Replaces the finding by its cause, if the configuration explains the measurement; `status` is that of the answer.
pub(super) fn explained(
    seen: &Observation,
    stack: &Stack,
    status: Option<u16>,
    finding: Finding,
) -> Finding {
    let Some(proxy) = &stack.proxy else {
        return finding;
    };
    let mut binds = seen
        .binds
        .iter()
        .filter(|bind| bind.service == proxy.service);
    if let Some(bind) =
        binds.find(|bind| bind.kind == BindKind::Missing && bind.target.starts_with("/etc/nginx"))
    {
        let words = Text::new(
            finding.message.en.to_string(),
            format!("{},", finding.message.fr),
        );
        return missing(bind, &words).shown_by(finding.evidence);
    }
    let Some(nginx) = configuration::of(seen, &proxy.service) else {
        return finding;
    };
    let effective = Effective::read(nginx);
    let (Some(compose), true) = (&seen.compose, effective.is_whole) else {
        return finding;
    };
    let symptom = Symptom {
        message: &finding.message,
        status,
        stack,
        compose,
        nginx,
        effective: &effective,
    };
    let cause = symptom
        .unread()
        .or_else(|| symptom.other_server(proxy.port))
        .or_else(|| symptom.astray(proxy.port));
    match cause {
        Some(cause) => cause.shown_by(finding.evidence),
        None => finding,
    }
}

/// Adds the cause to the finding of a proxy on whose port no program listens: an empty configuration, or a different port in
/// `listen`.
pub(super) fn silent(seen: &Observation, stack: &Stack, finding: Finding) -> Finding {
    let proxy = stack.proxy.as_ref();
    let Some(nginx) = proxy.and_then(|proxy| configuration::of(seen, &proxy.service)) else {
        return finding;
    };
    let effective = Effective::read(nginx);
    if !effective.has("server") {
        let empty = configuration::empty(nginx, &finding.message);
        return match empty {
            Some(empty) => empty.shown_by(finding.evidence),
            None => finding,
        };
    }
    let everything = effective.everything().into_iter();
    let listening = everything.filter(|directive| directive.name() == "listen");
    let listening: Vec<_> = listening.collect();
    let place = listening.iter().find_map(|listen| listen.place());
    let ports = listening.iter().filter_map(|listen| listen.argument());
    let ports: Vec<String> = ports.map(str::to_owned).collect();
    let Some(Proxy { service, port }) = proxy.filter(|_| effective.is_whole) else {
        return finding.at(place);
    };
    let told = match ports.as_slice() {
        [] if *port == 80 => return finding,
        [] => Text::fixed(
            "has no `listen` and takes port 80",
            "n’a pas de `listen` et prend le port 80",
        ),
        [..] => Text::new(
            format!("is told `listen` {}", codes(&ports)),
            format!("a pour `listen` {}", codes(&ports)),
        ),
    };
    let service = code(service);
    let Text { en, fr } = &finding.message;
    let message = Text::new(
        format!(
            "{en}; `ports` leads to port {port} of {service}, whose nginx {}",
            told.en
        ),
        format!(
            "{fr} ; `ports` mène au port {port} de {service}, dont le nginx {}",
            told.fr
        ),
    );
    Finding { message, ..finding }.at(place)
}

/// Measured symptom, with the data that can explain it.
struct Symptom<'a> {
    message: &'a Text,
    status: Option<u16>,
    stack: &'a Stack,
    compose: &'a Compose,
    nginx: &'a Nginx,
    effective: &'a Effective<'a>,
}

impl<'a> Symptom<'a> {
    fn because(&self, mistake: &'static Mistake, en: &str, fr: &str) -> Finding {
        mistake.finding(Text::new(
            format!("{}; {en}", self.message.en),
            format!("{} ; {fr}", self.message.fr),
        ))
    }

    /// Returns the finding for a configuration without any `proxy_pass`: the student's is empty, or nginx does not read it.
    fn unread(&self) -> Option<Finding> {
        if self.effective.has("proxy_pass") || !self.effective.errors.is_empty() {
            return None;
        }
        configuration::empty(self.nginx, self.message)
            .or_else(|| self.elsewhere())
            .or_else(|| self.not_copied())
    }

    /// Returns the finding for a file with a `proxy_pass` that is in the image, but at a path that nginx does not read.
    fn elsewhere(&self) -> Option<Finding> {
        let (source, target, place) = self.beside().or_else(|| self.astray_copy())?;
        let (source, target) = (code(&source), code(&target));
        let finding = self.because(
            &CONFIGURATION_NOT_READ,
            &format!("{source} is copied to {target}, which nginx does not read"),
            &format!("{source} est copié vers {target}, que nginx ne lit pas"),
        );
        Some(finding.at(place))
    }

    /// Returns source, target and place of such a file in nginx's own folder that no `include` names.
    fn beside(&self) -> Option<(String, String, Option<Place>)> {
        let read = &self.effective.files;
        let unread = self.nginx.files.iter();
        let mut unread = unread.filter(|file| !read.iter().any(|read| read.path == file.path));
        let file = unread.find(|file| file.text.contains("proxy_pass") && file.source.is_some())?;
        let source = file.source.clone()?;
        let copied = self.copies().into_iter();
        let mut copied = copied.filter(|copy| name(&copy.source) == name(&source));
        let place = copied.next().and_then(|copy| copy.place);
        Some((source, file.path.clone(), place))
    }

    /// Returns source, target and place of such a file that the Dockerfile copies to another folder.
    fn astray_copy(&self) -> Option<(String, String, Option<Place>)> {
        let handed_in = &self.nginx.handed_in;
        self.copies().into_iter().find_map(|copy| {
            let mut handed_in = handed_in.iter();
            let source = handed_in.find(|path| name(path) == name(&copy.source))?;
            Some((source.clone(), copy.target, copy.place))
        })
    }

    fn copies(&self) -> Vec<Copied> {
        let dockerfile = self.nginx.dockerfile.as_ref();
        dockerfile.map(copies).unwrap_or_default()
    }

    /// Returns the finding that nginx reads none of the student's files, and no instruction copies one.
    fn not_copied(&self) -> Option<Finding> {
        let files = &self.effective.files;
        let is_stock = files.iter().all(|file| file.source.is_none());
        let dockerfile = self.nginx.dockerfile.as_ref()?;
        let is_made_otherwise = dockerfile.text.to_lowercase().contains("etc/nginx");
        if !is_stock || is_made_otherwise {
            return None;
        }
        let (en, fr) = match self.nginx.handed_in.first().map(|file| code(file)) {
            Some(file) => (
                format!(
                    "the proxy’s nginx runs with the configuration of its base image, and {file} is not in the image"
                ),
                format!(
                    "le nginx du proxy tourne avec la configuration de son image de base, et {file} n’est pas dans l’image"
                ),
            ),
            None => (
                "the proxy’s nginx runs with the configuration of its base image".to_owned(),
                "le nginx du proxy tourne avec la configuration de son image de base".to_owned(),
            ),
        };
        let finding = self.because(&CONFIGURATION_NOT_COPIED, &en, &fr);
        let last = u32::try_from(dockerfile.text.trim_end().lines().count()).ok()?;
        Some(finding.at(dockerfile.line(last)))
    }

    /// Returns the finding for a `server` that takes the request although another one passes requests on.
    fn other_server(&self, port: u16) -> Option<Finding> {
        let chosen = Route::of(self.effective, port, PATH)?.server;
        let passes = |server: &Directive<'_>| {
            let mut below = vec![server];
            while let Some(directive) = below.pop() {
                if directive.name() == "proxy_pass" {
                    return true;
                }
                below.extend(directive.block.iter().flatten());
            }
            false
        };
        if passes(chosen) {
            return None;
        }
        let everything = self.effective.everything().into_iter();
        let mut servers = everything.filter(|directive| directive.name() == "server");
        let own = servers.find(|server| {
            server.block.is_some() && server.file.source.is_some() && passes(server)
        })?;
        let name = |server: &Directive<'_>| {
            let source = server.file.source.as_ref();
            code(source.unwrap_or(&server.file.path))
        };
        let is_asked = |server: &Directive<'_>| {
            let mut names = server.all("server_name").flat_map(Directive::arguments);
            names.any(|name| name.text.eq_ignore_ascii_case(HOST))
        };
        let (why, pourquoi) = match is_asked(chosen) {
            true => (
                "its `server_name` is `localhost`, the host that is asked for",
                "son `server_name` est `localhost`, l’hôte demandé",
            ),
            false => (
                "it is the first or the `default_server` of that port, and no `server_name` fits",
                "il est le premier ou le `default_server` de ce port, et aucun `server_name` ne convient",
            ),
        };
        let (chosen_file, own_file) = (name(chosen), name(own));
        let finding = self.because(
            &SERVER_NOT_CHOSEN,
            &format!(
                "the `server` in {chosen_file} takes the request, not yours in {own_file}: {why}"
            ),
            &format!(
                "le `server` de {chosen_file} prend la requête, et non le vôtre, dans {own_file} : {pourquoi}"
            ),
        );
        let named = own.all("server_name").chain(own.all("listen"));
        let place = named.filter_map(|directive| directive.place()).next();
        Some(finding.at(place.or_else(|| own.place())))
    }

    /// Returns the finding for a request that nginx sends to the wrong server, to the wrong port, or with the wrong path.
    fn astray(&self, port: u16) -> Option<Finding> {
        let route = Route::of(self.effective, port, PATH)?;
        let pass = route.pass()?;
        let servers = pass.servers(self.effective)?;
        let is_back_end = |host: &str| is_back_end(self.compose, host);
        if servers.iter().all(|(host, ..)| is_back_end(host)) {
            return match self.status {
                Some(404) => self.stripped(&route, &pass),
                Some(502) => self.wrong_port(&servers),
                Some(_) | None => None,
            };
        }
        let services = servers.iter().map(|(host, ..)| *host);
        // A service that itself passes requests on to the API servers would have to start after them.
        let is_other = |host: &&str| {
            self.compose.service(host).is_some()
                && !self.compose.starts_after(host, &self.compose.back_end)
        };
        let mut others = services.filter(is_other);
        let other = others.next().filter(|_| servers.len() == 1)?;
        let (shown, back_end) = (code(other), code(&self.compose.back_end));
        let finding = self.because(
            &API_TO_FRONT_END,
            &format!("the proxy passes the request on to {shown}, not to {back_end}"),
            &format!("le proxy transmet la requête à {shown}, pas à {back_end}"),
        );
        Some(finding.at(pass.directive.place()))
    }

    fn stripped(&self, route: &Route<'_, '_>, pass: &Pass<'_, '_>) -> Option<Finding> {
        let forwarded = route.forwarded(pass, PATH)?;
        let asked = forwarded.split('?').next().unwrap_or(&forwarded);
        if asked == PATH {
            return None;
        }
        let (shown, back_end) = (code(asked), code(&self.compose.back_end));
        let finding = self.because(
            &PATH_STRIPPED,
            &format!("the proxy asks {back_end} for {shown} instead"),
            &format!("le proxy demande {shown} à {back_end} à la place"),
        );
        Some(finding.at(pass.directive.place()))
    }

    /// Returns the finding for a port on which no replica listens, if the ports of each replica are known.
    fn wrong_port(&self, servers: &[Addressed<'_>]) -> Option<Finding> {
        let replicas = self.stack.replicas(&self.compose.back_end);
        let listening: Vec<Vec<u16>> = replicas.map(|replica| ports(&replica.listening)).collect();
        let is_known = !listening.is_empty() && listening.iter().all(|ports| !ports.is_empty());
        let heard: Vec<u16> = listening.concat();
        let is_heard = servers.iter().any(|(_, port, _)| heard.contains(port));
        let (_, port, directive) = servers.first().filter(|_| is_known && !is_heard)?;
        let heard = heard.first()?;
        let back_end = code(&self.compose.back_end);
        let finding = self.because(
            &WRONG_PORT,
            &format!("the proxy asks port {port} of {back_end}, which listens on {heard}"),
            &format!("le proxy interroge le port {port} de {back_end}, qui écoute sur {heard}"),
        );
        Some(finding.at(directive.place()))
    }
}

/// Host and port of a server, with the directive that contains them.
type Addressed<'a> = (&'a str, u16, &'a crate::nginx::Directive<'a>);

/// Returns the ports that other containers can reach.
fn ports(listening: &[String]) -> Vec<u16> {
    let addresses = listening.iter().filter_map(|address| address.parse().ok());
    let open = addresses.filter(|address: &std::net::SocketAddr| !is_loopback(address.ip()));
    open.map(|address| address.port()).collect()
}

/// Source and target of a `COPY` or `ADD`.
struct Copied {
    source: String,
    target: String,
    place: Option<Place>,
}

/// Returns the instructions that copy one file each; a line that ends with `\` is not joined with the next.
fn copies(dockerfile: &SourceFile) -> Vec<Copied> {
    let mut copies = Vec::new();
    let mut number = 0;
    for line in dockerfile.text.lines() {
        number += 1;
        let words: Vec<&str> = line
            .split([' ', '\t', '[', ']', ',', '"'])
            .filter(|word| !word.is_empty() && !word.starts_with("--"))
            .collect();
        if let [instruction, source, target] = words.as_slice()
            && ["COPY", "ADD"].contains(&instruction.to_uppercase().as_str())
        {
            copies.push(Copied {
                source: (*source).to_owned(),
                target: (*target).to_owned(),
                place: dockerfile.line(number),
            });
        }
    }
    copies
}

/// Returns the last part of a path.
fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
