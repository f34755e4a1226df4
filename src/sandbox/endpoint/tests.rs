use std::fs;

use tempfile::TempDir;

use super::*;

/// A user's files, with Docker's configuration in them.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Home {
        let folder = TempDir::new().unwrap();
        Home { folder }
    }

    fn write(&self, file: &str, content: &str) -> &Home {
        let path = self.folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn context(&self, host: &str) -> &Home {
        let meta = format!(r#"{{"Name":"class","Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#);
        self.write(&format!("contexts/meta/{CLASS}/meta.json"), &meta)
    }

    fn environment(&self) -> Environment {
        let path = self.folder.path();
        Environment {
            host: None,
            context: None,
            config: path.to_owned(),
            tls: false,
            certificates: path.join("certificates"),
            socket: path.join("docker.sock"),
            rootless: vec![path.join("rootless.sock")],
            podman: vec![path.join("podman.sock")],
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }
}

/// Name of Docker's folder for the context `class`.
const CLASS: &str = "0889113e04d3203f0c401c17c0fd8b352b740dc607433779d3edcaa13320b001";

fn found(asked: &EndpointOptions, environment: &Environment) -> (String, FoundBy) {
    let endpoint = Endpoint::find_in(asked, environment).unwrap();
    (endpoint.to_string(), endpoint.found_by)
}

fn words(asked: &EndpointOptions, environment: &Environment) -> String {
    let error = Endpoint::find_in(asked, environment).unwrap_err();
    error.to_string()
}

fn host(host: &str) -> EndpointOptions {
    EndpointOptions {
        host: Some(host.to_owned()),
        context: None,
    }
}

fn context(name: &str) -> EndpointOptions {
    EndpointOptions {
        host: None,
        context: Some(name.to_owned()),
    }
}

#[test]
fn what_is_named_is_taken_in_the_order_of_docker_s_client() {
    let home = Home::new();
    home.context("unix:///class.sock")
        .write("config.json", r#"{"auths":{},"currentContext":"class"}"#);
    let class = (
        "unix:///class.sock".to_owned(),
        FoundBy::Context("class".to_owned()),
    );
    let mut environment = home.environment();
    assert_eq!(found(&EndpointOptions::default(), &environment), class);
    environment.context = Some("default".to_owned());
    let (_, by) = found(&EndpointOptions::default(), &environment);
    assert_eq!(by, FoundBy::Default);
    environment.context = Some("class".to_owned());
    environment.host = Some("tcp://192.0.2.1".to_owned());
    let variable = ("tcp://192.0.2.1:2375".to_owned(), FoundBy::HostVariable);
    assert_eq!(found(&EndpointOptions::default(), &environment), variable);
    assert_eq!(found(&context("default"), &environment), variable);
    assert_eq!(found(&context("class"), &environment), class);
    let flag = ("unix:///flag.sock".to_owned(), FoundBy::HostFlag);
    assert_eq!(found(&host("unix:///flag.sock"), &environment), flag);
}

#[test]
fn other_sockets_are_asked_where_the_usual_one_is_not_there() {
    let home = Home::new();
    let by = || found(&EndpointOptions::default(), &home.environment()).1;
    assert_eq!(by(), FoundBy::Default, "there is none at all");
    home.write("podman.sock", "");
    assert_eq!(by(), FoundBy::Podman);
    home.write("rootless.sock", "");
    assert_eq!(by(), FoundBy::Rootless);
    home.write("docker.sock", "");
    assert_eq!(by(), FoundBy::Default);
}

#[test]
fn tls_needs_its_certificates() {
    let home = Home::new();
    let mut environment = home.environment();
    environment.tls = true;
    let asked = host("tcp://engine.example");
    let missing = |file: &str| format!("`{}`", home.path(file).display());
    assert!(words(&asked, &environment).contains(&missing("certificates/ca.pem")));
    home.write("certificates/ca.pem", "")
        .write("certificates/key.pem", "");
    assert!(words(&asked, &environment).contains(&missing("certificates/cert.pem")));
    home.write("certificates/cert.pem", "");
    let endpoint = Endpoint::find_in(&asked, &environment).unwrap();
    assert_eq!(endpoint.to_string(), "tcp://engine.example:2376");
    assert_eq!(endpoint.tls, Some(home.path("certificates")));
    let socket = Endpoint::find_in(&host("unix:///a.sock"), &environment).unwrap();
    assert_eq!(socket.tls, None);
}

#[test]
fn a_context_has_certificates_of_its_own() {
    let home = Home::new();
    home.context("tcp://192.0.2.1:2376")
        .write(&format!("contexts/tls/{CLASS}/docker/ca.pem"), "");
    let endpoint = Endpoint::find_in(&context("class"), &home.environment()).unwrap();
    let folder = home.path(&format!("contexts/tls/{CLASS}/docker"));
    assert_eq!(endpoint.tls, Some(folder));
}

#[test]
fn what_cannot_be_used_is_named_with_what_helps() {
    let home = Home::new();
    home.context("ssh://me@192.0.2.1");
    let environment = home.environment();
    let unknown = words(&context("clas"), &environment);
    assert!(
        unknown.contains("`clas`: there are `class`, `default`"),
        "{unknown}"
    );
    assert!(words(&context("class"), &environment).contains("ssh -nNT"));
    for address in [
        "unix://a.sock",
        "unix:/var/run/docker.sock",
        "/var/run/docker.sock",
        "npipe:////./pipe/docker_engine",
        "ftp://a",
    ] {
        let words = words(&host(address), &environment);
        assert!(words.contains("is no address of an engine"), "{words}");
    }
    let class = format!("contexts/meta/{CLASS}/meta.json");
    home.write(&class, "{");
    let broken = words(&context("class"), &environment);
    assert!(broken.contains("meta.json` cannot be read"), "{broken}");
    home.write(&class, r#"{"Name":"class","Endpoints":{}}"#);
    assert!(words(&context("class"), &environment).contains("names no engine"));
    let unverified =
        r#"{"Name":"class","Endpoints":{"docker":{"Host":"tcp://a","SkipTLSVerify":true}}}"#;
    home.write(&class, unverified);
    assert!(words(&context("class"), &environment).contains("skips the verification"));
    home.write(&class, &unverified.replace("tcp://a", "unix:///a.sock"));
    let socket = found(&context("class"), &environment).0;
    assert_eq!(socket, "unix:///a.sock");
}

#[test]
fn a_configuration_that_cannot_be_read_names_nothing() {
    let home = Home::new();
    for config in ["", "{", "null", r#"{"currentContext":null}"#] {
        home.write("config.json", config);
        let by = found(&EndpointOptions::default(), &home.environment()).1;
        assert_eq!(by, FoundBy::Default, "{config}");
    }
}

#[test]
fn an_address_may_leave_out_what_is_usual() {
    let home = Home::new();
    for (address, meant) in [
        ("unix://", "unix:///var/run/docker.sock"),
        ("tcp://", "tcp://localhost:2375"),
        (":2375", "tcp://localhost:2375"),
        ("tcp://[::1]:2375/", "tcp://[::1]:2375"),
    ] {
        let found = found(&host(address), &home.environment()).0;
        assert_eq!(found, meant, "{address}");
    }
}
