//! Owner of an object on the engine, and detection of the owner's end.
//!
//! A run that ends by itself removes its objects. A killed run cannot, so each object also carries its owner, in a form that
//! any later checker can verify. Nothing that may belong to a live run is ever touched.
//!
//! A process id alone proves nothing: ids are reused, and each container counts its own. An id identifies a process together
//! with the boot of the machine, the pid namespace, and the start time of the process. The number of a namespace is reused only
//! after all its processes have ended, and a process that reuses an id starts later. The check asks the kernel with a signal
//! that is never sent, which also sees other users' processes where `/proc` hides them. If `/proc` hides the start time, the
//! process may be the run's.
//!
//! A checker elsewhere, on another machine or in another container, cannot ask that kernel. If the run was in a container of
//! the engine, the engine knows whether that container has run since then. Otherwise only the age counts: a run has a deadline.

use std::path::Path;
use std::time::Duration;

use bollard::Docker;
use bollard::models::ContainerState;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde::{Deserialize, Serialize};
use softy_checks::observation::Fault;

use super::engine::{fault, is_missing};
use super::limits;
use super::networks::own_container;

/// Age from which no object can be a live run's, on any machine: a run's deadlines, and an hour for changes of clocks.
const OUTLIVED: Duration =
    Duration::from_secs(limits::RUN.as_secs() + limits::REMOVAL.as_secs() + 3600);

/// Maker of an object, as its label states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    /// Start of the run, in seconds since 1970 by the engine's clock.
    pub(super) began: i64,
    /// Process of the run, if the kernel identifies it.
    process: Option<Process>,
    /// Container of the engine that the process runs in, if any.
    container: Option<Container>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Process {
    #[serde(flatten)]
    place: Place,
    id: i32,
    /// Start time, in the kernel's ticks since the machine's start.
    started: u64,
}

/// Scope in which an id identifies a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    boot: String,
    namespace: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Container {
    id: String,
    /// Start time in the engine's format; it changes with each start.
    started: String,
}

/// State of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// The run is alive.
    Alive,
    /// The state cannot be determined from here, and the run is not too old to be alive.
    Untold,
    /// The run has ended.
    Dead,
}

impl Owner {
    /// Returns the owner for this process, in a run that begins at `began`.
    ///
    /// # Errors
    /// A fault when the engine does not report whether this process is in one of its containers.
    pub(super) async fn here(docker: &Docker, began: i64) -> Result<Owner, Fault> {
        let process = Place::here().and_then(|place| {
            let id = i32::try_from(std::process::id()).ok()?;
            let started = Stat::of(id)?.started;
            Some(Process { place, id, started })
        });
        let container = match own_container() {
            Some(id) => started(docker, &id).await?,
            None => None,
        };
        let container = container.map(|(id, started)| Container { id, started });
        Ok(Owner {
            began,
            process,
            container,
        })
    }

    /// Formats the owner as a label's value.
    pub(super) fn label(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses a label; `None` if no release of the checker wrote it. Any image may carry such a label, and its content becomes
    /// part of a request to the engine.
    pub(super) fn parse(label: &str) -> Option<Owner> {
        let owner: Owner = serde_json::from_str(label).ok()?;
        let container = owner.container.as_ref();
        container
            .is_none_or(|container| is_id(&container.id))
            .then_some(owner)
    }

    /// Determines whether the run is alive at `now` (seconds since 1970, by the engine's clock), as far as `place` allows it.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub(super) async fn life(
        &self,
        docker: &Docker,
        place: Option<&Place>,
        now: i64,
    ) -> Result<Life, Fault> {
        let process = self.process.as_ref();
        let told = match process.filter(|process| Some(&process.place) == place) {
            Some(process) => process.life(),
            None => self.container_life(docker).await?,
        };
        let outlived = now.saturating_sub(self.began).unsigned_abs() > OUTLIVED.as_secs();
        match told {
            Life::Untold if outlived && now > self.began => Ok(Life::Dead),
            Life::Untold | Life::Alive | Life::Dead => Ok(told),
        }
    }

    /// Determines the state by the container. The end or restart of a container ends its processes; a running container proves
    /// nothing about a single process.
    async fn container_life(&self, docker: &Docker) -> Result<Life, Fault> {
        let Some(container) = &self.container else {
            return Ok(Life::Untold);
        };
        let now = started(docker, &container.id).await?;
        let same = now.is_some_and(|(_, started)| started == container.started);
        Ok(if same { Life::Untold } else { Life::Dead })
    }
}

impl Process {
    fn life(&self) -> Life {
        let Some(id) = Pid::from_raw(self.id) else {
            return Life::Untold;
        };
        if test_kill_process(id) == Err(Errno::SRCH) {
            return Life::Dead;
        }
        match Stat::of(self.id) {
            Some(stat) if stat.ended || stat.started != self.started => Life::Dead,
            Some(_) => Life::Alive,
            None => Life::Untold,
        }
    }
}

