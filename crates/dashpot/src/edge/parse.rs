//! Values of flags, with errors that show how they are written.

use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
};
use url::Url;

/// Reads `http://host:port/path`.
pub(super) fn url(text: &str) -> Result<Url, String> {
    text.parse().map_err(|error| match text.contains("://") {
        true => format!("{error}; write it such as http://127.0.0.1:8080"),
        false => format!("write it with its scheme: http://{text}"),
    })
}

/// Reads `address:port`.
pub(crate) fn addr(text: &str) -> Result<SocketAddr, String> {
    let port = text.rsplit(':').next().unwrap_or_default();
    let port = if port.parse::<u16>().is_ok() { port } else { "8080" };
    text.parse().map_err(|_| {
        format!(
            "give an IP address and a port: 0.0.0.0:{port} for all, 127.0.0.1:{port} for this \
                 machine, [::]:{port} for IPv6 too"
        )
    })
}

/// Reads `10.0.0.0/8`, or a single address.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    let single = |_| text.parse::<IpAddr>().map(IpNet::from);
    text.parse()
        .or_else(single)
        .map_err(|_| "give a network such as 10.0.0.0/8 or fd00::/8, or an address".to_owned())
}

/// Reads a number that is at least one.
pub(super) fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "give a whole number, at least 1".to_owned())
}

/// The same, of 32 bits.
pub(super) fn at_least_one_u32(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "give a whole number, at least 1".to_owned())
}

/// Reads a number.
pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "give a whole number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_otherwise_is_told_how() {
        let told = |error: Option<String>, hint: &str| {
            let error = error.expect("an error");
            assert!(error.contains(hint), "{error}");
        };
        told(url("example.com").err(), "http://example.com");
        told(url("http://a:99999").err(), "such as http://");
        told(addr("8081").err(), "0.0.0.0:8081");
        told(addr("localhost:81").err(), "127.0.0.1:81");
        told(addr("localhost").err(), "127.0.0.1:8080");
        told(network("10.0.0.0/33").err(), "10.0.0.0/8");
        told(at_least_one("0").err(), "at least 1");
        told(at_least_one_u32("many").err(), "at least 1");
        told(count("-1").err(), "whole number");
        assert_eq!(network("10.1.2.3"), Ok("10.1.2.3/32".parse().expect("a network")));
        assert!(url("https://a/b").is_ok() && addr("[::1]:80").is_ok() && count("0") == Ok(0));
    }
}
