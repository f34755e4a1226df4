//! DNS: addresses of containers, and addresses that a container's own resolver returns.

use std::net::IpAddr;

use softy_checks::observation::Fault;

use super::engine::fault;
use super::{ContainerHandle, Sandbox};

/// Largest number of addresses per name; no service of a stack has as many containers.
const ADDRESSES: usize = 64;

/// Line that means that the name does not exist.
const NOBODY: &str = "nobody";

/// Command that resolves a name as nginx does when it starts, or else with BusyBox. glibc's `getent` exits with 2 if the name
/// does not exist.
const ASK: &str =
    "getent ahostsv4 \"$0\" && exit; [ $? = 2 ] && echo nobody && exit; nslookup \"$0\"";

impl Sandbox {
    /// Returns the addresses of a container on its networks.
    ///
    /// # Errors
    /// A fault when the engine cannot inspect the container.
    pub async fn addresses(&self, member: &ContainerHandle) -> Result<Vec<IpAddr>, Fault> {
        let container = self.docker.inspect_container(&member.id, None).await;
        let settings = container.map_err(fault)?.network_settings;
        let networks = settings.and_then(|settings| settings.networks);
        let addresses = networks.unwrap_or_default().into_values();
        let addresses = addresses.filter_map(|endpoint| endpoint.ip_address?.parse().ok());
        Ok(addresses.collect())
    }

    /// Resolves a name inside a container. Returns an empty list if the name does not exist, and `None` if the container has no
    /// program that resolves names.
    ///
    /// # Errors
    /// A fault when the engine does not answer.
    pub async fn resolved(
        &self,
        member: &ContainerHandle,
        name: &str,
    ) -> Result<Option<Vec<IpAddr>>, Fault> {
        let answer = self.run_inside(member, &["sh", "-c", ASK, name]).await?;
        Ok(answer.as_deref().and_then(resolved))
    }
}

/// Parses the addresses in the output of `getent ahostsv4` or BusyBox' `nslookup`, each once; `None` if it is neither's output.
pub fn resolved(answer: &str) -> Option<Vec<IpAddr>> {
    if answer.trim() == NOBODY {
        return Some(Vec::new());
    }
    // The part before the first name is about the resolver.
    let behind_name = answer.find("Name:").and_then(|start| answer.get(start..));
    let words = match behind_name {
        Some(answer) => answer.lines().filter_map(address_of_name).collect(),
        None => answer.lines().collect::<Vec<&str>>(),
    };
    let mut addresses: Vec<IpAddr> = Vec::new();
    for line in words {
        let address = line
            .split_whitespace()
            .next()
            .and_then(|word| word.parse().ok());
        addresses.extend(address.filter(|address| !addresses.contains(address)));
    }
    let is_answer = !addresses.is_empty() && addresses.len() <= ADDRESSES;
    is_answer.then_some(addresses)
}

/// Returns the text after `Address:` or `Address 1:`.
fn address_of_name(line: &str) -> Option<&str> {
    let (label, address) = line.split_once(':')?;
    label.starts_with("Address").then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(answer: &str) -> Option<Vec<String>> {
        let addresses = resolved(answer)?;
        Some(addresses.iter().map(ToString::to_string).collect())
    }

    fn two() -> Option<Vec<String>> {
        Some(vec!["172.19.0.3".to_owned(), "172.19.0.2".to_owned()])
    }

    #[test]
    fn getent_gives_each_address_three_times() {
        let answer = "172.19.0.3      STREAM back-end\n172.19.0.3      DGRAM  \n172.19.0.3      RAW    \n\
                      172.19.0.2      STREAM \n172.19.0.2      DGRAM  \n172.19.0.2      RAW    \n";
        assert_eq!(shown(answer), two());
    }

    #[test]
    fn busybox_names_its_resolver_first() {
        let answer = "Server:\t\t127.0.0.11\nAddress:\t127.0.0.11:53\n\nNon-authoritative answer:\n\
                      Name:\tback-end\nAddress: 172.19.0.3\nName:\tback-end\nAddress: 172.19.0.2\n\n";
        assert_eq!(shown(answer), two());
        let older = "Server:    127.0.0.11\nAddress 1: 127.0.0.11\n\nName:      back-end\n\
                     Address 1: 172.19.0.3 run_back-end_2.run_default\nAddress 2: 172.19.0.2 run_back-end_1.run_default\n";
        assert_eq!(shown(older), two());
    }

    #[test]
    fn a_name_that_nobody_has_is_known() {
        assert_eq!(resolved("nobody\n"), Some(Vec::new()));
    }

    #[test]
    fn anything_else_says_nothing() {
        let refused = "Server:\t\t127.0.0.11\nAddress:\t127.0.0.11:53\n\n** server can't find back-end: NXDOMAIN\n";
        let missing = "sh: 1: getent: not found\nsh: 1: nslookup: not found\n";
        let error = "OCI runtime exec failed: exec failed: container_linux.go:380: starting container process caused: exec: \"sh\": executable file not found in $PATH: unknown\r\n";
        let flood: String = (0..=255).map(|last| format!("10.0.0.{last}\n")).collect();
        for answer in ["", refused, missing, error, &flood] {
            assert_eq!(resolved(answer), None, "{answer}");
        }
    }
}
