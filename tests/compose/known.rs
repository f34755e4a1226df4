//! Differences that stay, each with its reason. A difference without an entry here fails the test.

use crate::reference::Reference;

/// Difference that stays.
pub struct Known {
    /// Versions of Compose that show it; empty if the sandbox is the cause and the version does not matter.
    pub versions: &'static [&'static str],
    /// Pattern of its line, in which `*` matches any text.
    pub line: &'static str,
    /// Reason why it stays.
    pub reason: &'static str,
}

/// Any version.
const ANY: &[&str] = &[];

/// The compared version of Compose v1, in Python.
const V1: &[&str] = &["1.29"];

/// The compared versions in Go; a difference does not apply to later versions.
const V2: &[&str] = &["2.26", "2.40"];

const V2_26: &[&str] = &["2.26"];

const fn known(
    versions: &'static [&'static str],
    line: &'static str,
    reason: &'static str,
) -> Known {
    Known {
        versions,
        line,
        reason,
    }
}

/// All differences that stay.
pub static KNOWN: &[Known] = &[
    known(
        ANY,
        "fixtures/host-port-taken* – only this program refuses: *",
        "the engine refuses it when containers are made or started, and fixtures are not started here",
    ),
    known(
        ANY,
        "fixtures/container-name-taken* – only this program refuses: *",
        "the engine refuses it when containers are made or started, and fixtures are not started here",
    ),
    known(
        ANY,
        "fixtures/image-name-* – only this program refuses: *",
        "the engine refuses it when containers are made or started, and fixtures are not started here",
    ),
    known(
        ANY,
        "fixtures/engine-refuses* – only this program refuses: *",
        "the engine refuses it when containers are made or started, and fixtures are not started here",
    ),
    known(
        ANY,
        "*: port *: Compose published, here *",
        "no port of the host is given away: `ports` are rewritten",
    ),
    known(
        ANY,
        "*: mount *: Compose read-only own *, here own *",
        "a bind is a copy, which the container may write to",
    ),
    known(
        ANY,
        "*: read-only: Compose true, here false",
        "the engine copies nothing into a container whose root is read-only, and binds are copies",
    ),
    known(
        ANY,
        "*pull_policy: * – *",
        "`pull_policy` is rewritten: an image is looked for as for every submission, and there may be no registry",
    ),
    known(
        ANY,
        "*expose: * port *",
        "`expose` is kept as ports of TCP, each by itself; nothing is reached by it",
    ),
    known(
        V2,
        "*2024-01-01* – *",
        "versions of Compose disagree on dates without quotation marks; here they are texts",
    ),
    known(V2, "* – Compose refuses: panic: *", "Compose itself panics"),
    known(
        V2_26,
        "port host_ip: * – only this program refuses: *",
        "v2.26 leaves what is no address to the engine; later versions refuse it",
    ),
    known(
        V2,
        "port published: 1e3 – Compose refuses: *",
        "v2 takes no number with an exponent there; here it is the number that it is",
    ),
    known(
        V2,
        "service provider: {} – Compose refuses: *missing property*",
        "`provider` is refused where it asks for something, and this asks for nothing",
    ),
    known(
        V2_26,
        "*container_name: * – only this program refuses: *two or more letters*: ``",
        "an empty name is none to v2.26; later versions refuse it",
    ),
    known(
        V2_26,
        "service p*st*: [{}] – only this program refuses: *has no `command`",
        "v2.26 knows nothing of hooks and leaves what is in them alone; later versions refuse one without a command",
    ),
    known(
        V2,
        "file name: $* – Compose refuses: project name must not be empty",
        "`name` is rewritten, also one that a variable leaves empty",
    ),
    known(
        V2,
        "*profiles: [debug]* – Compose refuses: *",
        "of a service that no profile starts only the types of values are looked at",
    ),
    known(
        V2,
        "*profiles: ['a b']* – Compose refuses: *",
        "of a service that no profile starts only the types of values are looked at",
    ),
    known(
        V2,
        "*replicas: 0}* – only this program refuses: *mounts at `/`*",
        "the engine refuses that place where a container is made; here it is refused although none is",
    ),
    known(
        V2,
        "*weight*: * – Compose refuses: *type *uint16*",
        "`blkio_config` is rewritten, whatever its numbers",
    ),
    known(
        V2,
        "*weight*: -1 – Compose refuses: *",
        "`blkio_config` is rewritten, whatever its numbers",
    ),
    known(
        V2,
        "device_* rate: 1.5 – Compose refuses: *",
        "`blkio_config` is rewritten, whatever its numbers",
    ),
    known(
        V2,
        "*_config parallelism: -1 – Compose refuses: *",
        "how many are changed at once is for many machines, whatever its number",
    ),
    known(
        V2,
        "*watch* – Compose refuses: *develop.watch*",
        "`develop` is for `docker compose watch`, and of no consequence here",
    ),
    known(
        V2,
        "gpu unknown: * – only this program refuses: *",
        "Compose takes any key there; `gpus` is refused where it asks for something",
    ),
    known(
        V2,
        "placement max_replicas_per_node: -1 – Compose refuses: *",
        "`placement` is for many machines, whatever its numbers",
    ),
    known(
        V2,
        "granted * mode: * – *",
        "a mode is a number from 0 to 7777 in base eight, which Compose leaves to whoever reads it",
    ),
    known(
        V2,
        "include project_directory: * – only this program refuses: *not a number",
        "Compose takes a number for the name of a folder",
    ),
    known(
        V2,
        "secret alone external: no – Compose refuses: *",
        "what is said not to be elsewhere, and to be nowhere else, is of no consequence",
    ),
    known(
        V2,
        "discrete resource value: * – Compose refuses: *",
        "resources of other kinds are for many machines, whatever their numbers",
    ),
    known(
        V2,
        "restart_policy max_attempts: -1 – Compose refuses: *",
        "nothing is started again, however many times are asked for",
    ),
    known(
        V2,
        "* environment: [word, word] – Compose refuses: *",
        "of two variables of one name the last is taken here, as for services",
    ),
    known(
        V2,
        "mounted tmpfs mode: * – Compose refuses: *",
        "`tmpfs` is rewritten, whatever its mode",
    ),
    known(
        V2,
        "mounted tmpfs size: * – Compose refuses: *",
        "`tmpfs` is rewritten, whatever its size",
    ),
    known(
        V2,
        "*cpu_percent: 1* – Compose refuses: *",
        "`cpu_percent` is rewritten, also what is more than a hundred",
    ),
    known(
        V2,
        "*ulimits: {a: {}} – Compose refuses: *",
        "`ulimits` are rewritten, also one that says nothing",
    ),
    known(
        V2,
        "*network_mode: * – only this program refuses: *",
        "the engine has no network of that name, as it says when the container is started",
    ),
    known(
        V2,
        "depends_on required: * – Compose refuses: *must be a boolean",
        "a text that other keys take for `true` or `false` is taken here, too",
    ),
    known(
        V2,
        "service use_api_socket: * – Compose refuses: *must be a boolean",
        "a text that other keys take for `true` or `false` is taken here, too",
    ),
    known(
        V2,
        "*pre_start* – Compose refuses: *not allowed",
        "Compose 5.3 and later has the key",
    ),
    known(
        V2,
        "fixtures/correct-pre-start – Compose refuses: *not allowed",
        "Compose 5.3 and later has `pre_start`",
    ),
    known(
        V2,
        "build no_cache_filter: * – Compose refuses: *not allowed",
        "later versions have the key",
    ),
    known(
        V2,
        "* external: {a: * – only this program refuses: *has no key `a`*",
        "what is external is refused whatever it says",
    ),
    known(
        V2,
        "external * unknown: * – only this program refuses: *has no key `unknown`*",
        "what is external is refused whatever it says",
    ),
    known(
        V2,
        "healthcheck retries: -1 – Compose refuses: *",
        "health checks have the sandbox’s own timing",
    ),
    known(
        V2,
        "port protocol: * – only this program refuses: *",
        "the engine takes no such protocol when the container is started",
    ),
    known(
        V2,
        "attachment *priority: * – Compose refuses: *must be a number",
        "a text that is a number is taken here, too",
    ),
    known(
        V2,
        "* external: * – Compose refuses: *invalid boolean: ",
        "a text without a word in it asks for nothing",
    ),
    known(
        V2,
        "* labels: [word, word] – Compose refuses: *",
        "of two labels of one name the last is taken here, as for services",
    ),
    known(
        ANY,
        "started: links and names – `database` in *: Compose Some({}), here *",
        "a name that `links` gives is found by every container of the network, not only by the one that asks for it",
    ),
    known(
        V2,
        "*include: [null] – only this program refuses: *",
        "nothing is no compose file",
    ),
    known(
        ANY,
        "*volumes: ['data:/data', 'other:/data']* – made by Compose only: *",
        "two mounts at one place: v2 keeps the last, the engine refuses both",
    ),
    known(
        V2,
        "*: names on *: Compose {*\"db-1\"*",
        "Compose v2 gives what `links` names a name with its number, too",
    ),
    known(
        V2,
        "fixtures/*: names on *: Compose {*\"back-end-1\"*",
        "Compose v2 gives what `links` names a name with its number, too",
    ),
    known(
        V2_26,
        "*type: bind, source: ./nowhere* – not made by Compose: *does not exist*",
        "later versions make the folder in the long form, too",
    ),
    known(
        V1,
        "* – Compose refuses: build path * either does not exist*",
        "v1 looks for the folders of builds when it reads the file; here they are said to be missing by `images-build`",
    ),
    known(
        V1,
        "* – *could not determine a constructor for the tag '!*",
        "v1 does not know `!reset` and `!override`; a note says so",
    ),
    known(
        V1,
        "*: names on *: Compose nothing, here *",
        "v1 joins a container to its other networks when it starts it",
    ),
    known(
        V2_26,
        "* – Compose refuses: *Additional property * is not allowed*",
        "v2.26 has an older specification",
    ),
    known(
        V1,
        "*configs: [nobody]* – only this program refuses: *",
        "v1 does nothing with `configs`",
    ),
    known(
        V1,
        "*target: /}]* – only this program refuses: *mounts at `/`*",
        "v1 leaves that place to the engine, v2 refuses it",
    ),
    known(
        V1,
        "*volumes: ['*:/']* – only this program refuses: *mounts at `/`*",
        "v1 leaves that place to the engine, v2 refuses it",
    ),
    known(
        V1,
        "*container_name: ''* – only this program refuses: *",
        "an empty name is none to v1; v2 refuses it",
    ),
    known(V1, "*2024-01-01* – *Traceback *", "v1 itself breaks"),
    known(
        V1,
        "*replicas: -1* – only this program refuses: *",
        "v1 takes a negative number for none, v2 refuses it",
    ),
    known(
        V1,
        "*scale: -1* – only this program refuses: *",
        "v1 takes a negative number for none, v2 refuses it",
    ),
    known(
        V1,
        "*environment: {1: 2}* – only this program refuses: *",
        "v1 takes numbers for names, v2 refuses them",
    ),
    known(
        V1,
        "*environment: ['A B=c']* – *may not contain whitespace.",
        "v1 refuses a name with a space, v2 takes it",
    ),
    known(
        V1,
        "*healthcheck: {test: []}* – *is an empty list",
        "v1 refuses an empty test, v2 takes it",
    ),
    known(
        V1,
        "*ports: ['80:80:80']* – only this program refuses: *",
        "v1 takes any text for an address, v2 refuses it",
    ),
    known(
        V1,
        "*stop_grace_period: word* – only this program refuses: *",
        "v1 takes any text for a duration, v2 refuses it",
    ),
    known(
        V1,
        "*volumes: ['data:/data', 'other:/data']* – *Duplicate mount points: *",
        "two mounts at one place: v1 refuses them, v2 keeps the last",
    ),
    known(
        V1,
        "*env_file: * – *: environment: Compose [\"BARE\", *",
        "v1 passes a name without a value on, v2 leaves it out",
    ),
    known(
        V1,
        "*environment: {A: 1*}* – *: environment: *",
        "v1 reads numbers as YAML 1.1 does, v2 as YAML 1.2",
    ),
    known(
        V1,
        "*environment: {A: .5*} – *: environment: *",
        "v1 writes numbers as Python does, v2 as Go",
    ),
    known(
        V1,
        "*labels: {a: 1, b: true, c: null}* – *",
        "v1 writes `True`, v2 `true`",
    ),
    known(
        V1,
        "*condition: service_completed_successfully* – not made by Compose: no answer within *",
        "v1 waits for the end of a container that it was told not to start",
    ),
    known(
        V1,
        "fixtures/*links – *: names on *: Compose {*}, here {*",
        "v1 gives what `links` names to the one container, v2 to all of its networks",
    ),
    known(
        V1,
        "*deploy: null* – not made by Compose: Traceback *",
        "v1 itself breaks",
    ),
    known(
        V1,
        "*extra_hosts: ['far=10.0.0.1']* – *bad format for add-host*",
        "v1 knows `:` only, v2 also `=`",
    ),
    known(
        V1,
        "*network_mode: * – *: names on bridge: Compose {}, here nothing",
        "v1 joins a container to its network when it starts it",
    ),
    known(
        V1,
        "*profiles: []* – * is here only",
        "v1 takes an empty list for a profile that is off",
    ),
    known(
        V1,
        "*profiles: [debug]*, env_file: * – Compose refuses: Couldn't find env file: *",
        "v1 reads the files of services that a profile keeps off",
    ),
    known(
        V1,
        "*type: bind, source: ./nowhere* – not made by Compose: *does not exist*",
        "v1 does not make the folder in the long form",
    ),
    known(
        V1,
        "*volumes: ['data:/data:word']* – not made by Compose: *invalid mode*",
        "v1 leaves a mode that is none to the engine, v2 leaves it out",
    ),
    known(
        V1,
        "fixtures/correct-unused-stage – not made by Compose: *",
        "v1 builds stages that nothing is taken from, as the classic builder does",
    ),
    known(
        V1,
        "*The Compose file*is invalid because*",
        "v1 has an older specification",
    ),
    known(
        V2_26,
        "generated files of variables * – a note says: *",
        "v2.26 lets earlier files of `env_file` win over `.env` and does not ask `environment`; a note says so where it matters",
    ),
    known(
        V2_26,
        "generated files of variables * – Compose refuses: setenv: invalid argument*",
        "v2.26 refuses a value of `.env` without a name, later versions pass over it; a note says so",
    ),
    known(
        V2,
        "generated * – only this program refuses: * cannot be the name of an image*",
        "the engine refuses it when the container is made",
    ),
    known(
        V2_26,
        "generated * – only this program refuses: the name `*` ends with a space*",
        "v2.26 makes the space a part of the name; later versions refuse it",
    ),
    known(
        V2,
        "generated * – only this program refuses: the file starts no service*",
        "there is nothing to bring up, as `up` says",
    ),
    known(
        V2,
        "generated * – only this program refuses: a variable has no name*",
        "the engine refuses it when the container is made",
    ),
    known(
        V2,
        "generated * – Compose refuses: *json: unsupported value: *",
        "Compose itself cannot print `.inf` and `.nan` as JSON, which only the comparison asks for",
    ),
    known(
        V1,
        "*networks: *: names on none: Compose {}, here nothing",
        "v1 takes an empty `networks` for no network",
    ),
];

impl Known {
    /// Returns whether a line reports this difference.
    pub fn explains(&self, reference: &Reference, line: &str) -> bool {
        let is_seen =
            self.versions.is_empty() || self.versions.iter().any(|seen| reference.is(seen));
        is_seen && matches(self.line, line)
    }
}

/// Returns whether a text matches a pattern, in which `*` matches any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(start) else {
        return false;
    };
    rest.is_empty()
        || (0..=text.len()).any(|at| text.get(at..).is_some_and(|end| matches(rest, end)))
}
