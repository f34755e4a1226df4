//! Registries from which the engine itself pulls images.

use std::net::{IpAddr, SocketAddr};

use super::relay::is_public;

/// Returns whether a reference names a registry on the engine's machine or on a private network, by address or as `localhost`.
/// Does not resolve other names.
pub(super) fn is_private(reference: &str) -> bool {
    let Some((registry, _)) = reference.split_once('/') else {
        return false;
    };
    let address = match registry.parse::<SocketAddr>() {
        Ok(address) => Some(address.ip()),
        Err(_) => registry.parse::<IpAddr>().ok(),
    };
    let host = registry.split(':').next().unwrap_or(registry);
    match address {
        Some(address) => !is_public(address),
        None => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_registry_is_told_by_its_address() {
        for reference in [
            "127.0.0.1:8080/x",
            "10.0.0.5:5000/x/y:1",
            "192.168.1.1/x",
            "169.254.169.254/latest/meta-data",
            "[::1]:5000/x",
            "localhost/x",
            "localhost:5000/x",
        ] {
            assert!(is_private(reference), "{reference}");
        }
        for reference in [
            "nginx",
            "localhost",
            "library/nginx:1.27",
            "ghcr.io/x/y",
            "203.0.113.80:5000/x",
        ] {
            assert!(!is_private(reference), "{reference}");
        }
    }
}
