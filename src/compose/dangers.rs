//! Reasons for which the sandbox refuses values, with alternatives.

use softy_checks::model::Text;

use super::project::CAPABILITIES;

/// A danger in one sentence, and an alternative.
#[derive(Debug)]
pub(super) struct Danger {
    /// The risk.
    pub danger: Text,
    /// The alternative.
    pub instead: Text,
}

const LEAVE_OUT: Text = Text::fixed(
    "leave the key out: this exercise works without it",
    "retirez cette clé : l’exercice fonctionne sans elle",
);

pub(super) static ROOT_OF_HOST: Danger = Danger {
    danger: Text::fixed(
        "it gives the container rights over the machine that runs it",
        "elle donne au conteneur des droits sur la machine qui l’exécute",
    ),
    instead: LEAVE_OUT,
};

pub(super) static DEVICES: Danger = Danger {
    danger: Text::fixed(
        "it hands devices of the machine to the container",
        "elle donne au conteneur l’accès aux périphériques de la machine",
    ),
    instead: LEAVE_OUT,
};

pub(super) static ISOLATION: Danger = Danger {
    danger: Text::fixed(
        "it changes what keeps the container apart from the machine",
        "elle modifie ce qui sépare le conteneur de la machine",
    ),
    instead: LEAVE_OUT,
};

pub(super) static KERNEL: Danger = Danger {
    danger: Text::fixed(
        "it changes parameters of the machine’s kernel",
        "elle modifie des paramètres du noyau de la machine",
    ),
    instead: LEAVE_OUT,
};

pub(super) static ENGINE: Danger = Danger {
    danger: Text::fixed(
        "it lets the container command the engine that runs it",
        "elle laisse le conteneur commander le moteur qui l’exécute",
    ),
    instead: LEAVE_OUT,
};

pub(super) static PROVIDER: Danger = Danger {
    danger: Text::fixed(
        "it runs a program on the machine itself",
        "elle exécute un programme sur la machine elle-même",
    ),
    instead: Text::fixed(
        "describe the service by `build` or `image`",
        "décrivez le service avec `build` ou `image`",
    ),
};

pub(super) static NAMESPACE: Danger = Danger {
    danger: Text::fixed(
        "it puts the container into a namespace of the machine or of a container that is not of this stack",
        "elle place le conteneur dans un espace de noms de la machine ou d’un conteneur étranger à la pile",
    ),
    instead: LEAVE_OUT,
};

pub(super) static HOST_NETWORK: Danger = Danger {
    danger: Text::fixed(
        "it puts the container on the network of the machine or of a container that is not of this stack",
        "elle place le conteneur sur le réseau de la machine ou d’un conteneur étranger à la pile",
    ),
    instead: Text::fixed(
        "leave the key out: services reach each other by name on the network that Compose makes",
        "retirez cette clé : les services se joignent par leur nom sur le réseau que crée Compose",
    ),
};

pub(super) static HOST_GATEWAY: Danger = Danger {
    danger: Text::fixed(
        "`host-gateway` is the machine itself, and what listens on it",
        "`host-gateway` désigne la machine elle-même et ce qui y écoute",
    ),
    instead: Text::fixed(
        "reach the other services by their names",
        "joignez les autres services par leur nom",
    ),
};

pub(super) static FOREIGN_CONTAINER: Danger = Danger {
    danger: Text::fixed(
        "it reaches into a container that is not of this stack",
        "elle touche à un conteneur étranger à la pile",
    ),
    instead: Text::fixed(
        "name a service of this file",
        "citez un service de ce fichier",
    ),
};

pub(super) static EXTERNAL: Danger = Danger {
    danger: Text::fixed(
        "what is external belongs to somebody else on the machine, and is not there on another one",
        "ce qui est externe appartient à autrui sur la machine, et n’existe pas sur une autre",
    ),
    instead: Text::fixed(
        "leave `external` out: Compose then makes it for this project",
        "retirez `external` : Compose le crée alors pour ce projet",
    ),
};

pub(super) static DRIVER: Danger = Danger {
    danger: Text::fixed(
        "a driver and its options can reach any folder or network of the machine",
        "un pilote et ses options peuvent atteindre tout dossier ou réseau de la machine",
    ),
    instead: Text::fixed(
        "leave the key out: the default driver does what this exercise needs",
        "retirez cette clé : le pilote par défaut suffit à l’exercice",
    ),
};

pub(super) static OUTSIDE: Danger = Danger {
    danger: Text::fixed(
        "the path leads out of the submission, to files of the machine",
        "le chemin mène hors du rendu, vers des fichiers de la machine",
    ),
    instead: Text::fixed(
        "keep the file in the repository, and give its path from the compose file’s folder",
        "gardez le fichier dans le dépôt, et donnez son chemin depuis le dossier du fichier compose",
    ),
};

pub(super) static NO_FILE: Danger = Danger {
    danger: Text::fixed(
        "the path is neither a file nor a folder: a pipe, socket or device leads to other programs of the machine",
        "le chemin n’est ni un fichier ni un dossier : un tube, une socket ou un périphérique mène à d’autres programmes de la machine",
    ),
    instead: Text::fixed(
        "mount a regular file or a folder",
        "montez un fichier ordinaire ou un dossier",
    ),
};

