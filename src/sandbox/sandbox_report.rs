//! The sandbox's part of a report: the engine, and the guarantees that a run on it does not meet.

use std::sync::atomic::Ordering;

use softy_checks::model::Text;
use softy_checks::observation::{self, Unenforced};

use super::capabilities::MissingLimits;
use super::{Egress, Reach, Sandbox, StackNetworks};

/// EngineCapabilities that decide which guarantees a run meets.
struct Run {
    reach: Reach,
    egress: Egress,
    /// Set when builds reach more than the public web.
    builds_in_the_open: bool,
    /// Set when an image was built by a builder without limits.
    builds_without_limits: bool,
    measures_layers: bool,
    /// Set when something was built while containers start with a runtime other than the engine's own.
    builds_with_another_runtime: bool,
    /// Set when a file names a registry that is not on the public internet.
    asks_private_registries: bool,
    lacks: MissingLimits,
}

/// A guarantee that some runs do not meet.
struct UnmetGuarantee {
    code: &'static str,
    is_open: fn(&Run) -> bool,
    message: Text,
}

static UNMET_GUARANTEES: [UnmetGuarantee; 12] = [
    UnmetGuarantee {
        code: "egress-open",
        is_open: |run| run.egress == Egress::Open,
        message: Text::fixed(
            "containers reach the internet and all that the engine’s machine reaches, as `--egress` asks",
            "les conteneurs atteignent Internet et tout ce que la machine du moteur atteint, comme le demande `--egress`",
        ),
    },
    UnmetGuarantee {
        code: "host-services",
        is_open: |run| run.egress == Egress::Open || run.reach != Reach::Container,
        message: Text::fixed(
            "containers reach services of the engine’s machine that listen on their network’s gateway address; with older engines, and through the way in of `--reach loopback`, on its other addresses, too",
            "les conteneurs atteignent les services de la machine du moteur qui écoutent sur l’adresse de passerelle de leur réseau ; avec d’anciens moteurs, et par l’accès de `--reach loopback`, aussi sur ses autres adresses",
        ),
    },
    UnmetGuarantee {
        code: "build-network",
        is_open: |run| run.builds_in_the_open,
        message: Text::fixed(
            "builds reach all that the engine’s machine reaches: the checker could not stand between, or was asked not to",
            "les constructions atteignent tout ce que la machine du moteur atteint : le vérificateur n’a pas pu s’interposer, ou il lui a été demandé de ne pas le faire",
        ),
    },
    UnmetGuarantee {
        code: "unlimited-builds",
        is_open: |run| run.builds_without_limits,
        message: Text::fixed(
            "an image was built without limits of memory, processes and disk, as `--unlimited-builds` allows",
            "une image a été construite sans limites de mémoire, de processus ni de disque, comme le permet `--unlimited-builds`",
        ),
    },
    UnmetGuarantee {
        code: "layer-size-slow",
        is_open: |run| !run.measures_layers,
        message: Text::fixed(
            "the engine measures slowly what containers write: one that writes too much is stopped late",
            "le moteur mesure lentement ce que les conteneurs écrivent : celui qui écrit trop est arrêté tard",
        ),
    },
    UnmetGuarantee {
        code: "build-runtime",
        is_open: |run| run.builds_with_another_runtime,
        message: Text::fixed(
            "steps of builds run with the engine’s own runtime, not with that of `--runtime`",
            "les étapes des constructions s’exécutent avec le runtime du moteur, pas avec celui de `--runtime`",
        ),
    },
    UnmetGuarantee {
        code: "private-registry",
        is_open: |run| run.asks_private_registries,
        message: Text::fixed(
            "the engine may have asked a registry on its own machine or on a private network, which a file of the submission names",
            "le moteur a pu interroger un registre sur sa propre machine ou sur un réseau privé, que nomme un fichier du rendu",
        ),
    },
    UnmetGuarantee {
        code: "memory-limit",
        is_open: |run| run.lacks.memory,
        message: Text::fixed(
            "the engine does not limit the memory of containers",
            "le moteur ne limite pas la mémoire des conteneurs",
        ),
    },
    UnmetGuarantee {
        code: "swap-limit",
        is_open: |run| run.lacks.swap,
        message: Text::fixed(
            "the engine does not keep containers from swapping: they may take more than their memory",
            "le moteur n’empêche pas les conteneurs d’utiliser le swap : ils peuvent prendre plus que leur mémoire",
        ),
    },
    UnmetGuarantee {
        code: "process-limit",
        is_open: |run| run.lacks.processes,
        message: Text::fixed(
            "the engine does not limit the processes of containers",
            "le moteur ne limite pas les processus des conteneurs",
        ),
    },
    UnmetGuarantee {
        code: "processor-limit",
        is_open: |run| run.lacks.processors,
        message: Text::fixed(
            "the engine does not limit the processors of containers",
            "le moteur ne limite pas les processeurs des conteneurs",
        ),
    },
    UnmetGuarantee {
        code: "seccomp",
        is_open: |run| run.lacks.seccomp,
        message: Text::fixed(
            "the engine keeps no system call from containers",
            "le moteur n’interdit aucun appel système aux conteneurs",
        ),
    },
];

