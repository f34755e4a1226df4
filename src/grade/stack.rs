//! Stack of containers: created, started in order, scaled and checked again.

use std::net::{IpAddr, SocketAddr};

use futures_util::future::try_join_all;
use futures_util::try_join;
use softy_checks::model::Text;
use softy_checks::observation::{Container, Fault, FaultKind, Proxy, State};
use tokio::time::timeout;

use super::order::{needs, proxy, waves};
use super::received::Received;
use super::standing::ReusedContainers;
use super::started::{Deployment, ProxyHandle, Slot};
use crate::compose::project::{
    Condition, Dependency, Healthcheck, MOST_REPLICAS, Project, Service,
};
use crate::progress::Progress;
use crate::sandbox::{Built, ContainerHandle, Ended, Reach, Sandbox, StackNetworks, limits};
use crate::submission::Submission;
use crate::traffic::{Door, knock, listening, settle};

/// Number of replicas in the first measurement.
const TWO: u32 = 2;

/// Port of the API in the exercise, checked even if neither the file nor the image names it.
const API_PORT: u16 = 5252;

/// Deployer of a stack: the sandbox, and the submission and the project that it is made from.
pub(super) struct Deployer<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) submission: &'a Submission,
    pub(super) project: &'a Project,
    pub(super) progress: &'a Progress,
}

