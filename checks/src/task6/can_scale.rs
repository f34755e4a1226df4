use super::{compose_file, compose_safe};
use crate::model::{Check, Finding, Judged, Judgement, Mistake, Text};
use crate::observation::{Observation, Port, Published, Service, Stage};
use crate::wording::code;

/// Nothing in the compose file prevents a second container of `back-end`.
///
/// Two containers cannot share one name, so `container_name` on `back-end` prevents the second. Two containers cannot share one
/// port of the host or one address of a network either. A port that Docker chooses or does not publish, or a range of several
/// ports, does not prevent it.
pub(super) static CHECK: Check = Check {
    id: "can-scale",
    points: 10,
    after: &[&compose_file::CHECK],
    stage: Stage::Compose,
    title: Text::fixed(
        "nothing stops a second container of `back-end`",
        "rien n’empêche un deuxième conteneur de `back-end`",
    ),
    mistakes: &[&CONTAINER_NAME, &FIXED_HOST_PORT, &FIXED_ADDRESS],
    notes: &[],
    judge,
};

static CONTAINER_NAME: Mistake = Mistake {
    code: "container-name",
    hint: Text::fixed(
        "what would the second container be called? look at what Compose calls containers when nobody names them",
        "comment s’appellerait le deuxième conteneur ? regardez comment Compose nomme les conteneurs que personne ne nomme",
    ),
};

static FIXED_HOST_PORT: Mistake = Mistake {
    code: "fixed-host-port",
    hint: Text::fixed(
        "who has to reach the API servers: the host, or only the proxy?",
        "qui doit atteindre les serveurs API : l’hôte, ou seulement le proxy ?",
    ),
};

static FIXED_ADDRESS: Mistake = Mistake {
    code: "fixed-address",
    hint: Text::fixed(
        "services find each other by name: who needs to know the address of an API server?",
        "les services se trouvent par leur nom : qui a besoin de connaître l’adresse d’un serveur API ?",
    ),
};

fn judge(seen: &Observation) -> Judgement {
    let back_end = compose_safe::back_end(seen)?;
    let ports = back_end.ports.iter();
    let ports = ports.filter_map(|port| taken(&back_end.name, port));
    Ok(Judged::from_findings(
        named(back_end)
            .into_iter()
            .chain(ports)
            .chain(addressed(back_end))
            .collect(),
    ))
}

/// Returns the title for a service of this name.
pub(super) fn title(back_end: &str) -> Text {
    let back_end = code(back_end);
    Text::new(
        format!("nothing stops a second container of {back_end}"),
        format!("rien n’empêche un deuxième conteneur de {back_end}"),
    )
}

fn named(service: &Service) -> Option<Finding> {
    let (name, place) = service.container_name.as_ref()?;
    let (service, name) = (code(&service.name), code(name));
    let finding = CONTAINER_NAME.finding(Text::new(
        format!("`container_name` gives every container of {service} the name {name}, which only one can have"),
        format!("`container_name` donne à tout conteneur de {service} le nom {name}, qu’un seul peut porter"),
    ));
    Some(finding.at(place.clone()))
}

fn addressed(service: &Service) -> Option<Finding> {
    let (address, place) = service.fixed_address.as_ref()?;
    let (service, address) = (code(&service.name), code(address));
    let finding = FIXED_ADDRESS.finding(Text::new(
        format!("every container of {service} asks for the address {address}, which only one can have: `Address already in use`, says Docker"),
        format!("chaque conteneur de {service} demande l’adresse {address}, qu’un seul peut avoir : `Address already in use`, répond Docker"),
    ));
    Some(finding.at(place.clone()))
}

fn taken(service: &str, port: &Port) -> Option<Finding> {
    let host = match port.published {
        Published::Random => return None,
        Published::Fixed(host) => host,
        Published::Range(first, last) if first == last => first,
        Published::Range(..) => return None,
    };
    let service = code(service);
    let finding = FIXED_HOST_PORT.finding(Text::new(
        format!(
            "every container of {service} asks for port {host} of the host, which only one can have"
        ),
        format!(
            "chaque conteneur de {service} demande le port {host} de l’hôte, qu’un seul peut avoir"
        ),
    ));
    Some(finding.at(port.place.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unjudged;
    use crate::observation::correct::{service, with_services};

    fn judged(back_end: Service) -> Judgement {
        judge(&with_services(vec![back_end]))
    }

    fn codes(container_name: Option<&str>, published: &[Published]) -> Vec<&'static str> {
        let port = |&published| Port {
            target: 5252,
            published,
            place: None,
        };
        let back_end = Service {
            container_name: container_name.map(|name| (name.to_owned(), None)),
            ports: published.iter().map(port).collect(),
            ..service("back-end")
        };
        let findings = judged(back_end).unwrap_or_default().findings;
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_service_without_name_and_port_scales() {
        assert_eq!(judged(service("back-end")), Ok(Judged::passed()));
    }

    #[test]
    fn nothing_seen_is_not_a_pass() {
        let stopped = Unjudged::Stopped("compose-safe".to_owned());
        assert_eq!(judged(service("backend")), Err(stopped));
    }

    #[test]
    fn a_name_of_its_own_stops_it() {
        assert_eq!(codes(Some("api"), &[]), ["container-name"]);
    }

    #[test]
    fn one_port_of_the_host_stops_it() {
        assert_eq!(codes(None, &[Published::Fixed(5252)]), ["fixed-host-port"]);
        assert_eq!(
            codes(None, &[Published::Range(5252, 5252)]),
            ["fixed-host-port"]
        );
    }

    #[test]
    fn any_port_of_the_host_does_not() {
        assert!(codes(None, &[Published::Random, Published::Range(5252, 5260)]).is_empty());
    }

    #[test]
    fn one_address_of_a_network_stops_it() {
        let back_end = Service {
            fixed_address: Some(("10.1.0.9".to_owned(), None)),
            ..service("back-end")
        };
        let findings = judged(back_end).unwrap_or_default().findings;
        assert_eq!(findings[0].code, "fixed-address");
    }

    #[test]
    fn both_are_found() {
        let found = codes(Some("api"), &[Published::Fixed(5252)]);
        assert_eq!(found, ["container-name", "fixed-host-port"]);
    }
}
