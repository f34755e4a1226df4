//! Diagnosis of an engine that answers, one line per part.

use softy_checks::model::Text;

use super::line::{Line, Mark};
use crate::sandbox::{BaseState, Diagnosis, Endpoint, FoundBy, MissingLimits, Reach, limits};

/// Minimum free disk space in bytes: the limit for the images of a run, and a quarter more. With less, a run may fill the disk.
const FREE_BYTES: u64 = limits::BUILD_BYTES + limits::BUILD_BYTES / 4;

/// Runtimes that isolate containers from the machine by more than its kernel.
const SEPARATE: [&str; 2] = ["runsc", "kata"];

/// Returns the engine's address, and the setting that it comes from.
pub(super) fn address(endpoint: &Endpoint) -> Line {
    let (en, fr) = match &endpoint.found_by {
        FoundBy::HostFlag => ("by `--host`".to_owned(), "par `--host`".to_owned()),
        FoundBy::HostVariable => (
            "by `DOCKER_HOST`".to_owned(),
            "par `DOCKER_HOST`".to_owned(),
        ),
        FoundBy::Context(name) => (
            format!("by the context `{name}`"),
            format!("par le contexte `{name}`"),
        ),
        FoundBy::Default => (
            "the usual socket".to_owned(),
            "la socket habituelle".to_owned(),
        ),
        FoundBy::Rootless => (
            "the rootless engine’s socket".to_owned(),
            "la socket du moteur sans root".to_owned(),
        ),
        FoundBy::Podman => (
            "Podman’s socket".to_owned(),
            "la socket de Podman".to_owned(),
        ),
    };
    let tls = if endpoint.tls.is_some() { ", TLS" } else { "" };
    Line::fine(
        "address",
        Text::new(
            format!("{endpoint}, {en}{tls}"),
            format!("{endpoint}, {fr}{tls}"),
        ),
    )
}

/// Returns the engine's version, capabilities and state.
pub(super) fn of(diagnosis: &Diagnosis, endpoint: &Endpoint) -> Vec<Line> {
    let mut lines = vec![
        engine(diagnosis),
        reach(diagnosis.reach, endpoint),
        builder(diagnosis),
        limits_held(diagnosis.lacks, &diagnosis.cgroups),
        storage(diagnosis),
        runtimes(&diagnosis.runtimes),
    ];
    let bases = diagnosis.bases.iter();
    lines.extend(bases.map(|(reference, state)| base(reference, *state)));
    lines.extend(diagnosis.free.map(free));
    lines.push(leftovers(diagnosis.left));
    lines.push(cache(diagnosis.cache));
    lines
}

fn engine(diagnosis: &Diagnosis) -> Line {
    let name = if diagnosis.is_podman {
        "Podman"
    } else {
        "Docker"
    };
    let (version, api, system) = (&diagnosis.version, &diagnosis.api, &diagnosis.system);
    let found = Text::new(
        format!("{name} {version}, API {api}, containers of {system}"),
        format!("{name} {version}, API {api}, conteneurs {system}"),
    );
    if !system.is_empty() && system != "linux" {
        return Line::new("engine", Mark::Trouble, found).with(Text::fixed(
            "choose “Switch to Linux containers” in the menu of the whale",
            "choisissez « Switch to Linux containers » dans le menu de la baleine",
        ));
    }
    if diagnosis.is_podman {
        return Line::new("engine", Mark::Warning, found).with(Text::fixed(
            "Podman 4.3 builds the images and starts the stack, and does not answer what is asked of it then: such a run ends as not graded; use Docker Engine",
            "Podman 4.3 construit les images et démarre la pile, et ne répond pas à ce qui lui est demandé ensuite : une telle exécution finit non notée ; utilisez Docker Engine",
        ));
    }
    Line::fine("engine", found)
}

