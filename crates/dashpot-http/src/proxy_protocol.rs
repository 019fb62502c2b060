//! The PROXY protocol, version 2: who a connection or a datagram came from, told by the proxy in
//! front in a few bytes ahead of everything else.
//!
//! Clauses are those of "The PROXY protocol" by Willy Tarreau (HAProxy's `proxy-protocol.txt`,
//! version 2.3 of the text).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What every header begins with (§2.2).
pub const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// The bytes ahead of the addresses.
const FIXED: usize = 16;

/// The longest header that is taken: addresses of Unix sockets are 216 bytes, and what balancers
/// add (the name in a certificate, an endpoint's number) is far below the rest. The length's field
/// would allow 64 KiB, which is more than a stranger's connection may hold.
pub const HEADER_BYTES_MAX: usize = 4 << 10;

/// What carries the bytes that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Stream,
    /// UDP: each datagram has a header of its own.
    Datagram,
}

/// Both ends of what a proxy has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The client's address.
    pub source: SocketAddr,
    /// The address that the client sent to.
    pub destination: SocketAddr,
}

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// It is the proxy's own connection, such as a probe: whom it came from is who it came from.
    Itself,
    /// It is a client's.
    Client(Ends),
}

/// Why bytes are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// They do not begin with the signature.
    #[error("there is no PROXY header")]
    Signature,
    /// Its version is not 2.
    #[error("version {0} of the PROXY protocol is not known")]
    Version(u8),
    /// It is neither LOCAL nor PROXY.
    #[error("command {0} of the PROXY protocol is not known")]
    Command(u8),
    /// There is no such family or transport.
    #[error("address family {0:#04x} of the PROXY protocol is not known")]
    Family(u8),
    /// It is shorter than its addresses, or longer than [`HEADER_BYTES_MAX`].
    #[error("a PROXY header cannot have a length of {0}")]
    Length(u16),
}

/// Reads the header that `bytes` begin with, and returns what it says and where it ends; `None`
/// where more bytes are needed to tell.
///
/// # Errors
/// Where these bytes begin no header, whatever follows.
pub fn parse(bytes: &[u8]) -> Result<Option<(Who, usize)>, HeaderError> {
    let seen = bytes.len().min(SIGNATURE.len());
    if bytes[..seen] != SIGNATURE[..seen] {
        return Err(HeaderError::Signature);
    }
    // §2.2: "receivers should drop" what has another version, command, family or transport.
    let Some(version_command) = bytes.get(12) else { return Ok(None) };
    if version_command >> 4 != 2 {
        return Err(HeaderError::Version(version_command >> 4));
    }
    let command = version_command & 0x0f;
    if 1 < command {
        return Err(HeaderError::Command(command));
    }
    let Some(&family) = bytes.get(13) else { return Ok(None) };
    if 3 < family >> 4 || 2 < family & 0x0f {
        return Err(HeaderError::Family(family));
    }
    let Some(&[high, low]) = bytes.get(14..FIXED) else { return Ok(None) };
    let length = u16::from_be_bytes([high, low]);
    let end = FIXED + usize::from(length);
    if HEADER_BYTES_MAX < end {
        return Err(HeaderError::Length(length));
    }
    let Some(block) = bytes.get(FIXED..end) else { return Ok(None) };
    // §2.2: the addresses of a LOCAL header are to be ignored, whatever they are.
    if command == 0 {
        return Ok(Some((Who::Itself, end)));
    }
    let who = match family >> 4 {
        1 => Who::Client(v4(block).ok_or(HeaderError::Length(length))?),
        2 => Who::Client(v6(block).ok_or(HeaderError::Length(length))?),
        // Unspecified, or a Unix socket, which says nothing of a network: §2.2 has a receiver that
        // cannot use an address take the connection's own.
        _ => Who::Itself,
    };
    Ok(Some((who, end)))
}

fn v4(block: &[u8]) -> Option<Ends> {
    let (source, rest) = block.split_first_chunk::<4>()?;
    let (destination, rest) = rest.split_first_chunk::<4>()?;
    ends(Ipv4Addr::from(*source), Ipv4Addr::from(*destination), rest)
}

fn v6(block: &[u8]) -> Option<Ends> {
    let (source, rest) = block.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    ends(Ipv6Addr::from(*source), Ipv6Addr::from(*destination), rest)
}

fn ends(source: impl Into<IpAddr>, destination: impl Into<IpAddr>, ports: &[u8]) -> Option<Ends> {
    let port = |at: usize| Some(u16::from_be_bytes(ports.get(at..at + 2)?.try_into().ok()?));
    // What follows the ports is more about the connection, which nobody here asks for.
    Some(Ends {
        source: SocketAddr::new(source.into(), port(0)?),
        destination: SocketAddr::new(destination.into(), port(2)?),
    })
}

/// Returns the header that says what `who` is.
#[must_use]
pub fn write(who: Who, transport: Transport) -> Vec<u8> {
    let mut header = Vec::with_capacity(FIXED + 36);
    header.extend(SIGNATURE);
    let Who::Client(ends) = who else {
        // §2.2: LOCAL, of no family.
        header.extend([0x20, 0x00, 0, 0]);
        return header;
    };
    let transport = match transport {
        Transport::Stream => 1,
        Transport::Datagram => 2,
    };
    let (source, destination) = (ends.source.ip().to_canonical(), ends.destination.ip());
    match (source, destination.to_canonical()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            header.extend([0x21, 0x10 | transport, 0, 12]);
            header.extend(source.octets());
            header.extend(destination.octets());
        }
        // One of each happens where a proxy translates; then both are written as IPv6.
        (source, destination) => {
            header.extend([0x21, 0x20 | transport, 0, 36]);
            header.extend(mapped(source).octets());
            header.extend(mapped(destination).octets());
        }
    }
    header.extend(ends.source.port().to_be_bytes());
    header.extend(ends.destination.port().to_be_bytes());
    header
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

#[cfg(test)]
mod tests;
