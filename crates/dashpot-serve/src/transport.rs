//! What the operating system knows of the way to a client: its round trip and throughput.
//!
//! Linux tells of any socket by its four addresses (`sock_diag(7)`); a query takes about 6 µs.
//! Elsewhere nothing is known.

use dashpot_base::Bitrate;
use std::{io, net::SocketAddr, time::Duration};

/// Both ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The client's.
    pub peer: SocketAddr,
    /// The server's.
    pub local: SocketAddr,
    /// Whether the connection is by TLS.
    pub is_secure: bool,
}

/// What is known of the way to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The smoothed round-trip time.
    pub round_trip: Duration,
    /// The rate at which data last arrived at the client; `None` before there was any.
    pub throughput: Option<Bitrate>,
}

/// Asks the operating system of TCP connections.
#[derive(Debug)]
pub struct Transport(#[cfg(target_os = "linux")] linux::Probe);

impl Transport {
    /// Returns what asks.
    ///
    /// # Errors
    /// Where the operating system does not answer such questions.
    pub fn new() -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        return linux::Probe::new().map(Self);
        #[cfg(not(target_os = "linux"))]
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Returns what is known of the way between `ends`; `None` where they are no connection.
    #[must_use]
    pub fn way(&self, ends: Ends) -> Option<Way> {
        #[cfg(target_os = "linux")]
        return self.0.way(ends);
        #[cfg(not(target_os = "linux"))]
        None
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Ends, Way};
    use dashpot_base::Bitrate;
    use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
    use netlink_packet_sock_diag::{
        SockDiagMessage,
        constants::{AF_INET, AF_INET6, IPPROTO_TCP},
        inet::{ExtensionFlags, InetRequest, SocketId, StateFlags, nlas::Nla, nlas::TcpInfo},
    };
    use netlink_sys::{Socket, SocketAddr as NetlinkAddr, protocols::NETLINK_SOCK_DIAG};
    use std::{
        io,
        net::{IpAddr, SocketAddr},
        sync::{Mutex, PoisonError},
        time::Duration,
    };

    /// The longest answer to a question about one socket.
    const ANSWER_BYTES_MAX: usize = 4 << 10;

    #[derive(Debug)]
    pub(super) struct Probe(Mutex<Socket>);

    impl Probe {
        pub(super) fn new() -> io::Result<Self> {
            let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
            socket.bind_auto()?;
            socket.connect(&NetlinkAddr::new(0, 0))?;
            // The kernel answers before `send` returns: what is not there then never comes.
            socket.set_non_blocking(true)?;
            Ok(Self(socket.into()))
        }

        pub(super) fn way(&self, ends: Ends) -> Option<Way> {
            let question = question(ends);
            let mut bytes = vec![0; question.buffer_len()];
            question.serialize(&mut bytes);
            let mut answer = vec![0; ANSWER_BYTES_MAX];
            let length = {
                let socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                socket.send(&bytes, 0).ok()?;
                socket.recv(&mut answer.as_mut_slice(), 0).ok()?
            };
            let answer = answer.get(..length)?;
            let answer = <NetlinkMessage<SockDiagMessage>>::deserialize(answer).ok()?;
            let NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(found)) = answer.payload
            else {
                return None;
            };
            found.nlas.iter().find_map(|attribute| {
                let Nla::TcpInfo(info) = attribute else { return None };
                // Where there is no such connection, the listening socket answers, which has gone
                // nowhere.
                (info.rtt != 0).then(|| way_of(info))
            })
        }
    }

    fn way_of(info: &TcpInfo) -> Way {
        // Both in microseconds and bytes a second, as `tcp_info` has them.
        let rate = info.delivery_rate.saturating_mul(8);
        Way {
            round_trip: Duration::from_micros(info.rtt.into()),
            throughput: (rate != 0).then(|| Bitrate::from_bps(rate)),
        }
    }

    fn question(ends: Ends) -> NetlinkMessage<SockDiagMessage> {
        let (local, peer) = (plain(ends.local), plain(ends.peer));
        let is_v4 = local.is_ipv4();
        let socket_id = SocketId {
            source_port: local.port(),
            destination_port: peer.port(),
            source_address: local.ip(),
            destination_address: peer.ip(),
            interface_id: 0,
            // Whichever socket has these addresses.
            cookie: [0xff; 8],
        };
        let request = InetRequest {
            family: if is_v4 { AF_INET } else { AF_INET6 },
            protocol: IPPROTO_TCP,
            extensions: ExtensionFlags::INFO,
            states: StateFlags::all(),
            socket_id,
        };
        let mut header = NetlinkHeader::default();
        header.flags = NLM_F_REQUEST;
        let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
        message.finalize();
        message
    }

    /// Returns an IPv4 address that a dual-stack socket shows as IPv6 as what it is.
    fn plain(addr: SocketAddr) -> SocketAddr {
        match addr.ip() {
            IpAddr::V6(ip) => {
                ip.to_ipv4_mapped().map_or(addr, |ip| SocketAddr::new(ip.into(), addr.port()))
            }
            IpAddr::V4(_) => addr,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::{
        io::{Read as _, Write as _},
        net::{TcpListener, TcpStream},
    };

    #[test]
    fn a_connection_has_a_way_and_a_stranger_none() {
        for addr in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(addr) else {
                println!("skipped: {addr} is not to be had");
                continue;
            };
            let local = listener.local_addr().unwrap();
            let mut client = TcpStream::connect(local).unwrap();
            let (mut server, peer) = listener.accept().unwrap();
            server.write_all(&[7; 1000]).unwrap();
            client.read_exact(&mut [0; 1000]).unwrap();
            let Ok(transport) = Transport::new() else {
                println!("skipped: the kernel does not tell of sockets here");
                return;
            };
            let way = transport.way(Ends { peer, local, is_secure: false }).unwrap();
            assert_ne!(way.round_trip, Duration::ZERO);
            let stranger = SocketAddr::new(peer.ip(), 9);
            assert_eq!(transport.way(Ends { peer: stranger, local, is_secure: false }), None);
        }
    }
}
