//! Record of the builds' requests that the relay could not serve.
//!
//! The reason of a failed request decides whether a failed step counts against the submission, so each reason has its own
//! counter.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Failure, Target, is_named};

/// Maximum number of recorded hosts of each kind.
const HOSTS: usize = 20;

/// Maximum number of recorded characters of a host: the maximum length of a DNS name.
const CHARACTERS: usize = 253;

/// Hosts of package managers, including their subdomains, and whether they serve `https`.
const SOURCES: [(&str, bool); 16] = [
    ("archive.ubuntu.com", false),
    ("security.ubuntu.com", false),
    ("ports.ubuntu.com", false),
    ("deb.debian.org", true),
    ("security.debian.org", true),
    ("alpinelinux.org", true),
    ("fedoraproject.org", true),
    ("pypi.org", true),
    ("pythonhosted.org", true),
    ("npmjs.org", true),
    ("yarnpkg.com", true),
    ("rubygems.org", true),
    ("proxy.golang.org", true),
    ("crates.io", true),
    ("repo.maven.apache.org", true),
    ("github.com", true),
];

/// Number of failed requests, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Missed {
    /// Requests for a public address that the run's own rules block: a port other than the web's, or an unlisted host.
    pub(in crate::sandbox) closed: u64,
    /// Requests for a well-known package source that was unreachable or temporarily unable to serve.
    pub(in crate::sandbox) sources: u64,
    /// Requests for another host that was unreachable or temporarily unable to serve.
    pub(in crate::sandbox) others: u64,
}

/// Record of failed requests, with their destinations as `host:port`.
#[derive(Default)]
pub(in crate::sandbox) struct Notes {
    is_reached: AtomicBool,
    closed: AtomicU64,
    sources: AtomicU64,
    others: AtomicU64,
    refused: Mutex<BTreeSet<String>>,
    unreached: Mutex<BTreeSet<String>>,
}

impl Notes {
    /// Records that a client has reached the relay.
    pub(super) fn reached(&self) {
        self.is_reached.store(true, Ordering::Relaxed);
    }

    /// Returns whether a client has reached the relay.
    pub(in crate::sandbox) fn is_reached(&self) -> bool {
        self.is_reached.load(Ordering::Relaxed)
    }

    /// Returns the number of failed requests. Requests for an address outside the public internet are in none of the counts: no
    /// machine has what a submission requests there.
    pub(in crate::sandbox) fn missed(&self) -> Missed {
        Missed {
            closed: self.closed.load(Ordering::Relaxed),
            sources: self.sources.load(Ordering::Relaxed),
            others: self.others.load(Ordering::Relaxed),
        }
    }

    /// Returns the destinations of the refused requests, sorted.
    pub(in crate::sandbox) fn all_refused(&self) -> Vec<String> {
        listed(&self.refused)
    }

    /// Returns the destinations that have no address or do not answer, sorted.
    pub(in crate::sandbox) fn all_unreached(&self) -> Vec<String> {
        listed(&self.unreached)
    }

    /// Records a request for an address outside the public internet.
    pub(super) fn refused(&self, target: &Target) -> Failure {
        note(&self.refused, target);
        "refused".into()
    }

    /// Records a request that the run's own rules refuse and other machines would not.
    pub(super) fn closed(&self, target: &Target) -> Failure {
        self.closed.fetch_add(1, Ordering::Relaxed);
        note(&self.refused, target);
        "refused".into()
    }

    /// Records a request whose host was unreachable or temporarily unable to serve.
    pub(super) fn unreached(&self, target: &Target) -> Failure {
        let count = match is_source(&target.host, target.port) {
            true => &self.sources,
            false => &self.others,
        };
        count.fetch_add(1, Ordering::Relaxed);
        note(&self.unreached, target);
        "not reached".into()
    }
}

/// Returns whether package managers use that host on that port.
fn is_source(host: &str, port: u16) -> bool {
    let listed = |https: bool| {
        let names = SOURCES.iter().filter(|(_, answers)| *answers || !https);
        let names: Vec<String> = names.map(|(name, _)| (*name).to_owned()).collect();
        is_named(host, &names)
    };
    match port {
        80 => listed(false),
        443 => listed(true),
        _ => false,
    }
}

fn note(hosts: &Mutex<BTreeSet<String>>, target: &Target) {
    let mut hosts = hosts.lock().unwrap_or_else(PoisonError::into_inner);
    if hosts.len() < HOSTS {
        let host: String = target.host.chars().take(CHARACTERS).collect();
        hosts.insert(match host.contains(':') {
            true => format!("[{host}]:{}", target.port),
            false => format!("{host}:{}", target.port),
        });
    }
}

fn listed(hosts: &Mutex<BTreeSet<String>>) -> Vec<String> {
    let hosts = hosts.lock().unwrap_or_else(PoisonError::into_inner);
    hosts.iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_hosts_that_package_managers_ask() {
        assert!(is_source("archive.ubuntu.com", 80));
        assert!(is_source("ch.archive.ubuntu.com", 80));
        assert!(is_source("files.pythonhosted.org", 443));
        // This host does not serve `https` to any machine.
        assert!(!is_source("archive.ubuntu.com", 443));
        assert!(!is_source("pypi.org", 22));
        assert!(!is_source("pypi.org.example", 443));
        assert!(!is_source("notpypi.org", 443));
    }
}
