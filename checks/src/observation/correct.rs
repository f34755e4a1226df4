//! Observation of a submission without a mistake; tests change one part of it.

use crate::expectations::Expectations;

use super::{
    Answer, Compose, Connection, Container, Content, Image, ImageState, Observation, Outcome, Port,
    Proxy, Published, Reasons, Reply, Service, Stack, State, Volley, Witness,
};

/// Returns an observation that passes every check.
pub(crate) fn correct() -> Observation {
    Observation {
        schema: Observation::SCHEMA,
        taken: None,
        answer: Some(answer("docker-compose up --scale back-end=2\n")),
        empty_folders: Vec::new(),
        scripts: Vec::new(),
        binds: Vec::new(),
        compose: Some(compose()),
        images: Some(images()),
        stack: Some(stack()),
        api: Some(vec![reply("/api/hello", 200, "Hello, World!"); 3]),
        front_page: Some(reply("/", 200, "<html></html>")),
        volleys: vec![volley(2), volley(5)],
        set_aside: Vec::new(),
        askers: Vec::new(),
        circumstances: Vec::new(),
        held: None,
        scaled: None,
        fault: None,
        unseen: Some(Reasons::new()),
        nginx: None,
        sandbox: None,
        advice: None,
        asked: Expectations::default(),
    }
}

/// Returns an answer file of these bytes.
pub(crate) fn answer(content: impl Into<Vec<u8>>) -> Answer {
    Answer::Read {
        content: Content::from(content.into()),
    }
}

/// Returns the correct observation with these services in its compose file instead.
pub(crate) fn with_services(services: Vec<Service>) -> Observation {
    let compose = Compose {
        services,
        ..compose()
    };
    Observation {
        compose: Some(compose),
        ..correct()
    }
}

/// Returns a service with `build` and nothing else.
pub(crate) fn service(name: &str) -> Service {
    Service {
        name: name.to_owned(),
        place: None,
        container_name: None,
        fixed_address: None,
        ports: Vec::new(),
        depends_on: Vec::new(),
        builds: true,
        image: None,
    }
}

/// Returns a running container.
pub(crate) fn container(service: &str, number: u32) -> Container {
    Container {
        service: service.to_owned(),
        number,
        state: State::Running,
        listening: Vec::new(),
        log: Vec::new(),
        command: Vec::new(),
        all_processes: None,
    }
}

/// Returns an answered request.
pub(crate) fn reply(path: &str, status: u16, body: &str) -> Reply {
    Reply {
        path: path.to_owned(),
        outcome: Outcome::Answered {
            status,
            body: body.to_owned(),
        },
        location: None,
    }
}

/// Returns a compose file with the three services.
pub(crate) fn compose() -> Compose {
    let proxy = Service {
        ports: vec![Port {
            target: 80,
            published: Published::Fixed(80),
            place: None,
        }],
        depends_on: vec!["back-end".to_owned(), "front-end".to_owned()],
        ..service("proxy")
    };
    Compose {
        files: vec!["task6/docker-compose.yml".to_owned()],
        services: vec![service("back-end"), service("front-end"), proxy],
        ..Compose::default()
    }
}

/// Returns the same file as [`compose`], with only services of these names.
pub(crate) fn compose_of(names: &[&str]) -> Compose {
    Compose {
        services: names.iter().map(|name| service(name)).collect(),
        ..compose()
    }
}

fn images() -> Vec<Image> {
    ["back-end", "front-end", "proxy"]
        .map(|service| Image {
            service: service.to_owned(),
            state: ImageState::Ready,
        })
        .to_vec()
}

fn stack() -> Stack {
    Stack {
        containers: vec![
            container("back-end", 1),
            container("back-end", 2),
            container("front-end", 1),
            container("proxy", 1),
        ],
        proxy: Some(Proxy {
            service: "proxy".to_owned(),
            port: 80,
        }),
    }
}

fn volley(replicas: u32) -> Volley {
    let order: Vec<u32> = (1..=replicas).collect();
    Volley {
        replicas,
        connection: Connection::KeptAlive,
        witness: Witness::Logs,
        sequence: order.repeat(20),
        doubled: Vec::new(),
        unanswered: Vec::new(),
        received: Vec::new(),
        workers: 0,
        others: Vec::new(),
        refused: None,
    }
}