fn reach(reach: Option<Reach>, endpoint: &Endpoint) -> Line {
    let found = match reach {
        Some(Reach::Address) => Text::fixed(
            "containers are reached by their addresses",
            "les conteneurs sont joignables par leurs adresses",
        ),
        Some(Reach::Container) => Text::fixed(
            "the checker’s own container joins the stack’s networks",
            "le conteneur du vérificateur rejoint les réseaux de la pile",
        ),
        Some(Reach::Loopback) => Text::fixed(
            "the proxy is reached through a port on 127.0.0.1",
            "le proxy est joignable par un port sur 127.0.0.1",
        ),
        None => Text::fixed(
            "how containers are reached shows only in a run",
            "la façon de joindre les conteneurs ne se voit que lors d’une exécution",
        ),
    };
    match reach {
        Some(Reach::Loopback) if !endpoint.is_here() => Line::new("reach", Mark::Trouble, found)
            .with(Text::fixed(
                "that is the engine’s machine, which is not this one: run softy-check there",
                "c’est la machine du moteur, qui n’est pas celle-ci : lancez softy-check là-bas",
            )),
        Some(Reach::Address | Reach::Container | Reach::Loopback) | None => {
            Line::fine("reach", found)
        }
    }
}

fn builder(diagnosis: &Diagnosis) -> Line {
    let found = if diagnosis.has_buildkit {
        Text::fixed(
            "the classic one, whose steps have limits; BuildKit is there for `--unlimited-builds`",
            "le classique, dont les étapes ont des limites ; BuildKit est là pour `--unlimited-builds`",
        )
    } else {
        Text::fixed(
            "the classic one, whose steps have limits; there is no BuildKit for `--unlimited-builds`",
            "le classique, dont les étapes ont des limites ; pas de BuildKit pour `--unlimited-builds`",
        )
    };
    Line::fine("builder", found)
}

fn limits_held(lacks: MissingLimits, cgroups: &str) -> Line {
    let MissingLimits {
        memory,
        swap,
        processes,
        processors,
        seccomp,
    } = lacks;
    let all = [
        (memory, "memory", "la mémoire"),
        (swap, "swap", "le swap"),
        (processes, "processes", "les processus"),
        (processors, "processors", "les processeurs"),
        (seccomp, "system calls", "les appels système"),
    ];
    let missing: Vec<_> = all.iter().filter(|(is_missing, ..)| *is_missing).collect();
    if missing.is_empty() {
        return Line::fine(
            "limits",
            Text::new(
                format!("memory, swap, processes, processors and system calls (cgroups {cgroups})"),
                format!(
                    "mémoire, swap, processus, processeurs et appels système (cgroups {cgroups})"
                ),
            ),
        );
    }
    let en: Vec<&str> = missing.iter().map(|(_, en, _)| *en).collect();
    let fr: Vec<&str> = missing.iter().map(|(_, _, fr)| *fr).collect();
    let found = Text::new(
        format!("not limited: {} (cgroups {cgroups})", en.join(", ")),
        format!("ne limite pas : {} (cgroups {cgroups})", fr.join(", ")),
    );
    Line::new("limits", Mark::Warning, found).with(Text::fixed(
        "grade only submissions that you trust there; an engine run by root on cgroups 2 holds all limits",
        "n’y notez que des rendus de confiance ; un moteur lancé par root avec cgroups 2 tient toutes les limites",
    ))
}

fn storage(diagnosis: &Diagnosis) -> Line {
    let driver = &diagnosis.driver;
    if diagnosis.measures_layers {
        return Line::fine(
            "storage",
            Text::new(
                format!("{driver}; what containers write is watched"),
                format!("{driver} ; ce que les conteneurs écrivent est surveillé"),
            ),
        );
    }
    let found = Text::new(
        format!(
            "{driver}, which measures slowly: a container that writes too much is stopped late"
        ),
        format!("{driver}, qui mesure lentement : un conteneur qui écrit trop est arrêté tard"),
    );
    Line::new("storage", Mark::Warning, found).with(Text::fixed(
        "the drivers overlay2 and overlayfs measure at once",
        "les pilotes overlay2 et overlayfs mesurent tout de suite",
    ))
}

