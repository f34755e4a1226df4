use super::compose_safe;
use super::script::{self, SCRIPT_CRLF, SCRIPT_NOT_EXECUTABLE};
use crate::model::{Check, Evidence, Finding, Judged, Judgement, Mistake, Text, Unjudged};
use crate::observation::{BuildFailure, Image, ImageState, Observation, Resource, Stage};
use crate::wording::{code, codes};

/// Every service has its image: it builds from its Dockerfile, or it exists already.
///
/// A build uses only the files of the repository, and the base images as they are today: an image that was built a year ago may
/// fail now because `ubuntu:latest` is another Ubuntu. An empty folder counts as existing.
pub(super) static CHECK: Check = Check {
    id: "images-build",
    points: 5,
    after: &[&compose_safe::CHECK],
    stage: Stage::Images,
    title: Text::fixed(
        "every image builds or exists",
        "chaque image se construit ou existe",
    ),
    mistakes: &[
        &CONTEXT_MISSING,
        &DOCKERFILE_MISSING,
        &DOCKERFILE_MISNAMED,
        &DOCKERFILE_INVALID,
        &COPY_SOURCE_MISSING,
        &PIP_EXTERNALLY_MANAGED,
        &PACKAGE_NOT_FOUND,
        &SCRIPT_CRLF,
        &SCRIPT_NOT_EXECUTABLE,
        &BASE_IMAGE_MISSING,
        &BUILD_TIMED_OUT,
        &BUILD_CONTEXT_TOO_LARGE,
        &BUILD_USES_TOO_MUCH,
        &BUILD_FAILED,
        &IMAGE_NOT_FOUND,
    ],
    notes: &[],
    judge,
};

static CONTEXT_MISSING: Mistake = Mistake {
    code: "context-missing",
    hint: Text::fixed(
        "`build` names a folder, counted from the compose file; does your repository’s web page show it in `task6`?",
        "`build` nomme un dossier, à partir du fichier compose ; la page web de votre dépôt le montre-t-elle dans `task6` ?",
    ),
};

static DOCKERFILE_MISSING: Mistake = Mistake {
    code: "dockerfile-missing",
    hint: Text::fixed(
        "does your repository’s web page show that file? what is not committed and pushed is not handed in",
        "la page web de votre dépôt montre-t-elle ce fichier ? ce qui n’est ni commité ni poussé n’est pas rendu",
    ),
};

static DOCKERFILE_MISNAMED: Mistake = Mistake {
    code: "dockerfile-misnamed",
    hint: Text::fixed(
        "compare the file’s name with the one expected: Linux tells upper from lower case, and an ending counts",
        "comparez le nom du fichier avec celui attendu : Linux distingue majuscules et minuscules, et l’extension compte",
    ),
};

static DOCKERFILE_INVALID: Mistake = Mistake {
    code: "dockerfile-invalid",
    hint: Text::fixed(
        "each line begins with an instruction of the Dockerfile reference, or continues a line that ends with a backslash",
        "chaque ligne commence par une instruction de la référence Dockerfile, ou continue une ligne qui finit par une barre oblique inverse",
    ),
};

static COPY_SOURCE_MISSING: Mistake = Mistake {
    code: "copy-source-missing",
    hint: Text::fixed(
        "`COPY` counts from the folder that `build` names: is that path there, committed, and absent from `.dockerignore`?",
        "`COPY` part du dossier que nomme `build` : ce chemin y est-il, commité, et absent de `.dockerignore` ?",
    ),
};

static PIP_EXTERNALLY_MANAGED: Mistake = Mistake {
    code: "pip-externally-managed",
    hint: Text::fixed(
        "since Ubuntu 23.04 and Debian 12 pip leaves the system’s Python alone unless told otherwise: the log names the ways out",
        "depuis Ubuntu 23.04 et Debian 12, pip ne touche plus au Python du système sans qu’on le lui dise : le journal nomme les issues",
    ),
};

