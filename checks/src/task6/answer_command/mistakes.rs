//! Differences between a line and the command, the most informative first.

use crate::model::{Mistake, Text};

/// Every kind of difference, in the order in which they are reported.
pub(super) static ALL: &[&Mistake] = &[
    &NO_COMMAND,
    &COMMENTED_OUT,
    &ECHO,
    &PROMPT,
    &CHAINED,
    &SCALE_SUBCOMMAND,
    &OTHER_SUBCOMMAND,
    &NO_SCALE,
    &OTHER_SERVICE,
    &OTHER_COUNT,
    &OTHER_PROGRAM,
    &DOCKER_COMPOSE_WITH_SPACE,
    &SUDO,
    &DETACHED,
    &BUILD_OPTION,
    &FILE_OPTION,
    &OTHER_OPTION,
    &TYPOGRAPHIC_CHARACTERS,
    &BYTE_ORDER_MARK,
    &CRLF,
    &SPACES,
    &OTHER_SPELLING,
    &NOT_ALONE,
];

pub(super) static NO_COMMAND: Mistake = Mistake {
    code: "no-command",
    hint: Text::fixed(
        "the file must hold what you type in the terminal to start two API servers, on one line",
        "le fichier doit contenir ce que vous tapez dans le terminal pour démarrer deux serveurs API, sur une ligne",
    ),
};

pub(super) static COMMENTED_OUT: Mistake = Mistake {
    code: "commented-out",
    hint: Text::fixed(
        "a shell does not run what follows a `#`",
        "un shell n’exécute pas ce qui suit un `#`",
    ),
};

pub(super) static ECHO: Mistake = Mistake {
    code: "echo",
    hint: Text::fixed(
        "the file must hold the command itself, not the one that writes it into the file",
        "le fichier doit contenir la commande elle-même, pas celle qui l’écrit dans le fichier",
    ),
};

pub(super) static PROMPT: Mistake = Mistake {
    code: "prompt",
    hint: Text::fixed(
        "the terminal writes its prompt by itself: which part did you type?",
        "le terminal écrit son invite de lui-même : quelle partie avez-vous tapée ?",
    ),
};

pub(super) static CHAINED: Mistake = Mistake {
    code: "chained",
    hint: Text::fixed(
        "one command is asked for: which part of the line starts the two API servers?",
        "une seule commande est demandée : quelle partie de la ligne démarre les deux serveurs API ?",
    ),
};

pub(super) static SCALE_SUBCOMMAND: Mistake = Mistake {
    code: "scale-subcommand",
    hint: Text::fixed(
        "the exercise adds an option to the command that it has used since the task before",
        "l’exercice ajoute une option à la commande qu’il utilise depuis la tâche précédente",
    ),
};

pub(super) static OTHER_SUBCOMMAND: Mistake = Mistake {
    code: "other-subcommand",
    hint: Text::fixed(
        "`docker-compose --help` lists what each command does: which one creates and starts all services?",
        "`docker-compose --help` dit ce que fait chaque commande : laquelle crée et démarre tous les services ?",
    ),
};

pub(super) static NO_SCALE: Mistake = Mistake {
    code: "no-scale",
    hint: Text::fixed(
        "`docker-compose up --help` lists its options: which sets the number of containers of a service?",
        "`docker-compose up --help` liste ses options : laquelle fixe le nombre de conteneurs d’un service ?",
    ),
};

pub(super) static OTHER_SERVICE: Mistake = Mistake {
    code: "other-service",
    hint: Text::fixed(
        "the exercise says which name the checker assumes for the API server; Compose refuses to scale a service that its file does not have",
        "l’exercice dit quel nom le vérificateur suppose pour le serveur API ; Compose refuse de multiplier un service absent de son fichier",
    ),
};

pub(super) static OTHER_COUNT: Mistake = Mistake {
    code: "other-count",
    hint: Text::fixed(
        "how many API servers does the exercise, and the name of the file, speak of?",
        "de combien de serveurs API parlent l’exercice et le nom du fichier ?",
    ),
};