fn runtimes(names: &[String]) -> Line {
    let all = names.join(", ");
    let separate = names
        .iter()
        .find(|name| SEPARATE.iter().any(|known| name.contains(known)));
    let found = match separate {
        Some(name) => Text::new(
            format!("{all}; `--runtime {name}` separates containers further from the machine"),
            format!("{all} ; `--runtime {name}` isole davantage les conteneurs de la machine"),
        ),
        None => Text::new(
            format!("{all}; neither runsc nor kata"),
            format!("{all} ; ni runsc ni kata"),
        ),
    };
    Line::fine("runtimes", found)
}

fn base(reference: &str, state: BaseState) -> Line {
    match state {
        BaseState::Present => Line::fine(
            "image",
            Text::new(
                format!("`{reference}` is there"),
                format!("`{reference}` est là"),
            ),
        ),
        BaseState::StandIn => Line::new(
            "image",
            Mark::Warning,
            Text::new(
                format!("`{reference}` is a stand-in, made where no registry answers"),
                format!("`{reference}` est une doublure, faite là où aucun registre ne répond"),
            ),
        )
        .with(pull(reference)),
        BaseState::Absent => Line::new(
            "image",
            Mark::Warning,
            Text::new(
                format!("`{reference}` is not there: the first run pulls it"),
                format!("`{reference}` n’est pas là : la première exécution la télécharge"),
            ),
        )
        .with(pull(reference)),
    }
}

fn pull(reference: &str) -> Text {
    Text::new(
        format!("`docker pull {reference}` brings it now"),
        format!("`docker pull {reference}` l’apporte dès maintenant"),
    )
}

fn free(bytes: u64) -> Line {
    let gib = bytes >> 30;
    let found = Text::new(
        format!("{gib} GiB free where the engine keeps its data"),
        format!("{gib} Gio libres là où le moteur garde ses données"),
    );
    if bytes >= FREE_BYTES {
        return Line::fine("disk", found);
    }
    Line::new("disk", Mark::Warning, found).with(Text::fixed(
        "`docker system df` shows what takes the space, `softy-check clean --cache` frees that of builds",
        "`docker system df` montre ce qui prend la place, `softy-check clean --cache` libère celle des constructions",
    ))
}

fn leftovers(left: usize) -> Line {
    if left == 0 {
        return Line::fine(
            "leftovers",
            Text::fixed(
                "nothing is left of any killed run",
                "il ne reste rien d’une exécution tuée",
            ),
        );
    }
    let found = Text::new(
        format!("left of killed runs: {left}"),
        format!("restes d’exécutions tuées : {left}"),
    );
    Line::new("leftovers", Mark::Warning, found).with(Text::fixed(
        "`softy-check clean` removes them",
        "`softy-check clean` les supprime",
    ))
}

fn cache(bytes: u64) -> Line {
    let size = bytes.div_ceil(1 << 20);
    Line::fine(
        "cache",
        Text::new(
            format!("{size} MB of builds; `softy-check clean --cache` frees them"),
            format!("{size} Mo de constructions ; `softy-check clean --cache` les libère"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use softy_checks::model::Language;

    use super::*;

    fn said(line: &Line) -> String {
        line.text(Language::English)
    }

    #[test]
    fn what_is_not_held_is_named() {
        let held = limits_held(MissingLimits::default(), "2");
        assert!(said(&held).starts_with("✓ limits"), "{held:?}");
        let lacks = MissingLimits {
            swap: true,
            processors: true,
            ..MissingLimits::default()
        };
        let line = said(&limits_held(lacks, "1"));
        assert!(
            line.starts_with("! limits       not limited: swap, processors (cgroups 1)\n"),
            "{line}"
        );
    }

    #[test]
    fn a_port_of_another_machine_is_no_way_in() {
        let endpoint = |address: &str| Endpoint {
            address: crate::sandbox::Address::Tcp(address.to_owned()),
            tls: None,
            found_by: FoundBy::HostFlag,
        };
        let mark = |address| reach(Some(Reach::Loopback), &endpoint(address)).mark;
        assert_eq!(mark("192.0.2.1:2375"), Mark::Trouble);
        assert_eq!(mark("127.0.0.1:2375"), Mark::Fine);
    }
}
