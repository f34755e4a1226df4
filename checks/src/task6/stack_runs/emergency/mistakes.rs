//! Mistakes that prevent nginx from starting.

use crate::model::{Mistake, Text};

pub(in crate::task6::stack_runs) static NGINX_CONFIGURATION: Mistake = Mistake {
    code: "nginx-configuration",
    hint: Text::fixed(
        "look at that line of the configuration and the one above: a missing `;` is often reported one line late",
        "regardez cette ligne de la configuration et celle du dessus : un `;` oublié est souvent signalé une ligne trop tard",
    ),
};

pub(in crate::task6::stack_runs) static USER_NOT_FOUND: Mistake = Mistake {
    code: "user-not-found",
    hint: Text::fixed(
        "an image has the users that its base image and its Dockerfile make: which one is meant, and is `user` needed at all?",
        "une image a les utilisateurs que créent son image de base et son Dockerfile : lequel est voulu, et `user` est-il seulement nécessaire ?",
    ),
};

pub(in crate::task6::stack_runs) static ENVSUBST_EMPTIED: Mistake = Mistake {
    code: "envsubst-emptied",
    hint: Text::fixed(
        "`envsubst` alone replaces every `$name`, also nginx’s own such as `$host`, by nothing: name the variables that it may replace, as in `envsubst '$MY_NAME'`",
        "`envsubst` seul remplace chaque `$nom`, même ceux de nginx comme `$host`, par rien : nommez les variables qu’il peut remplacer, comme dans `envsubst '$MON_NOM'`",
    ),
};

pub(in crate::task6::stack_runs) static MISSING_SEMICOLON: Mistake = Mistake {
    code: "missing-semicolon",
    hint: Text::fixed(
        "nginx takes the next line for more of the same directive: how does a directive end?",
        "nginx prend la ligne suivante pour la suite de la même directive : comment une directive se termine-t-elle ?",
    ),
};

pub(in crate::task6::stack_runs) static PROXY_PASS_TWICE: Mistake = Mistake {
    code: "proxy-pass-twice",
    hint: Text::fixed(
        "a `location` has one `proxy_pass`; how does one name come to stand for several servers?",
        "une `location` a un seul `proxy_pass` ; comment un seul nom peut-il désigner plusieurs serveurs ?",
    ),
};

pub(in crate::task6::stack_runs) static UPSTREAM_WITH_PORT: Mistake = Mistake {
    code: "upstream-with-port",
    hint: Text::fixed(
        "the servers of an `upstream` have ports, the `upstream` has none: compare its name with what `proxy_pass` calls",
        "les serveurs d’un `upstream` ont un port, l’`upstream` n’en a pas : comparez son nom avec ce qu’appelle `proxy_pass`",
    ),
};

pub(in crate::task6::stack_runs) static HTTP_INSIDE_HTTP: Mistake = Mistake {
    code: "http-inside-http",
    hint: Text::fixed(
        "the image’s own `nginx.conf` reads that file inside its `http` block: what may stand there, and what belongs in `nginx.conf` itself?",
        "le `nginx.conf` de l’image lit ce fichier à l’intérieur de son bloc `http` : que peut-on y mettre, et qu’est-ce qui revient à `nginx.conf` lui-même ?",
    ),
};

pub(in crate::task6::stack_runs) static SERVER_OUTSIDE_HTTP: Mistake = Mistake {
    code: "server-outside-http",
    hint: Text::fixed(
        "that file is the whole configuration: which blocks does a `server` stand in, and which file is meant for a `server` alone?",
        "ce fichier est la configuration entière : dans quels blocs un `server` se place-t-il, et quel fichier est fait pour un `server` seul ?",
    ),
};

pub(in crate::task6::stack_runs) static PLACEHOLDER_LEFT: Mistake = Mistake {
    code: "placeholder-left",
    hint: Text::fixed(
        "that word was copied from an example and stands for something of your own: what is it here?",
        "ce mot vient d’un exemple et tient la place d’un des vôtres : lequel est-ce ici ?",
    ),
};

pub(in crate::task6::stack_runs) static PROXY_STARTS_FIRST: Mistake = Mistake {
    code: "proxy-starts-first",
    hint: Text::fixed(
        "nginx looks names up once, when it starts: who has to be there first, and in whose `depends_on` does that stand?",
        "nginx cherche les noms une seule fois, au démarrage : qui doit être là en premier, et dans le `depends_on` de qui cela s’écrit-il ?",
    ),
};

pub(in crate::task6::stack_runs) static UPSTREAM_HOST_NOT_FOUND: Mistake = Mistake {
    code: "upstream-host-not-found",
    hint: Text::fixed(
        "nginx looks names up once, when it starts: is it a service of the compose file, spelt the same, and started before the proxy (`depends_on`)?",
        "nginx cherche les noms une seule fois, au démarrage : est-ce un service du fichier compose, écrit pareil, et démarré avant le proxy (`depends_on`) ?",
    ),
};