static PACKAGE_NOT_FOUND: Mistake = Mistake {
    code: "package-not-found",
    hint: Text::fixed(
        "is the name spelt as in the list of packages? and where has the package manager got that list from, in this `RUN`?",
        "le nom est-il écrit comme dans la liste des paquets ? et d’où le gestionnaire de paquets tient-il cette liste, dans ce `RUN` ?",
    ),
};

static BASE_IMAGE_MISSING: Mistake = Mistake {
    code: "base-image-missing",
    hint: Text::fixed(
        "look the name and the tag of `FROM` up on Docker Hub",
        "cherchez le nom et le tag de `FROM` sur Docker Hub",
    ),
};

static BUILD_TIMED_OUT: Mistake = Mistake {
    code: "build-timed-out",
    hint: Text::fixed(
        "which instruction does the log end with? `RUN` must end by itself: a server is started by `CMD`",
        "avec quelle instruction le journal finit-il ? `RUN` doit se terminer de lui-même : un serveur se lance par `CMD`",
    ),
};

static BUILD_CONTEXT_TOO_LARGE: Mistake = Mistake {
    code: "build-context-too-large",
    hint: Text::fixed(
        "`du -sh task6/*` shows what is large; files that the image does not need can be left out or listed in `.dockerignore`",
        "`du -sh task6/*` montre ce qui est gros ; les fichiers dont l’image n’a pas besoin peuvent être retirés ou cités dans `.dockerignore`",
    ),
};

static BUILD_USES_TOO_MUCH: Mistake = Mistake {
    code: "build-uses-too-much",
    hint: Text::fixed(
        "installing Flask or copying a site takes a small part of that: which instruction does the log end with?",
        "installer Flask ou copier un site en prend une petite partie : avec quelle instruction le journal finit-il ?",
    ),
};

static BUILD_FAILED: Mistake = Mistake {
    code: "build-failed",
    hint: Text::fixed(
        "read the log from its end upwards: the first error of the failed command tells most",
        "lisez le journal en remontant depuis la fin : la première erreur de la commande échouée en dit le plus",
    ),
};

static IMAGE_NOT_FOUND: Mistake = Mistake {
    code: "image-not-found",
    hint: Text::fixed(
        "`image` alone must name an image that everybody can pull; one made from the repository needs `build` beside it",
        "`image` seul doit nommer une image que tout le monde peut télécharger ; une image faite depuis le dépôt a besoin de `build` à côté",
    ),
};

/// Advice for a Dockerfile that is a link to a path outside its context.
const LINK_OUT: Text = Text::fixed(
    "Compose follows no link out of that folder: `dockerfile` of `build` may name a file beside it, as in `../common/Dockerfile`",
    "Compose ne suit aucun lien hors de ce dossier : `dockerfile` de `build` peut nommer un fichier à côté, comme `../common/Dockerfile`",
);

/// Advice for a path in the style of Windows.
pub(super) const BACKSLASH: Text = Text::fixed(
    "in a path, `/` stands between folders: a backslash is a part of a name in a compose file, and an escape in a Dockerfile",
    "dans un chemin, `/` sépare les dossiers : une barre oblique inverse fait partie du nom dans un fichier compose, et échappe le caractère suivant dans un Dockerfile",
);

fn judge(seen: &Observation) -> Judgement {
    let images = seen.seen(Stage::Images, &seen.images)?;
    seen.is_as_asked()?;
    if !images.iter().any(|image| image.service == seen.back_end()) {
        return Err(Unjudged::incomplete(&Text::fixed(
            "image of the API",
            "image de l’API",
        )));
    }
    Ok(Judged::from_findings(
        images
            .iter()
            .filter_map(|image| absent(seen, image))
            .collect(),
    ))
}

