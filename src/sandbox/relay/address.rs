//! Classification of addresses: the public web, and a run's own networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Ports of web servers.
const WEB: [u16; 2] = [80, 443];

/// IPv4 networks that are not the public internet, by first address and prefix length. The blocks for documentation are not
/// listed: they hold nothing private, and laboratories use them for servers.
const NOT_PUBLIC: [(Ipv4Addr, u8); 12] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Returns whether an address is a web server's on the public internet, and not this machine's own.
pub(in crate::sandbox) fn is_on_the_web(address: SocketAddr) -> bool {
    WEB.contains(&address.port()) && is_public(address.ip()) && !is_own(address.ip())
}

/// Returns whether an address is on the public internet.
pub(in crate::sandbox) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let mut subnets = NOT_PUBLIC.iter().map(|(first, bits)| Subnet {
                first: IpAddr::V4(*first),
                bits: *bits,
            });
            !subnets.any(|subnet| subnet.contains(IpAddr::V4(address)))
        }
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Returns whether an address is global unicast and does not embed an IPv4 address (Teredo, 6to4).
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_teredo = first == 0x2001 && second == 0;
    let is_6to4 = first == 0x2002;
    first & 0xe000 == 0x2000 && !is_teredo && !is_6to4
}

/// Returns whether an address is this machine's: only such an address can be bound.
fn is_own(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

/// Subnet: the addresses of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Subnet {
    first: IpAddr,
    bits: u8,
}

impl Subnet {
    /// Parses the engines' notation, such as `172.18.0.0/16`.
    pub(in crate::sandbox) fn parse(text: &str) -> Option<Subnet> {
        let (first, bits) = text.split_once('/')?;
        let (first, bits) = (first.parse().ok()?, bits.parse().ok()?);
        Some(Subnet { first, bits })
    }

    /// Returns whether an address is in the subnet.
    pub(in crate::sandbox) fn contains(self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differing = u32::from(first) ^ u32::from(address);
                differing.leading_zeros() >= self.bits.into()
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differing = u128::from(first) ^ u128::from(address);
                differing.leading_zeros() >= self.bits.into()
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opens(address: &str, port: u16) -> bool {
        is_on_the_web(SocketAddr::new(address.parse().unwrap(), port))
    }

    #[test]
    fn the_web_is_public_addresses_and_two_ports() {
        for address in [
            "203.0.113.80",
            "8.8.8.8",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "172.32.0.1",
        ] {
            assert!(opens(address, 80) && opens(address, 443), "{address}");
            assert!(!opens(address, 22) && !opens(address, 8080), "{address}");
        }
    }

    #[test]
    fn nothing_private_is_on_the_web() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.255.255.53",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.168.1.1",
            "198.18.26.2",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "fe80::1",
            "fd00:ec2::254",
            "fc00::1",
            "ff02::1",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "2001::1",
            "fec0::1",
        ] {
            assert!(!opens(address, 80) && !opens(address, 443), "{address}");
        }
    }

    #[test]
    fn an_address_of_this_machine_is_not_the_web() {
        assert!(is_own(Ipv4Addr::LOCALHOST.into()));
        assert!(!is_own(Ipv4Addr::new(203, 0, 113, 1).into()));
    }

    #[test]
    fn a_subnet_has_its_own_addresses_only() {
        let subnet = Subnet::parse("172.18.0.0/16").unwrap();
        assert!(subnet.contains("172.18.255.1".parse().unwrap()));
        assert!(subnet.contains("::ffff:172.18.0.2".parse().unwrap()));
        assert!(!subnet.contains("172.19.0.1".parse().unwrap()));
        assert!(!subnet.contains("fd00::1".parse().unwrap()));
        assert!(
            Subnet::parse("fd00::/8")
                .unwrap()
                .contains("fd12::1".parse().unwrap())
        );
        assert_eq!(Subnet::parse("172.18.0.0"), None);
    }
}
