//! The authority of a request: `Host`, or what the target names.

use super::Refusal;
use std::net::Ipv6Addr;

/// Checks a host with an optional port (RFC 9110 §7.2).
///
/// Names have letters, digits and `-._~` only: what RFC 3986 allows beyond these resolves nowhere,
/// and a comma or an escape would be read differently by the next hop. An address in brackets is
/// one of IPv6, without a zone.
pub(super) fn check(authority: &[u8]) -> Result<(), Refusal> {
    let (is_host, port) = if let Some(rest) = authority.strip_prefix(b"[") {
        let end = rest.iter().position(|&byte| byte == b']').ok_or(Refusal::Host)?;
        (is_ipv6(&rest[..end]), &rest[end + 1..])
    } else {
        let end = authority.iter().position(|&byte| byte == b':').unwrap_or(authority.len());
        (is_name(&authority[..end]), &authority[end..])
    };
    if is_host && is_port(port) { Ok(()) } else { Err(Refusal::Host) }
}

fn is_name(name: &[u8]) -> bool {
    let is_fine = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    !name.is_empty() && name.iter().all(is_fine)
}

fn is_ipv6(address: &[u8]) -> bool {
    std::str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

/// RFC 3986 §3.2.3: nothing, or a colon and digits, of which there may be none.
fn is_port(port: &[u8]) -> bool {
    match port {
        [] => true,
        [b':', digits @ ..] => {
            let value = digits.iter().try_fold(0_u32, |value, byte| {
                let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
                Some(value.saturating_mul(10).saturating_add(digit))
            });
            value.is_some_and(|value| value <= u32::from(u16::MAX))
        }
        [..] => false,
    }
}