fn absent(seen: &Observation, image: &Image) -> Option<Finding> {
    let service = code(&image.service);
    match &image.state {
        ImageState::Ready => None,
        ImageState::ContextMissing { context } => Some(no_context(&service, context)),
        ImageState::DockerfileMissing {
            dockerfile,
            leads_out: true,
            similar: _,
        } => Some(link_out(&service, dockerfile)),
        ImageState::DockerfileMissing {
            dockerfile,
            similar,
            leads_out: false,
        } => Some(no_dockerfile(&service, dockerfile, similar)),
        ImageState::BuildFailed {
            failure,
            error,
            place,
            log,
        } => {
            let script = match failure {
                BuildFailure::Command => stopped_by_script(seen, &service, error, log),
                BuildFailure::Dockerfile
                | BuildFailure::SourceMissing { .. }
                | BuildFailure::ExternallyManaged
                | BuildFailure::BaseMissing { .. }
                | BuildFailure::PackageMissing { .. }
                | BuildFailure::TimedOut { .. }
                | BuildFailure::ContextTooLarge { .. }
                | BuildFailure::UsesTooMuch { .. } => None,
            };
            let error = said(failure, log).unwrap_or(error);
            let finding = script.unwrap_or_else(|| failed(&service, failure, error));
            let is_escaped = matches!(failure, BuildFailure::SourceMissing { .. })
                && place
                    .as_ref()
                    .is_some_and(|place| has_backslash(&place.snippet));
            let finding = match is_escaped {
                true => finding.advising(BACKSLASH),
                false => finding,
            };
            let finding = finding.at(place.clone());
            Some(finding.shown_by(vec![log.clone()]))
        }
        ImageState::NotFound { reference, error } => Some(not_found(&service, reference, error)),
    }
}

/// Returns the finding for a script that a step runs, if it is the cause of the step's failure.
fn stopped_by_script(
    seen: &Observation,
    service: &str,
    error: &str,
    log: &Evidence,
) -> Option<Finding> {
    let words = Text::new(
        format!("the image of {service} does not build"),
        format!("l’image de {service} ne se construit pas,"),
    );
    let printed = log.lines.iter().map(String::as_str);
    let lines: Vec<&str> = [error].into_iter().chain(printed).collect();
    script::cause(&seen.scripts, &[], &lines, &words)
}

/// Returns the error with which a command ended, in its own words rather than the engine's.
fn said<'a>(failure: &BuildFailure, log: &'a Evidence) -> Option<&'a str> {
    let is_error = |line: &&str| line.starts_with("E: ") || line.to_lowercase().contains("error: ");
    let mut lines = log.lines.iter().rev().map(|line| line.trim());
    match failure {
        BuildFailure::Command => lines.find(is_error),
        BuildFailure::Dockerfile
        | BuildFailure::SourceMissing { .. }
        | BuildFailure::ExternallyManaged
        | BuildFailure::BaseMissing { .. }
        | BuildFailure::PackageMissing { .. }
        | BuildFailure::TimedOut { .. }
        | BuildFailure::ContextTooLarge { .. }
        | BuildFailure::UsesTooMuch { .. } => None,
    }
}

/// Returns whether an instruction has a backslash that continues no line.
fn has_backslash(instruction: &str) -> bool {
    instruction.trim_end().trim_end_matches('\\').contains('\\')
}

fn no_context(service: &str, path: &str) -> Finding {
    let context = code(path);
    let finding = CONTEXT_MISSING.finding(Text::new(
        format!("{service} builds from the folder {context}, which is not in the repository"),
        format!("{service} se construit depuis le dossier {context}, qui n’est pas dans le dépôt"),
    ));
    match path.contains('\\') {
        true => finding.advising(BACKSLASH),
        false => finding,
    }
}

fn link_out(service: &str, dockerfile: &str) -> Finding {
    let dockerfile = code(dockerfile);
    let finding = DOCKERFILE_MISSING.finding(Text::new(
        format!("{service} builds from {dockerfile}, which is a link that leads out of the folder that `build` names"),
        format!("{service} se construit depuis {dockerfile}, un lien qui mène hors du dossier que nomme `build`"),
    ));
    finding.advising(LINK_OUT)
}

