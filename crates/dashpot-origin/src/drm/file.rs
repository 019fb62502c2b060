//! The secret and the keys that an operator has in files. What is in them is told nowhere: errors say
//! where they are wrong, but do not repeat it.

use crate::config::DrmConfig;
use bytes::Bytes;
use dashpot_cenc::{ContentKey, Given, Keys};
use dashpot_packager::{Drm, System};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrmError {
    /// A file cannot be read.
    #[error("cannot read `{}`, which should hold {what}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What it is for.
        what: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// A secret could be guessed.
    #[error(
        "cannot derive keys from `{}`: a secret has 16 bytes at least, as `openssl rand -hex 32` makes them",
        path.display()
    )]
    Short {
        /// The file.
        path: PathBuf,
    },
    /// A file of keys is not JSON, or has other fields.
    #[error(
        "cannot use `{}`: line {line}, column {column} is not as docs/drm.md has it",
        path.display()
    )]
    Json {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Something in it has another form.
    #[error("cannot use `{}`: of `{asset}`, {what}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The asset.
        asset: String,
        /// What it should be.
        what: &'static str,
    },
    /// The system gives no random numbers.
    #[error("cannot draw a secret: use --drm-secret")]
    Random(#[source] getrandom::Error),
}

/// Bytes that a secret has at least, when it is text: as many as a key.
const SECRET_MIN: usize = 16;

/// Returns what media is protected with.
///
/// # Errors
/// Says which file is at fault, and where.
pub(crate) fn load(config: &DrmConfig, addr: SocketAddr) -> Result<Drm, DrmError> {
    let secret = match &config.secret {
        Some(path) => {
            let text = read(path, "the secret that keys follow from")?;
            let text = text.trim_ascii();
            if text.len() < SECRET_MIN {
                return Err(DrmError::Short { path: path.clone() });
            }
            Keys::secret(text)
        }
        None => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(DrmError::Random)?;
            secret
        }
    };
    let (mut given, mut systems) = (BTreeMap::new(), BTreeMap::new());
    if let Some(path) = &config.keys {
        for (asset, told) in parsed(path)? {
            let wrong = |what| DrmError::Field { path: path.clone(), asset: asset.clone(), what };
            let keys: Option<Vec<_>> = told.keys.iter().map(Pair::read).collect();
            let keys =
                keys.ok_or_else(|| wrong("a `kid` or `key` is not 32 digits of 0-9, a-f"))?;
            let boxes: Option<Vec<_>> = told.pssh.iter().map(|text| system(text)).collect();
            let boxes = boxes.ok_or_else(|| wrong("a `pssh` is no such box in Base64"))?;
            given.insert(asset.clone(), keys);
            systems.insert(asset, boxes);
        }
    }
    let url = config
        .licence_url
        .clone()
        .unwrap_or_else(|| format!("http://{}{}", reachable(addr), super::CLEARKEY));
    Ok(Drm::new(Keys::new(secret, given), systems, url))
}

/// Returns an address of this machine where the one listened on stands for all.
fn reachable(mut addr: SocketAddr) -> SocketAddr {
    match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => addr.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => addr.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    addr
}

fn read(path: &Path, what: &'static str) -> Result<Vec<u8>, DrmError> {
    std::fs::read(path).map_err(|source| DrmError::Read { path: path.to_owned(), what, source })
}

/// What a file of keys says of an asset.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    #[serde(default)]
    keys: Vec<Pair>,
    #[serde(default)]
    pssh: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    kid: String,
    key: String,
}

impl Pair {
    fn read(&self) -> Option<Given> {
        Some(Given { id: bytes16(&self.kid)?, key: ContentKey(bytes16(&self.key)?) })
    }
}

/// Reads 16 bytes in hexadecimal digits, with or without the dashes of a UUID.
fn bytes16(text: &str) -> Option<[u8; 16]> {
    let digits = text.replace('-', "");
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?.try_into().ok()
}

fn parsed(path: &Path) -> Result<BTreeMap<String, Told>, DrmError> {
    let text = read(path, "keys of assets")?;
    serde_json::from_slice(&text).map_err(|error| {
        // What it says itself may repeat a key.
        DrmError::Json { path: path.to_owned(), line: error.line(), column: error.column() }
    })
}

/// Reads a `pssh` box, which names the system that it is for.
fn system(text: &str) -> Option<System> {
    let pssh = Bytes::from(BASE64.decode(text.as_bytes()).ok()?);
    let mut found = dashpot_bmff::boxes(&pssh);
    let only = found.next()?.ok()?;
    // Version and flags come before the system.
    let id = only.body.get(4..20)?.try_into().ok()?;
    (only.is(b"pssh") && found.next().is_none()).then_some(System { id, pssh })
}

#[cfg(test)]
mod tests;
