//! Progress details that a run reports of its steps on request.

use std::net::SocketAddr;

use softy_checks::model::Text;
use softy_checks::observation::{Container, Image, ImageState, State, Volley};

use crate::sandbox::{Reach, StackNetworks};

/// Returns the text for the state of a service's image.
pub(super) fn image(image: &Image) -> Text {
    let service = &image.service;
    let (en, fr) = match image.state {
        ImageState::Ready => ("is there", "est là"),
        _ => ("is not available", "n’est pas disponible"),
    };
    Text::new(
        format!("the image of `{service}` {en}"),
        format!("l’image de `{service}` {fr}"),
    )
}

/// Returns the text for the way to reach the stack.
pub(super) fn reached(reachable: &StackNetworks) -> Text {
    match reachable.reach {
        Reach::Address => Text::fixed(
            "the networks are there; containers are reached by their addresses",
            "les réseaux sont là ; les conteneurs sont atteints par leurs adresses",
        ),
        Reach::Container => Text::fixed(
            "the networks are there, and the checker’s own container is on them",
            "les réseaux sont là, et le conteneur du vérificateur y est",
        ),
        Reach::Loopback => Text::fixed(
            "the networks are there; the proxy is reached through a port of 127.0.0.1",
            "les réseaux sont là ; le proxy est atteint par un port de 127.0.0.1",
        ),
    }
}

/// Returns the text for the state of a container.
pub(super) fn container(container: &Container) -> Text {
    let (service, number) = (&container.service, container.number);
    let (en, fr) = match &container.state {
        State::Running => ("runs", "tourne"),
        State::Silent { .. } => ("runs and listens nowhere", "tourne et n’écoute nulle part"),
        State::NotStarted { .. } => ("could not be started", "n’a pas pu être démarré"),
        State::Waiting { .. } => ("waits for what it depends on", "attend ce dont il dépend"),
        State::Exited { .. } | State::OutOfMemory { .. } | State::OverLimit { .. } => {
            ("has ended", "s’est arrêté")
        }
    };
    Text::new(
        format!("`{service}` {number} {en}"),
        format!("`{service}` {number} {fr}"),
    )
}

/// Returns the text for the address that requests are sent to.
pub(super) fn way_in(address: SocketAddr) -> Text {
    Text::new(
        format!("requests go to http://{address}/"),
        format!("les requêtes vont à http://{address}/"),
    )
}

/// Returns the text for a volley.
pub(super) fn volley(volley: &Volley) -> Text {
    let (requests, replicas) = (volley.sequence.len(), volley.replicas);
    Text::new(
        format!("{requests} requests to {replicas} replicas are answered"),
        format!("{requests} requêtes à {replicas} répliques ont reçu leur réponse"),
    )
}