pub(super) static REMOTE: Danger = Danger {
    danger: Text::fixed(
        "it fetches from another machine what was not handed in",
        "elle va chercher sur une autre machine ce qui n’a pas été rendu",
    ),
    instead: Text::fixed(
        "keep the files in the repository, and give their path",
        "gardez les fichiers dans le dépôt, et donnez leur chemin",
    ),
};

pub(super) static BUILD_SECRETS: Danger = Danger {
    danger: Text::fixed(
        "it hands keys and secrets of the machine’s user to the build",
        "elle donne à la construction les clés et secrets de l’utilisateur de la machine",
    ),
    instead: LEAVE_OUT,
};

pub(super) static BUILD_RIGHTS: Danger = Danger {
    danger: Text::fixed(
        "it gives the build rights over the machine that runs it",
        "elle donne à la construction des droits sur la machine qui l’exécute",
    ),
    instead: LEAVE_OUT,
};

pub(super) static CACHE_EXPORT: Danger = Danger {
    danger: Text::fixed(
        "it writes the build’s cache to a registry or a folder of the machine",
        "elle écrit le cache de construction dans un registre ou un dossier de la machine",
    ),
    instead: LEAVE_OUT,
};

pub(super) static MODEL: Danger = Danger {
    danger: Text::fixed(
        "it has the machine itself run a language model",
        "elle fait exécuter un modèle de langage par la machine elle-même",
    ),
    instead: LEAVE_OUT,
};

pub(super) static MOUNTED_IMAGE: Danger = Danger {
    danger: Text::fixed(
        "it mounts the files of an image that the stack does not run, which few engines can do",
        "elle monte les fichiers d’une image que la pile n’exécute pas, ce que peu de moteurs savent faire",
    ),
    instead: Text::fixed(
        "copy what you need with `COPY --from=` in a Dockerfile",
        "copiez le nécessaire avec `COPY --from=` dans un Dockerfile",
    ),
};

pub(super) static TOO_MANY_PORTS: Danger = Danger {
    danger: Text::fixed(
        "it takes more than 1000 ports of the machine",
        "elle prend plus de 1000 ports de la machine",
    ),
    instead: Text::fixed(
        "publish only the port that a browser connects to",
        "publiez seulement le port auquel un navigateur se connecte",
    ),
};

pub(super) static TOO_MANY_CONTAINERS: Danger = Danger {
    danger: Text::fixed(
        "a stack of more than 20 containers, every replica counted, takes the whole machine",
        "une pile de plus de 20 conteneurs, chaque réplique comptée, occupe toute la machine",
    ),
    instead: Text::fixed(
        "the exercise needs three services",
        "l’exercice demande trois services",
    ),
};

pub(super) static TOO_MANY_HOOKS: Danger = Danger {
    danger: Text::fixed(
        "more than 8 containers before one service starts take the time of others",
        "plus de 8 conteneurs avant le démarrage d’un service prennent le temps des autres",
    ),
    instead: Text::fixed(
        "one hook can run a script that does it all",
        "une seule commande peut lancer un script qui fait tout",
    ),
};

pub(super) static TOO_MANY_NETWORKS: Danger = Danger {
    danger: Text::fixed(
        "a stack of more than 8 networks takes addresses that others on the machine need",
        "une pile de plus de 8 réseaux prend des adresses dont d’autres ont besoin sur la machine",
    ),
    instead: Text::fixed(
        "leave `networks` out: the one that Compose makes is enough",
        "retirez `networks` : celui que crée Compose suffit",
    ),
};

pub(super) static TOO_MANY_FILES: Danger = Danger {
    danger: Text::fixed(
        "more than 16 files of variables keep the machine reading",
        "plus de 16 fichiers de variables occupent la machine à lire",
    ),
    instead: Text::fixed(
        "put the variables into one file, or under `environment`",
        "mettez les variables dans un seul fichier, ou sous `environment`",
    ),
};

pub(super) static IMAGE_OF_ANOTHER: Danger = Danger {
    danger: Text::fixed(
        "it ties a build to the image of another service, while the images of a stack are built side by side",
        "elle lie une construction à l’image d’un autre service, alors que les images d’une pile sont construites côte à côte",
    ),
    instead: Text::fixed(
        "give the path of a folder of the repository",
        "donnez le chemin d’un dossier du dépôt",
    ),
};

/// Returns true if a namespace or container is the machine's, or is outside the stack.
pub(super) fn is_foreign(value: &str) -> bool {
    let value = value.trim();
    value.eq_ignore_ascii_case("host") || value.starts_with("container:")
}

/// Returns true if an entry of `extra_hosts` means the machine.
pub(super) fn names_the_host(value: &str) -> bool {
    value.trim().ends_with("host-gateway")
}

/// Returns true if an entry of `cap_add` is not one of the default capabilities of every container.
pub(super) fn is_a_further_right(value: &str) -> bool {
    let name = value.trim().to_uppercase();
    let name = name.strip_prefix("CAP_").unwrap_or(&name);
    !CAPABILITIES.contains(&name)
}

/// Returns true if an entry of `security_opt` is anything other than a default of every container.
pub(super) fn loosens(value: &str) -> bool {
    let same = [
        "no-new-privileges",
        "no-new-privileges:true",
        "no-new-privileges=true",
    ];
    !same.contains(&value.trim())
}
