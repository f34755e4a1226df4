//! Faults of the checker, separate from the student's mistakes.

use serde::{Deserialize, Serialize};

use crate::model::Text;

/// Reason why something could not be graded; never a reason to deduct points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Fault {
    /// Kind of fault.
    pub kind: FaultKind,
    /// Cause: the checker's own words, or the message of the system that failed, identical in both languages and cut at a
    /// bounded length.
    pub detail: Text,
}

/// Layout of a fault in recordings.
#[derive(Serialize, Deserialize)]
struct Written {
    kind: FaultKind,
    detail: String,
    /// French detail, if it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail_fr: Option<String>,
}

impl Fault {
    /// Makes a fault with its known details.
    pub fn new(kind: FaultKind, detail: Text) -> Fault {
        Fault { kind, detail }
    }

    /// Returns the cause in French, if it differs from the English one.
    pub fn detail_fr(&self) -> Option<&str> {
        let Text { en, fr } = &self.detail;
        (fr != en).then_some(fr)
    }

    /// Makes the fault for a check without an observation, although nothing prevented it.
    pub(crate) fn nothing_seen(id: &str) -> Fault {
        let detail = Text::new(
            format!("nothing was seen for `{id}`"),
            format!("rien n’a été vu pour `{id}`"),
        );
        Fault::new(FaultKind::Checker, detail)
    }

    /// Makes the fault for a stage that the run did not reach because the check of this id failed then, and passes now.
    pub(crate) fn stopped_then(id: &str) -> Fault {
        let detail = Text::new(
            format!("it was not run because `{id}` failed at that time"),
            format!("non exécuté, car `{id}` avait échoué à ce moment-là"),
        );
        Fault::new(FaultKind::Stopped, detail)
    }

    /// Makes a fault with the message of a system, identical in both languages.
    pub fn told(kind: FaultKind, words: impl Into<String>) -> Fault {
        Fault::new(kind, Text::verbatim(words))
    }
}

impl From<Written> for Fault {
    fn from(written: Written) -> Fault {
        let fr = written.detail_fr.unwrap_or_else(|| written.detail.clone());
        Fault::new(written.kind, Text::new(written.detail, fr))
    }
}

impl From<Fault> for Written {
    fn from(fault: Fault) -> Written {
        Written {
            kind: fault.kind,
            detail_fr: fault.detail_fr().map(str::to_owned),
            detail: fault.detail.en.into_owned(),
        }
    }
}

/// Kinds of faults, by the grader's remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The engine does not answer, or its answer is invalid.
    Engine,
    /// A registry or package mirror does not answer, or limits its rate.
    Network,
    /// No space left.
    Disk,
    /// A deadline of the checker itself passed.
    Time,
    /// This user cannot read a file of the submission.
    Files,
    /// The folder of the submission is ambiguous, or it is still in an archive.
    Folder,
    /// A valid feature that the sandbox does not support yet.
    Unsupported,
    /// Requests of another client of the stack hide the order of the checker's own.
    Disturbed,
    /// A container needs access to outside of the stack, which the sandbox blocks.
    Closed,
    /// A Dockerfile that only a builder without limits can build.
    Unlimited,
    /// Neither the engine nor a registry has an image that should replace one of the submission's.
    Base,
    /// A requirement of the rubric that the run did not measure.
    Rubric,
    /// A check that the run did not reach because an earlier check failed, which passes now.
    Stopped,
    /// A bug of the checker.
    Checker,
    /// The run was interrupted.
    Interrupted,
}

impl FaultKind {
    /// Returns the event in words, without the detail.
    pub fn message(self) -> Text {
        match self {
            FaultKind::Engine => Text::fixed(
                "the Docker engine could not do its part",
                "le moteur Docker n’a pas pu faire sa part",
            ),
            FaultKind::Network => Text::fixed(
                "a registry or a package mirror did not answer",
                "un registre ou un miroir de paquets n’a pas répondu",
            ),
            FaultKind::Disk => Text::fixed(
                "there is no space left on the engine’s disk",
                "il n’y a plus de place sur le disque du moteur",
            ),
            FaultKind::Time => Text::fixed(
                "the checker ran out of its own time",
                "le vérificateur a manqué de temps",
            ),
            FaultKind::Files => Text::fixed(
                "a file of the submission cannot be read",
                "un fichier du rendu ne peut pas être lu",
            ),
            FaultKind::Folder => Text::fixed(
                "it is not clear which folder is the submission",
                "on ne sait pas quel dossier est le rendu",
            ),
            FaultKind::Unsupported => Text::fixed(
                "the compose file uses something that the sandbox cannot carry out yet",
                "le fichier compose utilise une chose que le bac à sable ne sait pas encore exécuter",
            ),
            FaultKind::Disturbed => Text::fixed(
                "requests of another service hide the order of the checker’s own",
                "les requêtes d’un autre service cachent l’ordre de celles du vérificateur",
            ),
            FaultKind::Closed => Text::fixed(
                "a container needs the internet to start, and the sandbox keeps it closed",
                "un conteneur a besoin d’Internet pour démarrer, et le bac à sable le tient fermé",
            ),
            FaultKind::Unlimited => Text::fixed(
                "the Dockerfile uses something that only a build without limits can do",
                "le Dockerfile utilise une chose que seule une construction sans limites sait faire",
            ),
            FaultKind::Base => Text::fixed(
                "an image that `--base` names cannot be found",
                "une image que nomme `--base` est introuvable",
            ),
            FaultKind::Rubric => Text::fixed(
                "this was not looked at with what the rubric asks",
                "ceci n’a pas été regardé avec ce que demande le barème",
            ),
            FaultKind::Stopped => Text::fixed(
                "there is nothing to judge: the run ended before this",
                "il n’y a rien à juger : l’exécution s’est arrêtée avant",
            ),
            FaultKind::Checker => Text::fixed(
                "the checker itself made a mistake",
                "le vérificateur lui-même s’est trompé",
            ),
            FaultKind::Interrupted => {
                Text::fixed("the run was interrupted", "l’exécution a été interrompue")
            }
        }
    }