impl Deployer<'_> {
    /// Creates every container, starts each in its wave (two of the API servers), and waits until they listen or end. With
    /// `warm` containers, the waves up to the API servers already run.
    pub(super) async fn start(
        &self,
        built: &Built,
        reachable: &StackNetworks,
        warm: ReusedContainers,
    ) -> Result<Deployment, Fault> {
        let proxy = proxy(self.project);
        let is_cold = warm.containers.is_empty();
        let mut started = Deployment {
            containers: warm.containers,
            spare: warm.spare,
            back_end: self.project.back_end.clone(),
            proxy: proxy.map(|(service, port)| Proxy {
                service: service.name.clone(),
                port,
            }),
            received: Received::default(),
        };
        let is_up = |service: &&Service| {
            let mut containers = started.containers.iter();
            containers.any(|(_, container)| container.service == service.name)
        };
        let services = self.project.services.iter();
        let containers = services
            .filter(|service| !is_up(service))
            .flat_map(|service| {
                (1..=replicas(self.project, service)).map(move |number| (service, number))
            });
        let (sharing, own): (Vec<_>, Vec<_>) =
            containers.partition(|(service, _)| service.shares_with_others());
        let create = |(service, number)| self.create(service, number, built, reachable, &started);
        let mut created = try_join_all(own.into_iter().map(create)).await?;
        let waves = waves(self.project);
        // A container that shares the namespaces or volumes of another one can only be created after it.
        for wave in &waves {
            for &(service, number) in &sharing {
                if wave.contains(&service) {
                    created.push(create((service, number)).await?);
                }
            }
        }
        let mut waves = waves.into_iter();
        for wave in waves.by_ref() {
            if is_cold {
                self.start_wave(&wave, &mut created, &mut started, built, reachable)
                    .await?;
            }
            if wave
                .iter()
                .any(|service| service.name == self.project.back_end)
            {
                break;
            }
        }
        let replicas = started.replicas();
        let mut settling = started.containers.clone();
        settling.retain(|(_, container)| container.service == self.project.back_end);
        let counted = async {
            // Bytes that a replica receives while it starts are not requests to it.
            self.settle(settling.iter_mut(), reachable).await?;
            // Older engines take a second to read a counter; the other services start meanwhile.
            self.received(&replicas).await
        };
        let others = async {
            for wave in waves {
                self.start_wave(&wave, &mut created, &mut started, built, reachable)
                    .await?;
            }
            self.settle(started.containers.iter_mut(), reachable).await
        };
        let ((), received) = try_join!(others, counted)?;
        started.received = received;
        started.sort(self.project);
        self.recheck(&mut started).await?;
        Ok(started)
    }

    /// Starts the containers of a wave concurrently, after the `pre_start` hooks of its services.
    async fn start_wave(
        &self,
        wave: &[&Service],
        created: &mut Vec<Slot>,
        started: &mut Deployment,
        built: &Built,
        reachable: &StackNetworks,
    ) -> Result<(), Fault> {
        let is_of_wave = |name: &str| wave.iter().any(|service| service.name == name);
        let (now, later): (Vec<Slot>, Vec<Slot>) = std::mem::take(created)
            .into_iter()
            .partition(|(_, container)| is_of_wave(&container.service));
        *created = later;
        // Few services have hooks: the box keeps their state out of the future of every start.
        let failed = Box::pin(self.pre_start(wave, &now, started, built, reachable)).await?;
        let started_before = &*started;
        let start = async |slot: Slot| match failed.get(&slot.1.service).cloned() {
            Some(error) => {
                let state = State::NotStarted { error };
                Ok((None, Container { state, ..slot.1 }))
            }
            None => self.start_one(slot, started_before).await,
        };
        let starting = now.into_iter().map(start);
        let mut now = try_join_all(starting).await?;
        if let Some((service, _)) =
            proxy(self.project).filter(|(proxy, _)| self.others_wait_for(proxy))
        {
            // nginx resolves its upstreams as soon as it starts. Services that depend on it must not race with that.
            let proxies = now
                .iter_mut()
                .filter(|(_, container)| container.service == service.name);
            self.settle(proxies, reachable).await?;
        }
        started.containers.append(&mut now);
        Ok(())
    }

    /// Creates the replicas of `back-end` up to `count` for scaling, without starting them. They are identical to replicas
    /// created when they are started, and the next round does not have to wait for their creation.
    pub(super) async fn prepare(
        &self,
        started: &mut Deployment,
        count: u32,
        built: &Built,
        reachable: &StackNetworks,
    ) -> Result<(), Fault> {
        let Some(service) = self.project.back_end() else {
            return Ok(());
        };
        let before: &Deployment = started;
        let is_there = |number: u32| before.spare.iter().any(|(_, spare)| spare.number == number);
        let missing = (TWO + 1..=count).filter(|number| !is_there(*number));
        let created = missing.map(|number| self.create(service, number, built, reachable, before));
        let created = try_join_all(created).await?.into_iter();
        let made = created.filter(|(member, _)| member.is_some());
        started.spare.extend(made);
        Ok(())
    }

    /// Adds replicas of `back-end` up to `count`, restarts the proxy, and waits until all of them listen.
    pub(super) async fn scale(
        &self,
        started: &mut Deployment,
        count: u32,
        built: &Built,
        reachable: &StackNetworks,
    ) -> Result<(), Fault> {
        let Some(service) = self.project.back_end() else {
            return Ok(());
        };
        let present = u32::try_from(started.replicas().len()).unwrap_or(count);
        let spare = std::mem::take(&mut started.spare);
        let before: &Deployment = started;
        let added = (present + 1..=count).map(|number| {
            let slot = spare.iter().find(|(_, spare)| spare.number == number);
            async move {
                let created = match slot {
                    Some(slot) => slot.clone(),
                    None => {
                        let created = self.create(service, number, built, reachable, before);
                        created.await?
                    }
                };
                self.start_one(created, before).await
            }
        });
        let mut added = try_join_all(added).await?;
        let replicas: Vec<ContainerHandle> = added
            .iter()
            .filter_map(|(member, _)| member.clone())
            .collect();
        // The proxy stops only now: a replica could otherwise be given the proxy's address.
        let settled = self.settle(added.iter_mut(), reachable);
        try_join!(settled, self.stop_proxy(started))?;
        started.containers.append(&mut added);
        started.sort(self.project);
        let restarted = self.start_proxy_again(started, reachable);
        let ((), received) = try_join!(restarted, self.received(&replicas))?;
        started.received.extend(received);
        self.recheck(started).await
    }

    async fn stop_proxy(&self, started: &Deployment) -> Result<(), Fault> {
        match started.proxy() {
            Some(proxy) => self.sandbox.stop(&proxy.member).await,
            None => Ok(()),
        }
    }

    /// Starts the stopped proxy, so that it resolves its servers again, and waits until it listens.
    async fn start_proxy_again(
        &self,
        started: &mut Deployment,
        reachable: &StackNetworks,
    ) -> Result<(), Fault> {
        let Some(proxy) = started.proxy() else {
            return Ok(());
        };
        let refused = |words| Fault::told(FaultKind::Engine, words);
        let again = self.sandbox.start(&proxy.member).await?;
        again.map_err(refused)?;
        let containers = started.containers.iter_mut();
        let proxies = containers.filter(|(_, container)| container.service == proxy.member.service);
        self.settle(proxies, reachable).await
    }

    /// Returns the address at which requests enter the stack.
    ///
    /// # Errors
    /// A fault when the proxy listens but its address cannot be reached from here; this is no mistake of the submission.
    pub(super) async fn way_in(
        &self,
        proxy: &ProxyHandle,
        reachable: &StackNetworks,
    ) -> Result<SocketAddr, Fault> {
        let address = self
            .sandbox
            .address(&proxy.member, proxy.port, reachable)
            .await?;
        let is_kept_away = match knock(address).await {
            Door::Open => false,
            // At the container's address, its own kernel refuses. At 127.0.0.1, this machine's kernel does when the engine is
            // elsewhere.
            Door::Refused => self.listens(proxy, address, reachable.reach).await?,
            Door::Silent => self.listens(proxy, address, Reach::Loopback).await?,
        };
        if is_kept_away {
            let detail = Text::new(
                format!(
                    "the proxy listens, but {address} cannot be reached from here: run softy-check where the engine runs, or choose another way in with `--reach`"
                ),
                format!(
                    "le proxy écoute, mais {address} est injoignable d’ici : lancez softy-check là où tourne le moteur, ou choisissez une autre voie avec `--reach`"
                ),
            );
            return Err(Fault::new(FaultKind::Engine, detail));
        }
        Ok(address)
    }

    /// Returns whether the proxy listens at the address that requests go to, according to its socket tables.
    async fn listens(
        &self,
        proxy: &ProxyHandle,
        address: SocketAddr,
        reach: Reach,
    ) -> Result<bool, Fault> {
        let tables = self.sandbox.socket_tables(&proxy.member).await?;
        let own = (reach != Reach::Loopback).then_some(address.ip());
        Ok(tables.is_some_and(|tables| {
            let sockets = listening(&tables);
            sockets
                .iter()
                .any(|socket| socket.port() == proxy.port && takes(socket.ip(), own))
        }))
    }

    /// Checks which containers have ended, and reads every log again.
    pub(super) async fn recheck(&self, started: &mut Deployment) -> Result<(), Fault> {
        let members: Vec<ContainerHandle> = started
            .containers
            .iter()
            .filter_map(|(member, _)| member.clone())
            .collect();
        let exited = self.sandbox.exited(&members).await?;
        for member in exited {
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

    /// Returns the bytes that each replica has received so far.
    pub(super) async fn received(&self, replicas: &[ContainerHandle]) -> Result<Received, Fault> {
        let readings = replicas
            .iter()
            .map(|replica| self.sandbox.received(replica));
        Ok(Received(
            try_join_all(readings).await?.into_iter().collect(),
        ))
    }

    /// Creates a container; on failure, its state holds the error.
    async fn create(
        &self,
        service: &Service,
        number: u32,
        built: &Built,
        reachable: &StackNetworks,
        started: &Deployment,
    ) -> Result<Slot, Fault> {
        let image = built.ready.get(&service.name);
        let container = |state| Container {
            service: service.name.clone(),
            number,
            state,
            listening: Vec::new(),
            log: Vec::new(),
            command: image
                .map(|image| image.command(service))
                .unwrap_or_default(),
            all_processes: None,
        };
        let Some(image) = image else {
            let error = "no image".to_owned();
            return Ok((None, container(State::NotStarted { error })));
        };
        let is_way_in =
            |proxy: &&Proxy| reachable.reach == Reach::Loopback && proxy.service == service.name;
        let publish = started
            .proxy
            .as_ref()
            .filter(is_way_in)
            .map(|proxy| proxy.port);
        if service.has_fixed_address && number > 1 {
            let error = "Address already in use".to_owned();
            return Ok((None, container(State::NotStarted { error })));
        }
        let service = started_as(self.project, service);
        let member = self
            .sandbox
            .create(self.submission, &service, number, image, reachable, publish)
            .await?;
        match member {
            Ok(mut member) => {
                if service.name == self.project.back_end && !member.ports.contains(&API_PORT) {
                    member.ports.push(API_PORT);
                }
                Ok((Some(member), container(State::Running)))
            }
            Err(error) => Ok((None, container(State::NotStarted { error }))),
        }
    }

    /// Starts a created container once its dependencies are met; on failure, its state holds the reason.
    async fn start_one(&self, slot: Slot, started: &Deployment) -> Result<Slot, Fault> {
        let (Some(member), container) = slot else {
            return Ok(slot);
        };
        let mut services = self.project.services.iter();
        let service = services.find(|service| service.name == container.service);
        if let Some(service) = service
            && let Some(dependency) = self.unmet(service, started).await?
        {
            let state = State::Waiting { dependency };
            return Ok((None, Container { state, ..container }));
        }
        let mut outcome = self.sandbox.start(&member).await?;
        for hook in service.iter().flat_map(|service| &service.post_start) {
            if outcome.is_ok() {
                outcome = self.sandbox.run_hook(&member, hook).await?;
            }
        }
        match outcome {
            Ok(()) => Ok((Some(member), container)),
            Err(error) => {
                let state = State::NotStarted { error };
                Ok((None, Container { state, ..container }))
            }
        }
    }

    /// Returns the first dependency of a service that does not meet its condition.
    pub(super) async fn unmet(
        &self,
        service: &Service,
        started: &Deployment,
    ) -> Result<Option<String>, Fault> {
        for dependency in &service.depends_on {
            if !self.is_met(dependency, started).await? {
                return Ok(Some(dependency.service.clone()));
            }
        }
        Ok(None)
    }

    /// Returns whether a dependency meets its condition within [`limits::DEPENDENCY`].
    async fn is_met(&self, dependency: &Dependency, started: &Deployment) -> Result<bool, Fault> {
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

    /// Waits until the containers that have ports listen, end or use up their time, and records their state.
    async fn settle(
        &self,
        containers: impl Iterator<Item = &mut Slot>,
        reachable: &StackNetworks,
    ) -> Result<(), Fault> {
        let settling = containers.filter_map(|(member, container)| {
            let member = member.as_ref().filter(|member| !member.ports.is_empty())?;
            Some(async {
                let settled = settle(self.sandbox, member, reachable).await?;
                container.state = settled.state;
                container.listening = settled.listening;
                container.all_processes = self.all_processes(member, &container.state).await?;
                Ok::<(), Fault>(())
            })
        });
        try_join_all(settling).await.map(drop)
    }

    /// Returns the limit on processes if a container has reached it and listens on no port.
    async fn all_processes(
        &self,
        member: &ContainerHandle,
        state: &State,
    ) -> Result<Option<u64>, Fault> {
        let State::Silent { .. } = state else {
            return Ok(None);
        };
        let limit = u64::try_from(limits::PIDS).unwrap_or_default();
        let processes = self.sandbox.processes(member).await?.unwrap_or_default();
        Ok((processes.len() as u64 >= limit).then_some(limit))
    }

    fn others_wait_for(&self, proxy: &Service) -> bool {
        self.project
            .services
            .iter()
            .any(|service| needs(self.project, service, &proxy.name))
    }
}

/// Returns whether a socket accepts the requests that come to its container. `own` is the container's address, if that address
/// is known and refuses connections; otherwise the requests come to some IPv4 address.
///
/// A socket at `[::]` may also accept IPv4 requests (`IPV6_V6ONLY`). The tables do not show this, a refusal does.
fn takes(socket: IpAddr, own: Option<IpAddr>) -> bool {
    match (socket, own) {
        (IpAddr::V4(ip), own) => ip.is_unspecified() || own == Some(socket),
        (IpAddr::V6(ip), None) => ip.is_unspecified(),
        (IpAddr::V6(_), Some(_)) => false,
    }
}

/// Returns the service as it is started. A health check that no service waits for is disabled: one that sends requests through
/// the proxy would take turns in the rotation.
pub(super) fn started_as(project: &Project, service: &Service) -> Service {
    let services = project.services.iter();
    let mut dependencies = services.flat_map(|other| &other.depends_on);
    let waited_for = dependencies.any(|dependency| {
        dependency.service == service.name && dependency.condition == Condition::Healthy
    });
    let healthcheck = match waited_for {
        true => service.healthcheck.clone(),
        false => Some(Healthcheck::none()),
    };
    Service {
        healthcheck,
        ..service.clone()
    }
}

/// Returns the number of containers that a service starts with.
pub(super) fn replicas(project: &Project, service: &Service) -> u32 {
    if service.name == project.back_end {
        return TWO;
    }
    service.replicas.min(MOST_REPLICAS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_takes_requests_where_the_address_reaches_it() {
        let takes = |socket: &str, own: Option<&str>| {
            let ip = |text: &str| text.parse::<IpAddr>().unwrap();
            takes(ip(socket), own.map(ip))
        };
        let own = Some("172.19.0.4");
        for (socket, own, expected) in [
            ("0.0.0.0", own, true),
            ("0.0.0.0", None, true),
            ("172.19.0.4", own, true),
            ("172.20.0.9", own, false),
            ("127.0.0.1", own, false),
            ("127.0.0.1", None, false),
            ("::", own, false),
            ("::", None, true),
            ("::1", None, false),
        ] {
            assert_eq!(takes(socket, own), expected, "{socket} {own:?}");
        }
    }
}