fn no_dockerfile(service: &str, path: &str, similar: &[String]) -> Finding {
    let dockerfile = code(path);
    let is_of_windows = path.contains('\\');
    if similar.is_empty() || is_of_windows {
        let finding = DOCKERFILE_MISSING.finding(Text::new(
            format!("{service} builds from {dockerfile}, which is not in the repository"),
            format!("{service} se construit depuis {dockerfile}, qui n’est pas dans le dépôt"),
        ));
        return match is_of_windows {
            true => finding.advising(BACKSLASH),
            false => finding,
        };
    }
    let similar = codes(similar);
    DOCKERFILE_MISNAMED.finding(Text::new(
        format!("{service} builds from {dockerfile}, found {similar} instead"),
        format!("{service} se construit depuis {dockerfile} ; trouvé à la place : {similar}"),
    ))
}

fn failed(service: &str, failure: &BuildFailure, error: &str) -> Finding {
    match failure {
        BuildFailure::Dockerfile => DOCKERFILE_INVALID.finding(with_error(
            error,
            format!("the Dockerfile of {service} is not valid"),
            format!("le Dockerfile de {service} n’est pas valide"),
        )),
        BuildFailure::SourceMissing { source } => no_source(service, source),
        BuildFailure::ExternallyManaged => PIP_EXTERNALLY_MANAGED.finding(Text::new(
            format!("in the image of {service}, pip refuses to install into the system’s Python (`externally-managed-environment`)"),
            format!("dans l’image de {service}, pip refuse d’installer dans le Python du système (`externally-managed-environment`)"),
        )),
        BuildFailure::BaseMissing { reference, similar } => {
            no_base(service, reference, similar.as_deref())
        }
        BuildFailure::PackageMissing { manager, package } => no_package(service, manager, package),
        BuildFailure::TimedOut { seconds } => BUILD_TIMED_OUT.finding(Text::new(
            format!("the image of {service} was not built after {seconds} s"),
            format!("l’image de {service} n’était pas construite après {seconds} s"),
        )),
        BuildFailure::ContextTooLarge { bytes, entries } => {
            let megabytes = bytes >> 20;
            BUILD_CONTEXT_TOO_LARGE.finding(with_error(
                error,
                format!("the folder that {service} builds from has more than {megabytes} MB or {entries} files"),
                format!("le dossier depuis lequel {service} se construit a plus de {megabytes} Mo ou de {entries} fichiers"),
            ))
        }
        BuildFailure::UsesTooMuch { resource, limit } => {
            BUILD_USES_TOO_MUCH.finding(too_much(service, *resource, *limit))
        }
        BuildFailure::Command => BUILD_FAILED.finding(with_error(
            error,
            format!("the image of {service} does not build"),
            format!("l’image de {service} ne se construit pas"),
        )),
    }
}

fn too_much(service: &str, resource: Resource, limit: u64) -> Text {
    let megabytes = limit >> 20;
    match resource {
        Resource::Disk => Text::new(
            format!(
                "with the image of {service}, those of the stack take more than {megabytes} MB of disk to fetch and build"
            ),
            format!(
                "avec l’image de {service}, celles de la pile prennent plus de {megabytes} Mo de disque à télécharger et à construire"
            ),
        ),
        Resource::Memory => Text::new(
            format!(
                "building the image of {service}, a step ran out of memory and was stopped: it may have {megabytes} MB"
            ),
            format!(
                "à la construction de l’image de {service}, une étape a été arrêtée faute de mémoire : elle peut avoir {megabytes} Mo"
            ),
        ),
        Resource::Processes => Text::new(
            format!(
                "building the image of {service}, a step wanted more than the {limit} processes it may have"
            ),
            format!(
                "à la construction de l’image de {service}, une étape a voulu plus que les {limit} processus qu’elle peut avoir"
            ),
        ),
        Resource::Output => Text::new(
            format!("building the image of {service} prints more than {megabytes} MB"),
            format!("la construction de l’image de {service} affiche plus de {megabytes} Mo"),
        ),
    }
}