impl Sandbox {
    /// Returns the engine, the guarantees that this run does not meet, the requests refused to builds, and the base images.
    pub fn sandbox_report(
        &self,
        reachable: &StackNetworks,
        egress: Egress,
    ) -> observation::Sandbox {
        let run = Run {
            reach: reachable.reach,
            egress,
            builds_in_the_open: self.built_in_the_open.load(Ordering::Relaxed),
            builds_without_limits: self.built_without_limits.load(Ordering::Relaxed),
            measures_layers: self.capabilities.measures_layers,
            builds_with_another_runtime: self.runtime.is_some()
                && self.built.load(Ordering::Relaxed),
            asks_private_registries: self.asked_privately.load(Ordering::Relaxed),
            lacks: self.capabilities.lacks,
        };
        let reach = match run.reach {
            Reach::Address => "address",
            Reach::Container => "container",
            Reach::Loopback => "loopback",
        };
        observation::Sandbox {
            engine: self.capabilities.version.clone(),
            driver: self.capabilities.driver.clone(),
            reach: reach.to_owned(),
            egress: egress == Egress::Open,
            unenforced: unenforced(&run),
            refused_to_builds: self.build_notes.all_refused(),
            base_images: self.base_images().clone(),
        }
    }
}

fn unenforced(run: &Run) -> Vec<Unenforced> {
    let open = UNMET_GUARANTEES.iter().filter(|gap| (gap.is_open)(run));
    open.map(|gap| Unenforced {
        code: gap.code.to_owned(),
        message: gap.message.clone(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: Run = Run {
        reach: Reach::Address,
        egress: Egress::Closed,
        builds_in_the_open: false,
        builds_without_limits: false,
        measures_layers: true,
        builds_with_another_runtime: false,
        asks_private_registries: false,
        lacks: MissingLimits {
            memory: false,
            swap: false,
            processes: false,
            processors: false,
            seccomp: false,
        },
    };

    fn codes(run: &Run) -> Vec<String> {
        let unenforced = unenforced(run).into_iter();
        unenforced.map(|unenforced| unenforced.code).collect()
    }

    #[test]
    fn what_only_a_checker_in_a_container_can_close_is_said() {
        assert_eq!(codes(&CLOSED), ["host-services"]);
        let in_a_container = Run {
            reach: Reach::Container,
            ..CLOSED
        };
        assert_eq!(codes(&in_a_container), [""; 0]);
    }

    #[test]
    fn what_was_asked_for_and_what_the_engine_lacks_is_said() {
        let open = Run {
            egress: Egress::Open,
            builds_in_the_open: true,
            builds_without_limits: true,
            measures_layers: false,
            builds_with_another_runtime: true,
            asks_private_registries: true,
            lacks: MissingLimits {
                memory: true,
                swap: true,
                processes: true,
                processors: true,
                seccomp: true,
            },
            ..CLOSED
        };
        let all: Vec<&str> = UNMET_GUARANTEES.iter().map(|gap| gap.code).collect();
        assert_eq!(codes(&open), all);
    }
}
