//! The floor: the same containers and requests with bare engine calls, as much side by side as the engine allows.

use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use super::api::Engine;
use super::{images, timed, volley};

const NETWORK: &str = "softy-check-bench";

/// `{"label":["org.softy-check.bench"]}` as a query has it.
const OURS: &str = "filters=%7B%22label%22%3A%5B%22org.softy-check.bench%22%5D%7D";

/// From the first call until nothing is left.
pub fn run(engine: &Engine) -> Result<Duration> {
    remove(engine)?;
    let took = timed(|| {
        measure(engine)?;
        remove(engine)
    });
    if took.is_err() {
        remove(engine)?;
    }
    took
}

fn measure(engine: &Engine) -> Result<()> {
    engine.post(
        "/networks/create",
        &json!({ "Name": NETWORK, "Labels": labels() }),
    )?;
    start_all(
        engine,
        &[("back-end", 1), ("back-end", 2), ("front-end", 1)],
    )?;
    let proxy = start(engine, "proxy", 1)?;
    volley::wait_for(proxy, 80)?;
    volley::fire(proxy)?;
    start_all(engine, &[("back-end", 3), ("back-end", 4), ("back-end", 5)])?;
    engine.order(&format!("/containers/{}/restart?t=0", name("proxy", 1)))?;
    let proxy = address(engine, &name("proxy", 1))?;
    volley::wait_for(proxy, 80)?;
    volley::fire(proxy)
}

/// Starts them side by side, and waits until those that the proxy's requests go to accept connections.
fn start_all(engine: &Engine, containers: &[(&str, u32)]) -> Result<()> {
    side_by_side(containers, |(service, number)| {
        let address = start(engine, service, *number)?;
        if *service == "back-end" {
            volley::wait_for(address, 5252)?;
        }
        Ok(())
    })
}

fn start(engine: &Engine, service: &str, number: u32) -> Result<IpAddr> {
    let name = name(service, number);
    let container = json!({
        "Image": images::reference(service),
        "Labels": labels(),
        "HostConfig": { "NetworkMode": NETWORK },
        "NetworkingConfig": { "EndpointsConfig": { NETWORK: { "Aliases": [service] } } },
    });
    engine.post(&format!("/containers/create?name={name}"), &container)?;
    engine.order(&format!("/containers/{name}/start"))?;
    address(engine, &name)
}

fn address(engine: &Engine, container: &str) -> Result<IpAddr> {
    let details = engine.get(&format!("/containers/{container}/json"))?;
    let address = details["NetworkSettings"]["Networks"][NETWORK]["IPAddress"].as_str();
    address
        .unwrap_or_default()
        .parse()
        .with_context(|| format!("{container} has no address; it may have ended"))
}

/// Whatever carries our label.
fn remove(engine: &Engine) -> Result<()> {
    let containers = ids(&engine.get(&format!("/containers/json?all=1&{OURS}"))?);
    side_by_side(&containers, |id| {
        engine
            .delete(&format!("/containers/{id}?force=1&v=1"))
            .map(drop)
    })?;
    let networks = ids(&engine.get(&format!("/networks?{OURS}"))?);
    side_by_side(&networks, |id| {
        engine.delete(&format!("/networks/{id}")).map(drop)
    })
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

fn name(service: &str, number: u32) -> String {
    format!("{NETWORK}-{service}-{number}")
}

fn labels() -> Value {
    json!({ "org.softy-check.bench": "true" })
}
