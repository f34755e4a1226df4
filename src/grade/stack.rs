//! The stack: started in order, scaled, and put into words.

use std::net::SocketAddr;

use futures_util::future::try_join_all;
use softy_checks::observation::{
    Connection, Container, Fault, FaultKind, Observation, Proxy, Stack, State,
};
use tokio::time::timeout;

use super::order::{BACK_END, needs, proxy, waves};
use crate::compose::project::{Condition, Dependency, Project, Service};
use crate::sandbox::{Built, Ended, Member, Reach, Reachable, Sandbox, limits};
use crate::submission::Submission;
use crate::traffic::{is_open, settle};

/// Replicas of the first measurement.
const TWO: u32 = 2;

/// The port that the exercise gives the API, looked at even where neither file nor image names it.
const API_PORT: u16 = 5252;

/// What a running stack is made from.
pub(super) struct Live<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) submission: &'a Submission,
    pub(super) project: &'a Project,
}

/// A stack that was started.
pub(super) struct Started {
    containers: Vec<(Option<Member>, Container)>,
    proxy: Option<Proxy>,
}

/// The container that requests go through.
#[derive(Clone, Debug)]
pub(super) struct ProxyMember {
    pub(super) member: Member,
    pub(super) port: u16,
}

impl Live<'_> {
    /// Starts every service in the order of the file, two replicas of `back-end`, and waits until they listen or end.
    pub(super) async fn start(
        &self,
        built: &Built,
        reachable: &Reachable,
    ) -> Result<Started, Fault> {
        let proxy = proxy(self.project);
        let mut started = Started {
            containers: Vec::new(),
            proxy: proxy.map(|(service, port)| Proxy {
                service: service.name.clone(),
                port,
            }),
        };
        for wave in waves(self.project) {
            let containers = wave
                .iter()
                .flat_map(|service| (1..=replicas(service)).map(move |number| (*service, number)));
            let containers = containers.map(|(service, number)| {
                self.start_one(service, number, built, reachable, &started)
            });
            let mut wave_started = try_join_all(containers).await?;
            if let Some((service, _)) = proxy.filter(|(proxy, _)| self.others_wait_for(proxy)) {
                // nginx looks up its upstreams as soon as it starts; whether those that wait for it come in time must
                // not be a race.
                self.settle(
                    wave_started
                        .iter_mut()
                        .filter(|(_, container)| container.service == service.name),
                    reachable,
                )
                .await?;
            }
            started.containers.append(&mut wave_started);
        }
        self.settle(started.containers.iter_mut(), reachable)
            .await?;
        started.sort(self.project);
        self.recheck(&mut started).await?;
        Ok(started)
    }

    /// Adds replicas of `back-end` up to `count`, starts the proxy again, and waits until all of them listen.
    pub(super) async fn scale(
        &self,
        started: &mut Started,
        count: u32,
        built: &Built,
        reachable: &Reachable,
    ) -> Result<(), Fault> {
        let Some(service) = self
            .project
            .services
            .iter()
            .find(|service| service.name == BACK_END)
        else {
            return Ok(());
        };
        let present = u32::try_from(started.replicas().len()).unwrap_or(count);
        let added = (present + 1..=count)
            .map(|number| self.start_one(service, number, built, reachable, started));
        let mut added = try_join_all(added).await?;
        self.settle(added.iter_mut(), reachable).await?;
        started.containers.append(&mut added);
        started.sort(self.project);
        if let Some(proxy) = started.proxy() {
            self.sandbox.restart(&proxy.member).await?;
            let service = proxy.member.service;
            self.settle(
                started
                    .containers
                    .iter_mut()
                    .filter(|(_, container)| container.service == service),
                reachable,
            )
            .await?;
        }
        self.recheck(started).await
    }

    /// Where requests enter the stack.
    ///
    /// # Errors
    /// A fault when it cannot be reached from here, which says nothing of the submission.
    pub(super) async fn way_in(
        &self,
        proxy: &ProxyMember,
        reachable: &Reachable,
    ) -> Result<SocketAddr, Fault> {
        let address = self
            .sandbox
            .address(&proxy.member, proxy.port, reachable)
            .await?;
        if reachable.reach == Reach::Loopback && !is_open(address).await {
            return Err(Fault {
                kind: FaultKind::Engine,
                detail: format!(
                    "the engine publishes the proxy on {address} of its own machine, which is not this one: run softy-check where the engine runs"
                ),
            });
        }
        Ok(address)
    }

    /// Finds out which containers have ended since, and reads every log again.
    pub(super) async fn recheck(&self, started: &mut Started) -> Result<(), Fault> {
        let members: Vec<Member> = started
            .containers
            .iter()
            .filter_map(|(member, _)| member.clone())
            .collect();
        let fallen = self.sandbox.fallen(&members).await?;
        for member in fallen {
            let state = self.sandbox.ended(member).await?.into();
            let container = started
                .containers
                .iter_mut()
                .find(|(other, _)| other.as_ref().is_some_and(|other| other.is(member)));
            if let Some((_, container)) = container {
                container.state = state;
            }
        }
        let logs =
            try_join_all(members.iter().map(|member| self.sandbox.last_lines(member))).await?;
        let living = started
            .containers
            .iter_mut()
            .filter(|(member, _)| member.is_some());
        for ((_, container), log) in living.zip(logs) {
            container.log = log;
        }
        Ok(())
    }

    /// Puts what each replica has received since `before`, its last reading, beside what the logs say of the last volley;
    /// nothing where it cannot be read.
    pub(super) async fn read_counters(
        &self,
        replicas: &[Member],
        before: &mut Vec<u64>,
        seen: &mut Observation,
    ) -> Result<(), Fault> {
        let now = try_join_all(
            replicas
                .iter()
                .map(|replica| self.sandbox.received(replica)),
        )
        .await?;
        let Some(now) = now.into_iter().collect::<Option<Vec<u64>>>() else {
            return Ok(());
        };
        let volley = seen
            .volleys
            .iter_mut()
            .rev()
            .find(|volley| volley.connection != Connection::Fresh);
        if let Some(volley) = volley.filter(|volley| volley.received.is_empty()) {
            let before = before.iter().copied().chain(std::iter::repeat(0));
            volley.received = now
                .iter()
                .zip(before)
                .map(|(now, before)| now.saturating_sub(before))
                .collect();
        }
        *before = now;
        Ok(())
    }

    async fn start_one(
        &self,
        service: &Service,
        number: u32,
        built: &Built,
        reachable: &Reachable,
        started: &Started,
    ) -> Result<(Option<Member>, Container), Fault> {
        let container = |state| Container {
            service: service.name.clone(),
            number,
            state,
            listening: Vec::new(),
            log: Vec::new(),
        };
        for dependency in &service.depends_on {
            if !self.is_met(dependency, started).await? {
                return Ok((
                    None,
                    container(State::Waiting {
                        dependency: dependency.service.clone(),
                    }),
                ));
            }
        }
        let Some(image) = built.ready.get(&service.name) else {
            return Ok((
                None,
                container(State::NotStarted {
                    error: "no image".to_owned(),
                }),
            ));
        };
        let publish = started
            .proxy
            .as_ref()
            .filter(|proxy| reachable.reach == Reach::Loopback && proxy.service == service.name);
        let publish = publish.map(|proxy| proxy.port);
        let member = self
            .sandbox
            .start(self.submission, service, number, image, reachable, publish)
            .await?;
        match member {
            Ok(mut member) => {
                if service.name == BACK_END && !member.ports.contains(&API_PORT) {
                    member.ports.push(API_PORT);
                }
                Ok((Some(member), container(State::Running)))
            }
            Err(error) => Ok((None, container(State::NotStarted { error }))),
        }
    }

    /// Whether a dependency is as far up as it must be, once it has had its time.
    async fn is_met(&self, dependency: &Dependency, started: &Started) -> Result<bool, Fault> {
        for (member, container) in &started.containers {
            if container.service != dependency.service {
                continue;
            }
            let Some(member) = member else {
                return Ok(false);
            };
            let met = match dependency.condition {
                Condition::Started => true,
                Condition::Healthy => timeout(limits::DEPENDENCY, self.sandbox.healthy(member))
                    .await
                    .unwrap_or(Ok(false))?,
                Condition::Completed => {
                    match timeout(limits::DEPENDENCY, self.sandbox.ended(member)).await {
                        Ok(ended) => ended? == Ended::Exited(0),
                        Err(_) => false,
                    }
                }
            };
            if !met {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits for those containers that are expected to listen somewhere.
    async fn settle(
        &self,
        containers: impl Iterator<Item = &mut (Option<Member>, Container)>,
        reachable: &Reachable,
    ) -> Result<(), Fault> {
        let settling = containers.filter_map(|(member, container)| {
            let member = member.as_ref().filter(|member| !member.ports.is_empty())?;
            Some(async {
                let settled = settle(self.sandbox, member, reachable).await?;
                container.state = settled.state;
                container.listening = settled.listening;
                Ok::<(), Fault>(())
            })
        });
        try_join_all(settling).await.map(drop)
    }

    fn others_wait_for(&self, proxy: &Service) -> bool {
        self.project
            .services
            .iter()
            .any(|service| needs(self.project, service, &proxy.name))
    }
}

impl Started {
    /// For the checks.
    pub(super) fn seen(&self) -> Stack {
        Stack {
            containers: self
                .containers
                .iter()
                .map(|(_, container)| container.clone())
                .collect(),
            proxy: self.proxy.clone(),
        }
    }

    /// Whether every container runs.
    pub(super) fn runs(&self) -> bool {
        self.containers
            .iter()
            .all(|(_, container)| container.state == State::Running)
    }

    /// The replicas of `back-end`, by number.
    pub(super) fn replicas(&self) -> Vec<Member> {
        let members = self
            .containers
            .iter()
            .filter(|(_, container)| container.service == BACK_END);
        members.filter_map(|(member, _)| member.clone()).collect()
    }

    /// The container that requests go through, when it was started.
    pub(super) fn proxy(&self) -> Option<ProxyMember> {
        let proxy = self.proxy.as_ref()?;
        let member = self
            .containers
            .iter()
            .find(|(_, container)| container.service == proxy.service)?
            .0
            .clone()?;
        Some(ProxyMember {
            member,
            port: proxy.port,
        })
    }

    fn sort(&mut self, project: &Project) {
        let place = |service: &str| {
            project
                .services
                .iter()
                .position(|other| other.name == service)
        };
        self.containers
            .sort_by_key(|(_, container)| (place(&container.service), container.number));
    }
}

/// How many containers a service starts with.
fn replicas(service: &Service) -> u32 {
    if service.name == BACK_END {
        return TWO;
    }
    service.replicas.min(limits::REPLICAS)
}