    /// Returns advice for the grader.
    pub fn remedy(self) -> Text {
        match self {
            FaultKind::Engine => Text::fixed(
                "see that `docker version` answers, then run the same command again; `--no-stack` grades what needs no engine",
                "vérifiez que `docker version` répond, puis relancez la même commande ; `--no-stack` note ce qui n’a pas besoin de moteur",
            ),
            FaultKind::Network => Text::fixed(
                "check the connection (`docker pull ubuntu:latest` asks the registry), then run the same command again; steps of builds reach public web servers only, through the checker: where you trust the submission, `--egress` opens everything to them",
                "vérifiez la connexion (`docker pull ubuntu:latest` interroge le registre), puis relancez la même commande ; les étapes de construction n’atteignent que les serveurs web publics, à travers le vérificateur : si vous faites confiance au rendu, `--egress` leur ouvre tout",
            ),
            FaultKind::Disk => Text::fixed(
                "free some space (`docker system df` shows where it went), then run the same command again",
                "libérez de la place (`docker system df` montre où elle est passée), puis relancez la même commande",
            ),
            FaultKind::Time => Text::fixed(
                "run the same command again when the machine is less busy",
                "relancez la même commande quand la machine est moins chargée",
            ),
            FaultKind::Files => Text::fixed(
                "check who owns the file and its permissions",
                "vérifiez le propriétaire du fichier et ses permissions",
            ),
            FaultKind::Folder => Text::fixed(
                "keep one folder with `task6` in it, unpacked, for each submission",
                "gardez pour chaque rendu un seul dossier qui contient `task6`, décompressé",
            ),
            FaultKind::Unsupported => Text::fixed(
                "grade this submission by hand, or ask for support of that key",
                "notez ce rendu à la main, ou demandez la prise en charge de cette clé",
            ),
            FaultKind::Disturbed => Text::fixed(
                "grade this submission by hand, or without that service",
                "notez ce rendu à la main, ou sans ce service",
            ),
            FaultKind::Closed => Text::fixed(
                "what a container needs is better installed by its Dockerfile, with `RUN`; where you trust this submission, run the same command with `--egress`",
                "mieux vaut installer ce qu’il faut au conteneur dans son Dockerfile, avec `RUN` ; si vous faites confiance à ce rendu, relancez la même commande avec `--egress`",
            ),
            FaultKind::Unlimited => Text::fixed(
                "where you trust this submission with the machine, run the same command with `--unlimited-builds`",
                "si vous confiez la machine à ce rendu, relancez la même commande avec `--unlimited-builds`",
            ),
            FaultKind::Base => Text::fixed(
                "check how it is spelt, or bring it onto the engine with `docker pull` or `docker load`, then run the same command again",
                "vérifiez son orthographe, ou amenez-la sur le moteur avec `docker pull` ou `docker load`, puis relancez la même commande",
            ),
            FaultKind::Rubric => Text::fixed(
                "grade this submission again with the same rubric, and with an engine",
                "notez ce rendu de nouveau avec le même barème, et avec un moteur",
            ),
            FaultKind::Stopped => Text::fixed(
                "grade this submission again with the same rubric, and with an engine",
                "notez ce rendu de nouveau avec le même barème, et avec un moteur",
            ),
            FaultKind::Checker => Text::fixed(
                "run the same command again; when it stays, report it with the file that `--record` writes",
                "relancez la même commande ; si cela persiste, signalez-le avec le fichier qu’écrit `--record`",
            ),
            FaultKind::Interrupted => {
                Text::fixed("run the same command again", "relancez la même commande")
            }
        }
    }
}
