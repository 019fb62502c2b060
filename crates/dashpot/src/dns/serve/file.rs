//! The file of several servers.

use super::absolute;
use anyhow::{Context as _, bail};
use dashpot_dns::{ServerConfig, ZoneConfig, ZoneFrom, proto::rr::Name};
use ipnet::IpNet;
use serde::Deserialize;
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    server: Vec<Server>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Server {
    listen: Vec<SocketAddr>,
    nsid: Option<String>,
    #[serde(default)]
    transfer_to: Vec<String>,
    #[serde(default)]
    notify: Vec<SocketAddr>,
    zone: Vec<Zone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Zone {
    name: String,
    file: Option<PathBuf>,
    primary: Option<SocketAddr>,
    key: Option<PathBuf>,
}

/// Returns the servers of the file `path`; paths in it are relative to its folder.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<ServerConfig>> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the servers `{}`", path.display()))?;
    let document: Document = toml::from_str(&text)
        .with_context(|| format!("cannot read the servers `{}`", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    document.server.into_iter().map(|server| server.config(folder)).collect()
}

impl Server {
    fn config(self, folder: &Path) -> anyhow::Result<ServerConfig> {
        let zones = self.zone.into_iter().map(|zone| zone.config(folder));
        let nets = self
            .transfer_to
            .iter()
            .map(|net| net.parse::<IpNet>().with_context(|| format!("`{net}` is no network")));
        Ok(ServerConfig {
            listen: self.listen,
            zones: zones.collect::<anyhow::Result<_>>()?,
            nsid: self.nsid,
            notify: self.notify,
            transfer_to: nets.collect::<anyhow::Result<_>>()?,
        })
    }
}

impl Zone {
    fn config(self, folder: &Path) -> anyhow::Result<ZoneConfig> {
        let Ok(name) = Name::from_ascii(&self.name) else {
            bail!("`{}` is no domain name", self.name)
        };
        let from = match (self.file, self.primary) {
            (Some(file), None) => ZoneFrom::File(folder.join(file)),
            (None, Some(primary)) => ZoneFrom::Primary(primary),
            _ => bail!("the zone {name} needs either a file or a primary"),
        };
        Ok(ZoneConfig { name: absolute(name), from, key: self.key.map(|key| folder.join(key)) })
    }
}
