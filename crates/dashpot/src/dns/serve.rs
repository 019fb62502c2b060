//! `dashpot dns serve`: zones on addresses.

mod file;

use super::absolute;
use crate::{ExitStatus, cli, signal};
use dashpot_dns::{Config, Key, ServerConfig, ZoneConfig, ZoneFrom, proto::rr::Name};
use dashpot_serve::{LogTo, Shutdown};
use ipnet::IpNet;
use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, str::FromStr};
use tracing::warn;

/// What may be typed after `dashpot dns serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Zone and its zone file, such as example.com=example.zone; repeatable
    #[arg(
        long = "zone",
        value_name = "NAME=FILE",
        env = "DASHPOT_DNS_ZONES",
        value_delimiter = ' ',
        required_unless_present_any = ["servers", "secondaries"]
    )]
    zones: Vec<ZoneFile>,
    /// Zone that another server has, such as example.com=192.0.2.1:53; repeatable
    #[arg(
        long = "secondary",
        value_name = "NAME=ADDR",
        env = "DASHPOT_DNS_SECONDARIES",
        value_delimiter = ' '
    )]
    secondaries: Vec<ZoneElsewhere>,
    /// Address for UDP and TCP; port 0 takes a free one; repeatable
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:5300",
        env = "DASHPOT_DNS_LISTEN",
        value_delimiter = ' '
    )]
    listen: Vec<SocketAddr>,
    /// Folder of keys, ZONE.pem each (the root's is root.pem): zones that have one are signed
    #[arg(long, value_name = "DIR", env = "DASHPOT_DNS_KEYS")]
    keys: Option<PathBuf>,
    /// Make a key in that folder for each zone that has none
    #[arg(long, requires = "keys", env = "DASHPOT_DNS_MAKE_KEYS")]
    make_keys: bool,
    /// What this server calls itself to those who ask (NSID)
    #[arg(long, value_name = "NAME", env = "DASHPOT_DNS_NSID")]
    nsid: Option<String>,
    /// Network that may have whole zones (AXFR); repeatable [default: nobody]
    #[arg(
        long = "transfer-to",
        value_name = "CIDR",
        env = "DASHPOT_DNS_TRANSFER_TO",
        value_delimiter = ' '
    )]
    transfer_to: Vec<IpNet>,
    /// Server that is told when a zone has changed (NOTIFY); repeatable [default: nobody]
    #[arg(long, value_name = "ADDR", env = "DASHPOT_DNS_NOTIFY", value_delimiter = ' ')]
    notify: Vec<SocketAddr>,
    /// Answers per second over UDP to a network of clients (/24, /56) [default: not limited]
    #[arg(long, value_name = "COUNT", env = "DASHPOT_DNS_RATE_LIMIT")]
    rate_limit: Option<NonZeroU32>,
    /// TOML file of several servers with addresses and zones of their own, as docs/dns.md has it
    #[arg(
        long,
        value_name = "FILE",
        env = "DASHPOT_DNS_SERVERS",
        conflicts_with_all = ["zones", "secondaries", "nsid", "transfer_to", "notify"]
    )]
    servers: Option<PathBuf>,
    /// Address for /health, /metrics and DNS over HTTPS at /dns-query [default: none]
    #[arg(long, value_name = "ADDR", env = "DASHPOT_DNS_HTTP")]
    http: Option<SocketAddr>,
    /// Where a JSON line for each query goes: a file, `-` for stderr, or `off`
    #[arg(long, value_name = "FILE", default_value = "off", env = "DASHPOT_DNS_ACCESS_LOG",
          value_parser = |text: &str| Ok::<_, String>(LogTo::from(text)))]
    access_log: LogTo,
}

const AFTER_HELP: &str = "\
SIGHUP has the zone files read again. The DS record of each signed zone is printed; where the zone
above is served by the same process and signed as well, it is put there.";

/// A zone and its file, as they are typed.
#[derive(Clone, Debug)]
struct ZoneFile {
    name: Name,
    path: PathBuf,
}

impl FromStr for ZoneFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, path) =
            text.split_once('=').ok_or("give it as NAME=FILE, such as .=root.zone")?;
        let name = Name::from_ascii(name).map_err(|_| format!("`{name}` is no domain name"))?;
        Ok(Self { name: absolute(name), path: path.into() })
    }
}

/// A zone and its primary, as they are typed.
#[derive(Clone, Debug)]
struct ZoneElsewhere {
    name: Name,
    primary: SocketAddr,
}

impl FromStr for ZoneElsewhere {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, primary) =
            text.split_once('=').ok_or("give it as NAME=ADDR, such as example.com=192.0.2.1:53")?;
        let primary = primary.parse().map_err(|_| format!("`{primary}` is no address"))?;
        let name = Name::from_ascii(name).map_err(|_| format!("`{name}` is no domain name"))?;
        Ok(Self { name: absolute(name), primary })
    }
}

/// Answers until it is interrupted.
///
/// # Errors
/// Where a zone, a key or an address cannot be had.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let mut servers = match &args.servers {
        Some(path) => file::read(path)?,
        None => vec![one(&args)],
    };
    if let Some(keys) = &args.keys {
        find_keys(&mut servers, keys, args.make_keys)?;
    }
    let (http, access_log, rate_limit) = (args.http, args.access_log, args.rate_limit);
    let server = dashpot_dns::bind(Config { servers, http, access_log, rate_limit }).await?;
    for addr in server.addrs() {
        cli::print(&format!("dns://{addr}"));
    }
    if let Some(addr) = server.http_addr() {
        cli::print(&format!("http://{addr}/dns-query"));
    }
    let handle = server.handle();
    for zone in handle.authorities().flat_map(|authority| authority.zones()) {
        if let Some(key) = zone.key() {
            cli::print(&key.ds()?.to_string());
        }
    }
    signal::at_each_hangup(move || {
        if let Err(error) = handle.reload() {
            warn!(%error, "the zones stay as they are");
        }
    });
    let shutdown = Shutdown::new();
    signal::begin_when_interrupted(&shutdown);
    server.run(shutdown).await;
    Ok(ExitStatus::Done)
}

/// Returns the one server that the flags tell of.
fn one(args: &Args) -> ServerConfig {
    let own = args.zones.iter().map(|zone| (&zone.name, ZoneFrom::File(zone.path.clone())));
    let others = args.secondaries.iter().map(|zone| (&zone.name, ZoneFrom::Primary(zone.primary)));
    let zones =
        own.chain(others).map(|(name, from)| ZoneConfig { name: name.clone(), from, key: None });
    ServerConfig {
        listen: args.listen.clone(),
        zones: zones.collect(),
        nsid: args.nsid.clone(),
        transfer_to: args.transfer_to.clone(),
        notify: args.notify.clone(),
    }
}

/// Gives each zone the key that `folder` has for it, or a new one where they are to be made.
fn find_keys(
    servers: &mut [ServerConfig],
    folder: &std::path::Path,
    are_made: bool,
) -> anyhow::Result<()> {
    use anyhow::Context as _;
    if are_made {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    }
    let zones = servers.iter_mut().flat_map(|server| &mut server.zones);
    for zone in zones.filter(|zone| zone.key.is_none()) {
        let name = zone.name.to_lowercase().to_ascii();
        let name = if zone.name.is_root() { "root" } else { name.trim_end_matches('.') };
        // Of what a name may have within it, this alone would lead out of the folder.
        let path = folder.join(format!("{}.pem", name.replace('/', "_")));
        if are_made && !path.exists() {
            super::write_secret(&path, Key::generate()?.as_bytes())
                .with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        zone.key = path.exists().then_some(path);
    }
    Ok(())
}
