//! A server behind the balancer.

use crate::stats::Counts;
use std::{net::SocketAddr, str::FromStr};

/// A server as it is configured: `127.0.0.1:9001,weight=2,name=edge-1,max=500`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendSpec {
    /// Its name in logs and on hash tables; without one, its address.
    pub name: String,
    /// Where it listens.
    pub addr: SocketAddr,
    /// Its share, next to the weights of the others; with 0 it gets nothing.
    pub weight: u32,
    /// Connections that it may have at once.
    pub connections_max: Option<u32>,
}

/// What is wrong with a backend as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendSpecError {
    /// There is no address in front.
    #[error("`{0}` is no address: write 127.0.0.1:9001, then ,weight=2 ,name=NAME ,max=N")]
    Addr(String),
    /// There is no such part, or not with that value.
    #[error(
        "`{0}`: after the address there may be weight=0..1000, name=NAME and max=N (connections)"
    )]
    Part(String),
}

impl BackendSpec {
    /// Returns a server with a weight of 1, named by its address.
    #[must_use]
    pub fn new(addr: SocketAddr) -> Self {
        Self { name: addr.to_string(), addr, weight: 1, connections_max: None }
    }
}

impl FromStr for BackendSpec {
    type Err = BackendSpecError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split(',');
        let addr = parts.next().unwrap_or_default();
        let addr = addr.parse().map_err(|_| BackendSpecError::Addr(addr.to_owned()))?;
        let mut spec = Self::new(addr);
        for part in parts {
            let bad = || BackendSpecError::Part(part.to_owned());
            let (key, value) = part.split_once('=').ok_or_else(bad)?;
            match key {
                "name" if !value.is_empty() => value.clone_into(&mut spec.name),
                "weight" => {
                    let weight = value.parse().ok();
                    let weight = weight.filter(|weight| *weight <= dashpot_route::WEIGHT_MAX);
                    spec.weight = weight.ok_or_else(bad)?;
                }
                "max" => {
                    let max = value.parse().ok().filter(|max| *max != 0);
                    spec.connections_max = Some(max.ok_or_else(bad)?);
                }
                _ => return Err(bad()),
            }
        }
        Ok(spec)
    }
}

/// A server at work.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) spec: BackendSpec,
    pub(crate) counts: Counts,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let got = text.parse::<BackendSpec>();
        let got = got.map_or_else(
            |error| error.to_string(),
            |it| format!("{} {} {} {:?}", it.name, it.addr, it.weight, it.connections_max),
        );
        assert!(got.starts_with(expected), "{text}: {got}");
    }

    #[test]
    fn backends_are_typed_as_an_address_and_what_follows() {
        check("127.0.0.1:9001", "127.0.0.1:9001 127.0.0.1:9001 1 None");
        check("[::1]:9001,weight=0,name=a,max=7", "a [::1]:9001 0 Some(7)");
        check("edge:9001", "`edge:9001` is no address: write 127.0.0.1:9001");
        for part in ["weight=1001", "weight=-1", "max=0", "name=", "speed=9", "weight"] {
            check(&format!("127.0.0.1:9001,{part}"), &format!("`{part}`: after the address"));
        }
    }
}
