//! Docker's contexts, as its client stores them: `config.json` names the current one, `contexts/meta/SHA-256 OF THE
//! NAME/meta.json` has the address of its engine, `contexts/tls/SHA-256 OF THE NAME/docker` has its certificates.

use std::fs::{read_dir, read_to_string};
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{Address, DEFAULT_CONTEXT, Endpoint, EndpointError, FoundBy, certificates};

#[derive(Default, Deserialize)]
struct Config {
    #[serde(default, rename = "currentContext")]
    current: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    name: String,
    #[serde(default)]
    endpoints: Engines,
}

#[derive(Default, Deserialize)]
struct Engines {
    docker: Option<Engine>,
}

#[derive(Deserialize)]
struct Engine {
    #[serde(default, rename = "Host")]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skips_verification: bool,
}

/// Returns the name of the current context, if one was chosen. An unreadable configuration counts as no choice: Docker's client
/// uses the usual engine then, too.
pub(super) fn current(config: &Path) -> Option<String> {
    let config: Option<Config> = read(&config.join("config.json")).ok()?;
    config?.current.filter(|name| !name.is_empty())
}

/// Returns the engine of a context.
pub(super) fn named(name: &str, config: &Path) -> Result<Endpoint, EndpointError> {
    let (contexts, id) = (config.join("contexts"), id(name));
    let meta: Option<Meta> = read(&contexts.join("meta").join(&id).join("meta.json"))?;
    let Some(meta) = meta else {
        return Err(EndpointError::UnknownContext {
            name: name.to_owned(),
            known: known(&contexts),
        });
    };
    let engine = meta.endpoints.docker;
    let engine = engine.filter(|engine| !engine.host.is_empty());
    let engine = engine.ok_or_else(|| EndpointError::NoEngine(name.to_owned()))?;
    let folder = contexts.join("tls").join(&id).join("docker");
    let tls = folder.is_dir() || engine.host.starts_with("https://");
    let address = Address::parse(&engine.host, tls)?;
    if engine.skips_verification && matches!(address, Address::Tcp(_)) {
        return Err(EndpointError::Unverified(name.to_owned()));
    }
    let tls = match (&address, tls) {
        (Address::Tcp(_), true) => Some(certificates(&folder)?),
        (Address::Tcp(_), false) | (Address::Unix(_), _) => None,
    };
    Ok(Endpoint {
        address,
        tls,
        found_by: FoundBy::Context(name.to_owned()),
    })
}

/// Returns the names of all contexts.
fn known(contexts: &Path) -> Vec<String> {
    let folders = read_dir(contexts.join("meta")).into_iter().flatten();
    let metas =
        folders.filter_map(|folder| read::<Meta>(&folder.ok()?.path().join("meta.json")).ok()?);
    let mut known: Vec<String> = metas.map(|meta| meta.name).collect();
    known.push(DEFAULT_CONTEXT.to_owned());
    known.sort_unstable();
    known
}

fn id(name: &str) -> String {
    let hash = Sha256::digest(name);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Parses a file; `None` if it does not exist.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, EndpointError> {
    let unreadable = |reason: String| EndpointError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    match read_to_string(path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| unreadable(error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(error.to_string())),
    }
}
