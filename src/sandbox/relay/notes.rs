//! What builds asked the relay for and did not get.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Failure, Target};

/// Hosts that are kept of each kind.
const HOSTS: usize = 20;

/// Characters that are kept of a host: as many as a name has.
const CHARACTERS: usize = 253;

/// What was asked for in vain, as `host:port`.
#[derive(Default)]
pub(in crate::sandbox) struct Notes {
    is_reached: AtomicBool,
    failed: AtomicU64,
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

    /// How often somebody did not get what was asked for.
    pub(in crate::sandbox) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// What nobody may ask for and somebody did, in order.
    pub(in crate::sandbox) fn all_refused(&self) -> Vec<String> {
        listed(&self.refused)
    }

    /// What has no address, or does not answer there, in order.
    pub(in crate::sandbox) fn all_unreached(&self) -> Vec<String> {
        listed(&self.unreached)
    }

    pub(super) fn refused(&self, target: &Target) -> Failure {
        self.note(&self.refused, target);
        "refused".into()
    }

    pub(super) fn unreached(&self, target: &Target) -> Failure {
        self.note(&self.unreached, target);
        "not reached".into()
    }

    fn note(&self, hosts: &Mutex<BTreeSet<String>>, target: &Target) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        let mut hosts = hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() < HOSTS {
            let host: String = target.host.chars().take(CHARACTERS).collect();
            hosts.insert(match host.contains(':') {
                true => format!("[{host}]:{}", target.port),
                false => format!("{host}:{}", target.port),
            });
        }
    }
}

fn listed(hosts: &Mutex<BTreeSet<String>>) -> Vec<String> {
    let hosts = hosts.lock().unwrap_or_else(PoisonError::into_inner);
    hosts.iter().cloned().collect()
}
