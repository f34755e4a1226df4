//! Mistakes of a volley; `causes` has the reasons for them.

use crate::model::{Mistake, Text};

pub(in crate::task6) static ANSWERS_MISSING: Mistake = Mistake {
    code: "answers-missing",
    hint: Text::fixed(
        "does each replica answer on its own? read the log of the API for the moment of the failed requests",
        "chaque réplique répond-elle quand on l’interroge seule ? lisez le journal de l’API au moment des requêtes échouées",
    ),
};

pub(in crate::task6) static ANSWERS_DOUBLED: Mistake = Mistake {
    code: "answers-doubled",
    hint: Text::fixed(
        "a request must reach one replica: look for `proxy_next_upstream`, `mirror`, or a replica that passes requests on",
        "une requête ne doit atteindre qu’une réplique : cherchez `proxy_next_upstream`, `mirror`, ou une réplique qui transmet les requêtes",
    ),
};

pub(in crate::task6) static NOT_ATTRIBUTABLE: Mistake = Mistake {
    code: "not-attributable",
    hint: Text::fixed(
        "who answers `/api/hello`? look in the proxy’s configuration for a `return`, a cache or another server",
        "qui répond à `/api/hello` ? cherchez dans la configuration du proxy un `return`, un cache ou un autre serveur",
    ),
};

pub(in crate::task6) static WITNESSES_DISAGREE: Mistake = Mistake {
    code: "witnesses-disagree",
    hint: Text::fixed(
        "an access log must tell the requests that its own replica received, and no others",
        "un journal d’accès doit rapporter les requêtes reçues par sa réplique, et aucune autre",
    ),
};

pub(in crate::task6) static ONE_REPLICA_ONLY: Mistake = Mistake {
    code: "one-replica-only",
    hint: Text::fixed(
        "which name or address does the proxy send requests to, and how many replicas stand behind it? `ip_hash` and `hash` tie a client to one replica",
        "vers quel nom ou quelle adresse le proxy envoie-t-il les requêtes, et combien de répliques y a-t-il derrière ? `ip_hash` et `hash` attachent un client à une réplique",
    ),
};

pub(in crate::task6) static REPLICAS_IDLE: Mistake = Mistake {
    code: "replicas-idle",
    hint: Text::fixed(
        "a list of container names or addresses fits one number of replicas only; which name stands for all of them?",
        "une liste de noms de conteneurs ou d’adresses ne vaut que pour un nombre de répliques ; quel nom les désigne toutes ?",
    ),
};

pub(in crate::task6) static WEIGHTED: Mistake = Mistake {
    code: "weighted",
    hint: Text::fixed(
        "look for `weight=` in the `upstream`, or for a server that is listed more often than another",
        "cherchez `weight=` dans l’`upstream`, ou un serveur cité plus souvent qu’un autre",
    ),
};

pub(in crate::task6) static NOT_ROUND_ROBIN: Mistake = Mistake {
    code: "not-round-robin",
    hint: Text::fixed(
        "round-robin is what nginx does when nothing else is asked of it: look for `random`, or for a variable in `proxy_pass`, which makes it choose afresh each time",
        "le round-robin est ce que fait nginx quand on ne lui demande rien d’autre : cherchez `random`, ou une variable dans `proxy_pass`, qui le fait choisir à neuf à chaque fois",
    ),
};