pub(super) static OTHER_PROGRAM: Mistake = Mistake {
    code: "other-program",
    hint: Text::fixed(
        "which program does the exercise call?",
        "quel programme l’exercice appelle-t-il ?",
    ),
};

pub(super) static DOCKER_COMPOSE_WITH_SPACE: Mistake = Mistake {
    code: "docker-compose-with-space",
    hint: Text::fixed(
        "both work today, but the exercise asks for the exact command: look at how it writes the program’s name",
        "les deux marchent aujourd’hui, mais l’exercice demande la commande exacte : regardez comment il écrit le nom du programme",
    ),
};

pub(super) static SUDO: Mistake = Mistake {
    code: "sudo",
    hint: Text::fixed(
        "whether Docker needs more rights is a matter of your machine, not of the command",
        "que Docker demande plus de droits dépend de votre machine, pas de la commande",
    ),
};

pub(super) static DETACHED: Mistake = Mistake {
    code: "detached",
    hint: Text::fixed(
        "look at the output in the exercise: do the logs of the servers appear in that terminal?",
        "regardez la sortie dans l’exercice : les journaux des serveurs s’affichent-ils dans ce terminal ?",
    ),
};

pub(super) static BUILD_OPTION: Mistake = Mistake {
    code: "build-option",
    hint: Text::fixed(
        "building is a step of its own; the exercise asks for the command that starts the servers",
        "construire est une étape à part ; l’exercice demande la commande qui démarre les serveurs",
    ),
};

pub(super) static FILE_OPTION: Mistake = Mistake {
    code: "file-option",
    hint: Text::fixed(
        "run in `task6`, Compose finds its file by itself",
        "lancé dans `task6`, Compose trouve son fichier tout seul",
    ),
};

pub(super) static OTHER_OPTION: Mistake = Mistake {
    code: "other-option",
    hint: Text::fixed(
        "one option is enough to start two API servers: what is this for?",
        "une seule option suffit pour démarrer deux serveurs API : à quoi sert ceci ?",
    ),
};

pub(super) static TYPOGRAPHIC_CHARACTERS: Mistake = Mistake {
    code: "typographic-characters",
    hint: Text::fixed(
        "word processors and web pages put such characters in; a shell does not know them: type the line anew in a text editor",
        "les traitements de texte et les pages web glissent de tels caractères, qu’un shell ne connaît pas : retapez la ligne dans un éditeur de texte",
    ),
};

pub(super) static BYTE_ORDER_MARK: Mistake = Mistake {
    code: "byte-order-mark",
    hint: Text::fixed(
        "your editor saves “UTF-8 with BOM”; it can save UTF-8 without",
        "votre éditeur enregistre en « UTF-8 avec BOM » ; il peut enregistrer en UTF-8 sans",
    ),
};

pub(super) static CRLF: Mistake = Mistake {
    code: "crlf",
    hint: Text::fixed(
        "Windows ends lines with two characters, Linux with one; your editor shows which (`CRLF` or `LF`) and can change it",
        "Windows termine les lignes par deux caractères, Linux par un seul ; votre éditeur montre lequel (`CRLF` ou `LF`) et peut le changer",
    ),
};

pub(super) static SPACES: Mistake = Mistake {
    code: "spaces",
    hint: Text::fixed(
        "`cat -A task6/2-api-servers.txt` shows where the line ends (`$`) and each tab (`^I`)",
        "`cat -A task6/2-api-servers.txt` montre où finit la ligne (`$`) et chaque tabulation (`^I`)",
    ),
};

pub(super) static OTHER_SPELLING: Mistake = Mistake {
    code: "other-spelling",
    hint: Text::fixed(
        "the exact command is asked for: compare it character by character with the exercise",
        "la commande exacte est demandée : comparez-la caractère par caractère avec l’exercice",
    ),
};

pub(super) static NOT_ALONE: Mistake = Mistake {
    code: "not-alone",
    hint: Text::fixed(
        "the line alone is asked for: `cat -A task6/2-api-servers.txt` shows every line of the file, empty ones too",
        "la ligne seule est demandée : `cat -A task6/2-api-servers.txt` montre chaque ligne du fichier, même vide",
    ),
};