fn no_source(service: &str, source: &str) -> Finding {
    if source.is_empty() {
        return COPY_SOURCE_MISSING.finding(Text::new(
            format!("the Dockerfile of {service} copies something that its folder does not have"),
            format!("le Dockerfile de {service} copie quelque chose que son dossier n’a pas"),
        ));
    }
    let source = code(source);
    COPY_SOURCE_MISSING.finding(Text::new(
        format!("the Dockerfile of {service} copies {source}, which its folder does not have"),
        format!("le Dockerfile de {service} copie {source}, que son dossier n’a pas"),
    ))
}

fn no_base(service: &str, reference: &str, similar: Option<&str>) -> Finding {
    let reference = code(reference);
    let (meant, voulu) = match similar.map(code) {
        Some(name) => (
            format!("; is it meant to be {name}?"),
            format!(" ; s’agit-il de {name} ?"),
        ),
        None => Default::default(),
    };
    BASE_IMAGE_MISSING.finding(Text::new(
        format!("the image of {service} is built on {reference}, which does not exist{meant}"),
        format!("l’image de {service} se construit sur {reference}, qui n’existe pas{voulu}"),
    ))
}

fn no_package(service: &str, manager: &str, package: &str) -> Finding {
    let (manager, package) = (code(manager), code(package));
    PACKAGE_NOT_FOUND.finding(Text::new(
        format!("for the image of {service}, {manager} finds no package {package}"),
        format!("pour l’image de {service}, {manager} ne trouve aucun paquet {package}"),
    ))
}

fn not_found(service: &str, reference: &str, error: &str) -> Finding {
    let reference = code(reference);
    IMAGE_NOT_FOUND.finding(with_error(
        error,
        format!("{service} runs the image {reference}, which nothing builds and no registry has"),
        format!("{service} utilise l’image {reference}, que rien ne construit et qu’aucun registre ne connaît"),
    ))
}

