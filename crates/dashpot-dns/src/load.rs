//! Zone files and keys to zones, and the DS records of zones whose parents are here as well.

use crate::{
    config::{At, ServerConfig, StartError, ZoneConfig, ZoneFrom},
    dnssec::Key,
    zone::Zone,
};
use hickory_proto::rr::Record;
use std::{fs, path::Path, sync::Arc};
use tracing::warn;

/// Returns the keys of zones that are signed, in the order of `servers`, and what vouches for them.
pub(crate) fn vouchers(servers: &[ServerConfig]) -> Result<Vec<Record>, StartError> {
    let zones = servers.iter().flat_map(|server| &server.zones);
    let keys = zones.filter_map(|zone| key_of(zone).transpose());
    keys.map(|key| {
        let key = key?;
        key.ds().map_err(|source| StartError::Key {
            zone: key.zone().to_string(),
            path: Path::new("its key").to_owned(),
            source,
        })
    })
    .collect()
}

/// Returns the zone of a file, signed where it has a key, with `vouchers` for the zones below it
/// that its file does not vouch for. None where it comes from another server.
pub(crate) fn load(config: &ZoneConfig, vouchers: &[Record]) -> Result<Option<Zone>, StartError> {
    let ZoneFrom::File(path) = &config.from else { return Ok(None) };
    let text = read(path)?;
    let text = String::from_utf8_lossy(&text);
    let zone = Zone::parse(&text, &config.name).map_err(|error| StartError::Zone {
        zone: config.name.to_string(),
        path: path.clone(),
        source: Box::new(At(error)),
    })?;
    for server in zone.servers_without_address() {
        warn!(zone = %config.name, file = %path.display(), "{server} is a name server without an address");
    }
    finish(zone, config, vouchers).map(Some)
}

/// Returns `zone` as it is served: with vouchers for what is below it, and signed.
pub(crate) fn finish(
    zone: Zone,
    config: &ZoneConfig,
    vouchers: &[Record],
) -> Result<Zone, StartError> {
    let zone = zone.vouching(vouchers);
    Ok(match key_of(config)? {
        Some(key) => zone.signed(Arc::new(key)),
        None => zone,
    })
}

fn key_of(config: &ZoneConfig) -> Result<Option<Key>, StartError> {
    let Some(path) = &config.key else { return Ok(None) };
    let pem = read(path)?;
    let key = Key::from_pem(&config.name, &pem).map_err(|source| StartError::Key {
        zone: config.name.to_string(),
        path: path.clone(),
        source,
    })?;
    Ok(Some(key))
}

fn read(path: &Path) -> Result<Vec<u8>, StartError> {
    fs::read(path).map_err(|source| StartError::Read { path: path.to_owned(), source })
}