impl Place {
    /// Returns the scope of this process; `None` if the kernel does not report it, or `/proc` belongs to another namespace.
    pub(super) fn here() -> Option<Place> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
        let own = std::fs::read_link("/proc/self").ok()?;
        let own_id = std::process::id().to_string();
        (own == Path::new(&own_id)).then(|| Place {
            boot: boot.trim().to_owned(),
            namespace: namespace.display().to_string(),
        })
    }
}

/// Status of a process, from the kernel.
struct Stat {
    /// Start time, in ticks since the machine's start.
    started: u64,
    /// Set when the process has ended, even if its exit code is not collected yet.
    ended: bool,
}

impl Stat {
    fn of(id: i32) -> Option<Stat> {
        Stat::parse(&std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    /// Parses the kernel's line. The program's name is in brackets and may contain any characters.
    fn parse(stat: &str) -> Option<Stat> {
        const STARTED: usize = 19;
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        Some(Stat {
            started: fields.get(STARTED)?.parse().ok()?,
            ended: matches!(fields.first().copied(), Some("Z" | "X" | "x")),
        })
    }
}

/// Returns whether a text is a container's id as the engine writes it.
fn is_id(text: &str) -> bool {
    const DIGITS: usize = 64;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == DIGITS && text.bytes().all(is_digit)
}

/// Returns a container's full id and its last start time, if it runs on this engine.
async fn started(docker: &Docker, id: &str) -> Result<Option<(String, String)>, Fault> {
    let container = match docker.inspect_container(id, None).await {
        Ok(container) => container,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(fault(error)),
    };
    let state = container.state;
    let running = |state: &ContainerState| state.running == Some(true);
    let started = state.filter(running).and_then(|state| state.started_at);
    Ok(container.id.zip(started))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn this_process() -> Process {
        let id = i32::try_from(std::process::id()).unwrap();
        Process {
            place: Place::here().unwrap(),
            id,
            started: Stat::of(id).unwrap().started,
        }
    }

    #[test]
    fn a_label_that_names_no_container_is_nobody_s() {
        let label = |id: &str| {
            format!(r#"{{"began":1,"process":null,"container":{{"id":"{id}","started":""}}}}"#)
        };
        assert!(Owner::parse(&label(&"0a".repeat(32))).is_some());
        for id in ["../images/get?names=a", "0a", ""] {
            assert_eq!(Owner::parse(&label(id)), None, "{id}");
        }
    }

    #[test]
    fn a_process_lives_until_it_has_ended() {
        assert_eq!(this_process().life(), Life::Alive);
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let id = i32::try_from(child.id()).unwrap();
        let child_process = Process {
            id,
            started: Stat::of(id).unwrap().started,
            ..this_process()
        };
        assert_eq!(child_process.life(), Life::Alive);
        child.kill().unwrap();
        while !Stat::of(id).unwrap().ended {
            std::thread::yield_now();
        }
        assert_eq!(child_process.life(), Life::Dead, "nobody has waited for it");
        child.wait().unwrap();
        assert_eq!(child_process.life(), Life::Dead);
    }

    #[test]
    fn another_process_of_the_same_number_is_not_the_run_s() {
        let process = this_process();
        let earlier = Process {
            started: process.started - 1,
            ..process
        };
        assert_eq!(earlier.life(), Life::Dead);
    }

    #[tokio::test]
    async fn a_run_elsewhere_is_dead_when_no_run_can_be_as_old() {
        let docker = Docker::connect_with_http("127.0.0.1:1", 1, bollard::API_DEFAULT_VERSION);
        let docker = docker.unwrap();
        let elsewhere = Owner {
            began: 1_000_000,
            process: Some(Process {
                place: Place {
                    boot: "another".to_owned(),
                    ..Place::here().unwrap()
                },
                ..this_process()
            }),
            container: None,
        };
        let place = Place::here();
        let deadline = elsewhere.began + i64::try_from(OUTLIVED.as_secs()).unwrap();
        for (now, life) in [
            (0, Life::Untold),
            (deadline, Life::Untold),
            (deadline + 1, Life::Dead),
        ] {
            let told = elsewhere.life(&docker, place.as_ref(), now).await;
            assert_eq!(told.unwrap(), life, "at {now}");
        }
        let here = Owner {
            process: Some(this_process()),
            ..elsewhere
        };
        let told = here.life(&docker, place.as_ref(), deadline + 1).await;
        assert_eq!(told.unwrap(), Life::Alive, "its process is there");
    }

    #[test]
    fn an_owner_is_read_as_it_is_written() {
        let owner = Owner {
            began: 5,
            process: Some(this_process()),
            container: Some(Container {
                id: "0a".repeat(32),
                started: "2026-01-01T00:00:00Z".to_owned(),
            }),
        };
        assert_eq!(Owner::parse(&owner.label()), Some(owner));
        assert_eq!(Owner::parse("true"), None);
        assert_eq!(Owner::parse(""), None);
    }

    #[test]
    fn a_program_s_name_does_not_confuse() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20";
        let stat = Stat::parse(&format!("7 (a) Z 1 (b) {fields}")).unwrap();
        assert_eq!((stat.started, stat.ended), (4242, false));
    }
}
