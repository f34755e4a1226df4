//! Sockets that a container listens on, from the kernel's socket tables.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// State of a listening socket in `/proc/net/tcp`: `TCP_LISTEN` of the kernel's `tcp_states.h`.
const LISTEN: &str = "0A";

/// Number of hexadecimal digits of a 32-bit word.
const WORD: usize = 8;

/// Docker's embedded DNS server, which listens in every container.
const EMBEDDED_DNS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11));

/// Returns the listening addresses in the tables of `/proc/net/tcp` and `/proc/net/tcp6`; ignores other lines.
pub fn listening(tables: &str) -> Vec<SocketAddr> {
    let mut addresses: Vec<SocketAddr> = tables
        .lines()
        .filter_map(row)
        .filter(|address| address.ip() != EMBEDDED_DNS)
        .collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

fn row(line: &str) -> Option<SocketAddr> {
    let mut columns = line.split_whitespace().skip(1);
    let (local, state) = (columns.next()?, columns.nth(1)?);
    if state != LISTEN {
        return None;
    }
    let (ip, port) = local.split_once(':')?;
    Some(SocketAddr::new(
        address(ip)?,
        u16::from_str_radix(port, 16).ok()?,
    ))
}

/// Parses an address as the kernel prints it: 32-bit words in the machine's byte order.
fn address(hexadecimal: &str) -> Option<IpAddr> {
    if !hexadecimal.is_ascii() || !hexadecimal.len().is_multiple_of(WORD) {
        return None;
    }
    let words: Option<Vec<[u8; 4]>> = hexadecimal
        .as_bytes()
        .chunks(WORD)
        .map(|word| {
            Some(
                u32::from_str_radix(std::str::from_utf8(word).ok()?, 16)
                    .ok()?
                    .to_ne_bytes(),
            )
        })
        .collect();
    let bytes = words?.concat();
    match bytes.len() {
        4 => Some(IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?))),
        16 => Some(IpAddr::V6(Ipv6Addr::from(
            <[u8; 16]>::try_from(bytes).ok()?,
        ))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn read(rows: &str) -> Vec<String> {
        let tables = format!("{HEADER}{rows}");
        listening(&tables)
            .iter()
            .map(SocketAddr::to_string)
            .collect()
    }

    #[test]
    fn a_listening_socket_is_found() {
        assert_eq!(
            read(
                "   0: 00000000:1484 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1\n"
            ),
            ["0.0.0.0:5252"]
        );
        assert_eq!(
            read("   0: 0100007F:1484 00000000:0000 0A 0 0 0\n"),
            ["127.0.0.1:5252"]
        );
    }

    #[test]
    fn connections_and_the_embedded_dns_server_are_passed_over() {
        assert_eq!(
            read(
                "   0: 0B00007F:9C4B 00000000:0000 0A 0\n   1: 020014AC:1484 030014AC:9C4B 01 0\n"
            ),
            [""; 0]
        );
    }

    #[test]
    fn version_6_addresses_are_read() {
        assert_eq!(
            read(
                "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0\n"
            ),
            ["[::]:80"]
        );
    }

    #[test]
    fn nonsense_is_passed_over() {
        assert_eq!(read("a b c d\n0: zz:zz 0 0A\n0: 00:1484 0 0A\n"), [""; 0]);
    }
}
