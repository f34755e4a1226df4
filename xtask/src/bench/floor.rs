//! The floor: the same containers and requests with bare engine calls, in parallel as far as the engine allows.

use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use super::api::Engine;
use super::{images, timed, volley};

/// A stack, which may run next to others of its kind.
struct Floor<'a> {
    engine: &'a Engine,
    /// Name of its network, value of its label, and prefix of its containers' names.
    name: String,
}

/// Runs the stack `number`. Returns the time from the first call until everything is removed.
pub fn run(engine: &Engine, number: usize) -> Result<Duration> {
    let floor = Floor {
        engine,
        name: format!("softy-check-bench-{number}"),
    };
    floor.remove()?;
    let took = timed(|| {
        floor.measure()?;
        floor.remove()
    });
    if took.is_err() {
        floor.remove()?;
    }
    took
}

impl Floor<'_> {
    fn measure(&self) -> Result<()> {
        self.engine.post(
            "/networks/create",
            &json!({ "Name": self.name, "Labels": self.labels() }),
        )?;
        self.start_all(&[("back-end", 1), ("back-end", 2), ("front-end", 1)])?;
        let proxy = self.start("proxy", 1)?;
        volley::wait_for(proxy, 80)?;
        volley::fire(proxy)?;
        self.start_all(&[("back-end", 3), ("back-end", 4), ("back-end", 5)])?;
        self.engine.order(&format!(
            "/containers/{}/restart?t=0",
            self.container("proxy", 1)
        ))?;
        let proxy = self.address(&self.container("proxy", 1))?;
        volley::wait_for(proxy, 80)?;
        volley::fire(proxy)
    }

    /// Starts containers in parallel, and waits until the replicas behind the proxy accept connections.
    fn start_all(&self, containers: &[(&str, u32)]) -> Result<()> {
        side_by_side(containers, |(service, number)| {
            let address = self.start(service, *number)?;
            if *service == "back-end" {
                volley::wait_for(address, 5252)?;
            }
            Ok(())
        })
    }

    fn start(&self, service: &str, number: u32) -> Result<IpAddr> {
        let name = self.container(service, number);
        let container = json!({
            "Image": images::reference(service),
            "Labels": self.labels(),
            "HostConfig": { "NetworkMode": self.name },
            "NetworkingConfig": { "EndpointsConfig": { (self.name.as_str()): { "Aliases": [service] } } },
        });
        self.engine
            .post(&format!("/containers/create?name={name}"), &container)?;
        self.engine.order(&format!("/containers/{name}/start"))?;
        self.address(&name)
    }

    fn address(&self, container: &str) -> Result<IpAddr> {
        let details = self.engine.get(&format!("/containers/{container}/json"))?;
        let address =
            details["NetworkSettings"]["Networks"][self.name.as_str()]["IPAddress"].as_str();
        address
            .unwrap_or_default()
            .parse()
            .with_context(|| format!("{container} has no address; it may have ended"))
    }

    /// Removes everything that has our label.
    fn remove(&self) -> Result<()> {
        let containers = ids(&self
            .engine
            .get(&format!("/containers/json?all=1&{}", self.filter()))?);
        side_by_side(&containers, |id| {
            self.engine
                .delete(&format!("/containers/{id}?force=1&v=1"))
                .map(drop)
        })?;
        let networks = ids(&self.engine.get(&format!("/networks?{}", self.filter()))?);
        side_by_side(&networks, |id| {
            self.engine.delete(&format!("/networks/{id}")).map(drop)
        })
    }

    /// Returns the query for everything that has our label.
    fn filter(&self) -> String {
        let name = &self.name;
        format!("filters=%7B%22label%22%3A%5B%22org.softy-check.bench%3D{name}%22%5D%7D")
    }

    fn container(&self, service: &str, number: u32) -> String {
        format!("{}-{service}-{number}", self.name)
    }

    fn labels(&self) -> Value {
        json!({ "org.softy-check.bench": self.name })
    }
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["Id"].as_str())
        .map(str::to_owned)
        .collect()
}

fn side_by_side<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    thread::scope(|scope| {
        let threads: Vec<_> = items
            .iter()
            .map(|item| scope.spawn(|| work(item)))
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err(anyhow!("a call broke off")))
        })
    })
}
