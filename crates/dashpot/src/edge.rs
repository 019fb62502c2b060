//! `dashpot edge`: a cache in front of any HTTP origin.

mod admin;
mod behind;
pub(crate) mod descriptors;
mod fill;
mod front;
mod keys;
mod load;
mod ops;
pub(crate) mod parse;
mod policy;
mod tiers;
mod tls;

use crate::{ExitStatus, cli, signal};
use clap::ValueEnum;
use dashpot_base::{ByteSize, parse_duration};
use dashpot_edge::{Config, Eviction, Handle, Lab};
use dashpot_serve::{LogTo, Shutdown};
use std::{net::SocketAddr, time::Duration};
use tracing::{info, warn};
use url::Url;

/// What may be typed after `dashpot edge`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// URL of the origin to cache, with a path prefix where there is one
    #[arg(long, value_name = "URL", env = "DASHPOT_EDGE_ORIGIN", value_parser = parse::url)]
    origin: Url,
    /// Address to listen on; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:9001",
        env = "DASHPOT_EDGE_LISTEN",
        value_parser = parse::addr
    )]
    listen: SocketAddr,
    /// What the edge calls itself in Via, CDN-Loop and Cache-Status, after `dashpot-`; edges in a row
    /// need different ones
    #[arg(long, value_name = "NAME", default_value = "edge", env = "DASHPOT_EDGE_NAME")]
    name: String,
    /// Memory that stored responses may take
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "512MiB",
        env = "DASHPOT_EDGE_CACHE_MEM",
        help_heading = "Storage"
    )]
    cache_mem: ByteSize,
    /// Who leaves when the memory is full
    #[arg(
        long,
        value_name = "POLICY",
        default_value = "lru",
        env = "DASHPOT_EDGE_EVICTION",
        help_heading = "Storage"
    )]
    eviction: EvictionName,
    /// Largest body that is stored; larger ones pass through
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "64MiB",
        env = "DASHPOT_EDGE_OBJECT_MAX",
        help_heading = "Storage"
    )]
    object_max: ByteSize,
    #[command(flatten)]
    tiers: tiers::TiersArgs,
    #[command(flatten)]
    policy: policy::PolicyArgs,
    #[command(flatten)]
    keys: keys::KeysArgs,
    #[command(flatten)]
    fill: fill::FillArgs,
    /// How long a connection to the origin may take to be made
    #[arg(long, value_name = "TIME", default_value = "5s",
          env = "DASHPOT_EDGE_ORIGIN_CONNECT_TIMEOUT", value_parser = parse_duration,
          help_heading = "Origin")]
    origin_connect_timeout: Duration,
    /// How long the origin may take to begin a response
    #[arg(long, value_name = "TIME", default_value = "30s",
          env = "DASHPOT_EDGE_ORIGIN_HEAD_TIMEOUT", value_parser = parse_duration,
          help_heading = "Origin")]
    origin_head_timeout: Duration,
    /// How long the origin may pause within a body
    #[arg(long, value_name = "TIME", default_value = "30s",
          env = "DASHPOT_EDGE_ORIGIN_IDLE_TIMEOUT", value_parser = parse_duration,
          help_heading = "Origin")]
    origin_idle_timeout: Duration,
    #[command(flatten)]
    behind: behind::BehindArgs,
    #[command(flatten)]
    front: front::FrontArgs,
    #[command(flatten)]
    tls: tls::TlsArgs,
    #[command(flatten)]
    admin: admin::AdminArgs,
    /// Where a line for each request goes: a file, `-` for stderr, or `off`
    #[arg(long, value_name = "FILE", default_value = "off", env = "DASHPOT_EDGE_ACCESS_LOG",
          value_parser = |text: &str| Ok::<_, String>(LogTo::from(text)),
          help_heading = "Operations")]
    access_log: LogTo,
    #[command(flatten)]
    ops: ops::OpsArgs,
    #[command(flatten)]
    load: load::LoadArgs,
    /// Let anyone give single viewers a slow link: for laboratories, not for the open network
    #[arg(long, env = "DASHPOT_EDGE_LAB", help_heading = "Operations")]
    lab: bool,
}

const AFTER_HELP: &str = "\
The edge keeps what RFC 9111 lets a shared cache keep, for as long as the origin says, and tells in
Cache-Status why a request was a hit or a miss. Pages of its own: /health, /metrics and
/_dashpot/stats. docs/edge.md is the operator's guide.

SIGHUP opens the access log again and reloads --config without losing cache or connections;
SIGTERM and Ctrl-C let responses in flight end within --drain.";

/// Names of the eviction policies.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum EvictionName {
    /// The least recently used
    Lru,
    /// The least frequently used, by a sketch that decides who may enter
    Tinylfu,
}

impl Args {
    /// Returns what was typed, with the files read that it names.
    fn config(self) -> anyhow::Result<Config> {
        Ok(Config {
            name: self.name,
            cache_mem: self.cache_mem,
            eviction: match self.eviction {
                EvictionName::Lru => Eviction::Lru,
                EvictionName::Tinylfu => Eviction::TinyLfu,
            },
            object_max: self.object_max,
            connect_timeout: self.origin_connect_timeout,
            head_timeout: self.origin_head_timeout,
            idle_timeout: self.origin_idle_timeout,
            lab: if self.lab { Lab::On } else { Lab::Off },
            access_log: self.access_log,
            drain: self.ops.drain,
            policy: self.policy.into(),
            keys: self.keys.into(),
            tiers: self.tiers.into(),
            fill: self.fill.into(),
            front: self.front.into(),
            tls: self.tls.into(),
            behind: self.behind.config()?,
            admin: self.admin.config()?,
            ops: self.ops.into(),
            load: self.load.into(),
            ..Config::new(self.origin, self.listen)
        })
    }
}

/// Serves until it is interrupted.
///
/// # Errors
/// Where the origin's URL cannot be used or the address cannot be listened on.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let config = args.config()?;
    descriptors::raise(config.front.limits.connections_max);
    let server = dashpot_edge::bind(config).await?;
    cli::print(&format!("http://{}/", server.addr()));
    if let Some(addr) = server.admin_addr() {
        cli::print(&format!("http://{addr}/ (operator)"));
    }
    for addr in server.tls_addrs() {
        cli::print(&format!("https://{addr}/"));
    }
    let shutdown = Shutdown::new();
    signal::begin_when_interrupted(&shutdown);
    let handle = server.handle();
    signal::at_each_hangup(move || reload(&handle));
    let (reloads, handle) = (server.reloads(), server.handle());
    tokio::spawn(async move {
        loop {
            reloads.notified().await;
            reload(&handle);
        }
    });
    server.run(shutdown).await?;
    Ok(ExitStatus::Done)
}

/// Opens the logs again and puts in force what flags and configuration file say now.
fn reload(handle: &Handle) {
    handle.reopen_logs();
    let config = cli::edge_again().and_then(Args::config);
    let reloaded = config.and_then(|config| Ok(handle.reload(config)?));
    match reloaded {
        Ok(kept) if kept.is_empty() => info!("reloaded"),
        Ok(kept) => warn!("reloaded, but these take a restart: {}", kept.join(", ")),
        Err(error) => warn!("not reloaded, going on as before: {error:#}"),
    }
}