/// Returns the facts, followed by the engine's error message if it has one.
fn with_error(error: &str, en: String, fr: String) -> Text {
    if error.trim().is_empty() {
        return Text::new(en, fr);
    }
    let error = code(error);
    Text::new(format!("{en}: {error}"), format!("{fr} : {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::correct::correct;

    fn judged(state: ImageState) -> Judgement {
        let service = "back-end".to_owned();
        let images = Some(vec![Image { service, state }]);
        judge(&Observation {
            images,
            ..correct()
        })
    }

    fn code(state: ImageState) -> Option<&'static str> {
        let judged = judged(state).ok()?;
        judged.findings.first().map(|finding| finding.code)
    }

    fn failure(failure: BuildFailure) -> Option<&'static str> {
        code(ImageState::BuildFailed {
            failure,
            error: "exit code: 1".to_owned(),
            place: None,
            log: Evidence {
                source: "back-end".to_owned(),
                lines: Vec::new(),
            },
        })
    }

    #[test]
    fn images_that_are_ready_pass() {
        assert_eq!(judged(ImageState::Ready), Ok(Judged::passed()));
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        let none = Observation {
            images: None,
            ..correct()
        };
        assert_eq!(judge(&none), Err(Unjudged::Pending));
        let empty = Observation {
            images: Some(Vec::new()),
            ..correct()
        };
        assert!(matches!(judge(&empty), Err(Unjudged::Fault(_))));
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_missing_context() {
        let context = "task6/back-end".to_owned();
        assert_eq!(
            code(ImageState::ContextMissing { context }),
            Some("context-missing")
        );
    }

    #[test]
    fn another_name_is_a_misnamed_dockerfile() {
        let dockerfile = "task6/back-end/Dockerfile".to_owned();
        let similar = vec!["DockerFile".to_owned()];
        let state = ImageState::DockerfileMissing {
            dockerfile,
            similar,
            leads_out: false,
        };
        assert_eq!(code(state), Some("dockerfile-misnamed"));
    }

    #[test]
    fn no_such_name_is_a_missing_dockerfile() {
        let state = ImageState::DockerfileMissing {
            dockerfile: "task6/back-end/Dockerfile".to_owned(),
            similar: Vec::new(),
            leads_out: false,
        };
        assert_eq!(code(state), Some("dockerfile-missing"));
    }

    #[test]
    fn each_failure_of_a_build_has_its_code() {
        let source = "./site".to_owned();
        let reference = "ubuntu:lastest".to_owned();
        assert_eq!(
            failure(BuildFailure::Dockerfile),
            Some("dockerfile-invalid")
        );
        assert_eq!(
            failure(BuildFailure::SourceMissing { source }),
            Some("copy-source-missing")
        );
        assert_eq!(
            failure(BuildFailure::ExternallyManaged),
            Some("pip-externally-managed")
        );
        assert_eq!(
            failure(BuildFailure::BaseMissing {
                reference,
                similar: Some("ubuntu".to_owned())
            }),
            Some("base-image-missing")
        );
        let (manager, package) = ("apt".to_owned(), "flaks".to_owned());
        assert_eq!(
            failure(BuildFailure::PackageMissing { manager, package }),
            Some("package-not-found")
        );
        assert_eq!(
            failure(BuildFailure::TimedOut { seconds: 600 }),
            Some("build-timed-out")
        );
        assert_eq!(
            failure(BuildFailure::ContextTooLarge {
                bytes: 512 << 20,
                entries: 100_000
            }),
            Some("build-context-too-large")
        );
        for resource in [
            Resource::Disk,
            Resource::Memory,
            Resource::Processes,
            Resource::Output,
        ] {
            let limit = 512;
            let failed = failure(BuildFailure::UsesTooMuch { resource, limit });
            assert_eq!(failed, Some("build-uses-too-much"));
        }
        assert_eq!(failure(BuildFailure::Command), Some("build-failed"));
    }

    #[test]
    fn what_a_build_may_have_is_told_in_megabytes() {
        for resource in [Resource::Disk, Resource::Memory, Resource::Output] {
            let text = too_much("`back-end`", resource, 512 << 20);
            assert!(text.en.contains(" 512 MB"), "{}", text.en);
            assert!(text.fr.contains(" 512 Mo"), "{}", text.fr);
        }
        let processes = too_much("`back-end`", Resource::Processes, 512);
        assert!(processes.en.contains(" 512 processes"));
        let context = BuildFailure::ContextTooLarge {
            bytes: 512 << 20,
            entries: 9_000,
        };
        let finding = failed("`back-end`", &context, "");
        assert!(finding.message.en.ends_with("512 MB or 9000 files"));
    }

    #[test]
    fn a_command_that_failed_is_told_in_its_own_words() {
        let state = |lines: &[&str]| ImageState::BuildFailed {
            failure: BuildFailure::Command,
            error: "returned a non-zero code: 1".to_owned(),
            place: None,
            log: Evidence {
                source: "back-end".to_owned(),
                lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            },
        };
        let message = |lines| {
            let findings = judged(state(lines)).unwrap_or_default().findings;
            findings[0].message.en.clone()
        };
        let lines = [
            "Collecting flask",
            "ERROR: Could not open requirements file",
            "",
        ];
        assert!(message(&lines).ends_with("`ERROR: Could not open requirements file`"));
        assert!(message(&["1 warning"]).ends_with("`returned a non-zero code: 1`"));
    }

    #[test]
    fn an_image_that_nobody_has_is_not_found() {
        let reference = "softy-pinko-back-end:task6".to_owned();
        let state = ImageState::NotFound {
            reference,
            error: String::new(),
        };
        assert_eq!(code(state), Some("image-not-found"));
    }
}
