//! What builds asked the relay for and did not get.
//!
//! Why a request failed decides whether a failed step is held against the submission, so each reason has its own counter.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Failure, Target, is_named};

/// Hosts that are kept of each kind.
const HOSTS: usize = 20;

/// Characters that are kept of a host: as many as a name has.
const CHARACTERS: usize = 253;

/// The hosts that package managers ask, with all below them, and whether they answer `https`.
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

/// Requests that came to nothing, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Missed {
    /// For a public address that the run's own rules keep closed: a port that is not the web's, a host that is not listed.
    pub(in crate::sandbox) closed: u64,
    /// For a well-known source of packages that was not reached, or answered that it cannot serve.
    pub(in crate::sandbox) sources: u64,
    /// For another host that was not reached.
    pub(in crate::sandbox) others: u64,
}

/// What was asked for in vain, as `host:port`.
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
    /// Somebody has got to the relay.
    pub(super) fn reached(&self) {
        self.is_reached.store(true, Ordering::Relaxed);
    }

    /// Whether anybody has.
    pub(in crate::sandbox) fn is_reached(&self) -> bool {
        self.is_reached.load(Ordering::Relaxed)
    }

    /// Returns how often builds did not get what they asked for. An address that is not on the public internet is in none of
    /// the counts: no machine has what a submission asks for there.
    pub(in crate::sandbox) fn missed(&self) -> Missed {
        Missed {
            closed: self.closed.load(Ordering::Relaxed),
            sources: self.sources.load(Ordering::Relaxed),
            others: self.others.load(Ordering::Relaxed),
        }
    }

    /// What nobody may ask for and somebody did, in order.
    pub(in crate::sandbox) fn all_refused(&self) -> Vec<String> {
        listed(&self.refused)
    }

    /// What has no address, or does not answer there, in order.
    pub(in crate::sandbox) fn all_unreached(&self) -> Vec<String> {
        listed(&self.unreached)
    }

    /// Notes a request for an address that is not on the public internet.
    pub(super) fn refused(&self, target: &Target) -> Failure {
        note(&self.refused, target);
        "refused".into()
    }

    /// Notes a request that the run's own rules refuse, and other machines would not.
    pub(super) fn closed(&self, target: &Target) -> Failure {
        self.closed.fetch_add(1, Ordering::Relaxed);
        note(&self.refused, target);
        "refused".into()
    }

    /// Notes a request that its host did not answer, or answered that it cannot serve.
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

/// Returns whether package managers ask that host on that port.
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
        // It does not answer there, on no machine.
        assert!(!is_source("archive.ubuntu.com", 443));
        assert!(!is_source("pypi.org", 22));
        assert!(!is_source("pypi.org.example", 443));
        assert!(!is_source("notpypi.org", 443));
    }
}
