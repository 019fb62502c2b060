//! `dashpot balance l4`: connections.

use crate::{
    ExitStatus, cli,
    edge::{descriptors, parse},
    signal,
};
use clap::ValueEnum;
use dashpot_balance::{BackendSpec, Check, Config, ProxyIn, ProxyOut, Splice};
use dashpot_base::{ByteSize, parse_duration};
use dashpot_route::{health, rules};
use dashpot_serve::Shutdown;
use ipnet::IpNet;
use std::{net::SocketAddr, time::Duration};

/// What may be typed after `dashpot balance l4`.
#[derive(Debug, clap::Args)]
#[command(after_help = after_help())]
pub(super) struct Args {
    /// Address to take connections on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", env = "DASHPOT_BALANCE_L4_LISTEN", value_parser = parse::addr)]
    listen: Option<SocketAddr>,
    /// Server to give connections to: ADDR, or `ADDR,weight=2,name=a,max=500`; repeatable
    #[arg(long, value_name = "SPEC", env = "DASHPOT_BALANCE_L4_BACKEND", value_delimiter = ' ',
          action = clap::ArgAction::Append, required = true)]
    backend: Vec<BackendSpec>,
    /// Who gets which connection, NAME[:KEY=VALUE,…]; rules that hash take the addresses and ports
    #[arg(
        long,
        value_name = "RULE",
        default_value = "maglev",
        env = "DASHPOT_BALANCE_L4_ALGORITHM"
    )]
    algorithm: String,
    /// Address of the operator's JSON pages, on this machine only
    #[arg(long, value_name = "ADDR", env = "DASHPOT_BALANCE_L4_ADMIN", value_parser = parse::addr)]
    admin: Option<SocketAddr>,
    #[command(flatten)]
    limits: Limits,
    #[command(flatten)]
    proxy: Proxy,
    #[command(flatten)]
    health: Health,
}

/// Times, counts and sizes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
struct Limits {
    /// How long a connection to a backend may take to be made, before another one is tried
    #[arg(long, value_name = "TIME", default_value = "1s",
          env = "DASHPOT_BALANCE_L4_CONNECT_TIMEOUT", value_parser = parse_duration)]
    connect_timeout: Duration,
    /// Other backends to try where one cannot be connected to
    #[arg(long, value_name = "N", default_value_t = Config::new().redispatch_max,
          env = "DASHPOT_BALANCE_L4_REDISPATCH")]
    redispatch: usize,
    /// How long a connection may rest before it is reset
    #[arg(long, value_name = "TIME", default_value = "300s",
          env = "DASHPOT_BALANCE_L4_IDLE_TIMEOUT", value_parser = parse_duration)]
    idle_timeout: Duration,
    /// The same once one side has ended its direction
    #[arg(long, value_name = "TIME", default_value = "30s",
          env = "DASHPOT_BALANCE_L4_FIN_TIMEOUT", value_parser = parse_duration)]
    fin_timeout: Duration,
    /// How long connections may go on after SIGTERM
    #[arg(long, value_name = "TIME", default_value = "30s",
          env = "DASHPOT_BALANCE_L4_DRAIN", value_parser = parse_duration)]
    drain: Duration,
    /// Connections at once; further ones wait
    #[arg(long, value_name = "N", default_value_t = Config::new().connections_max,
          env = "DASHPOT_BALANCE_L4_CONNECTIONS_MAX")]
    connections_max: usize,
    /// Connections that the operating system takes ahead
    #[arg(long, value_name = "N", default_value_t = Config::new().backlog,
          env = "DASHPOT_BALANCE_L4_BACKLOG")]
    backlog: u32,
    /// Bytes that a direction of a connection may hold while it passes them on
    #[arg(long, value_name = "SIZE", default_value = "32KiB",
          env = "DASHPOT_BALANCE_L4_BUFFER", value_parser = parse_buffer)]
    buffer: u32,
    /// Whether bulk goes through pipes, which copy nothing (Linux)
    #[arg(long, value_name = "WHEN", default_value = "auto", env = "DASHPOT_BALANCE_L4_SPLICE")]
    splice: When,
}

/// The PROXY protocol.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "PROXY protocol")]
struct Proxy {
    /// Tell backends who the client is, by the PROXY protocol, version 2
    #[arg(long, env = "DASHPOT_BALANCE_L4_SEND_PROXY_V2")]
    send_proxy_v2: bool,
    /// Network whose connections tell who the client is, as all then must; others are refused;
    /// repeatable
    #[arg(long, value_name = "NETWORK", env = "DASHPOT_BALANCE_L4_ACCEPT_PROXY",
          value_delimiter = ',', value_parser = parse::network, action = clap::ArgAction::Append)]
    accept_proxy: Vec<IpNet>,
}

/// Probes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Health")]
struct Health {
    /// How backends are probed: tcp (a connection), `http:/PATH` (200 to 399), or off
    #[arg(long, value_name = "HOW", default_value = "tcp", env = "DASHPOT_BALANCE_L4_CHECK",
          value_parser = parse_check)]
    check: Check,
    /// From one probe to the next
    #[arg(long, value_name = "TIME", default_value = "2s",
          env = "DASHPOT_BALANCE_L4_CHECK_INTERVAL", value_parser = parse_duration)]
    check_interval: Duration,
    /// How long a probe may take
    #[arg(long, value_name = "TIME", default_value = "1s",
          env = "DASHPOT_BALANCE_L4_CHECK_TIMEOUT", value_parser = parse_duration)]
    check_timeout: Duration,
    /// Failures that take a backend out
    #[arg(long, value_name = "N", default_value_t = health::Settings::default().fall,
          env = "DASHPOT_BALANCE_L4_FALL")]
    fall: u32,
    /// Passes in a row that bring it back
    #[arg(long, value_name = "N", default_value_t = health::Settings::default().rise,
          env = "DASHPOT_BALANCE_L4_RISE")]
    rise: u32,
    /// How long one that came back grows to its share, where the rule does not hash
    #[arg(long, value_name = "TIME", default_value = "30s",
          env = "DASHPOT_BALANCE_L4_SLOW_START", value_parser = parse_duration)]
    slow_start: Duration,
    /// Do not pass over backends whose connections fail
    #[arg(long, env = "DASHPOT_BALANCE_L4_NO_EJECTION")]
    no_ejection: bool,
}

/// Whether something is done.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum When {
    /// Where it helps
    Auto,
    /// Never
    Off,
}

fn after_help() -> String {
    let mut text = "Rules:\n".to_owned();
    for rule in rules::all() {
        text += &format!("  {:<18} {}\n", rule.name, rule.about);
    }
    text + "\nThe operator's pages: /health, /metrics, /state, /choices?client=ADDR, and PUT, DELETE\n\
            /backends/NAME, POST, DELETE /backends/NAME/drain. docs/balance.md tells more."
}

fn parse_check(text: &str) -> Result<Check, String> {
    match (text, text.strip_prefix("http:")) {
        ("off", _) => Ok(Check::Off),
        ("tcp", _) => Ok(Check::Tcp),
        (_, Some(path)) if path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(Check::Http(path.to_owned()))
        }
        _ => Err("give tcp, http:/health (any path), or off".to_owned()),
    }
}

fn parse_buffer(text: &str) -> Result<u32, String> {
    let size: ByteSize = text.parse().map_err(|error| format!("{error}"))?;
    let size = u32::try_from(size.bytes()).ok().filter(|size| (1 << 10..=1 << 20).contains(size));
    size.ok_or_else(|| "give a size from 1KiB to 1MiB".to_owned())
}

impl Args {
    fn config(self) -> Config {
        let Self { limits, proxy, health, .. } = self;
        let defaults = Config::new();
        Config {
            listen: self.listen,
            admin: self.admin,
            backends: self.backend,
            algorithm: self.algorithm,
            connect_timeout: limits.connect_timeout,
            redispatch_max: limits.redispatch,
            idle_timeout: limits.idle_timeout,
            fin_timeout: limits.fin_timeout,
            drain: limits.drain,
            connections_max: limits.connections_max,
            backlog: limits.backlog,
            buffer_bytes: usize::try_from(limits.buffer).unwrap_or(defaults.buffer_bytes),
            splice: match limits.splice {
                When::Auto => Splice::Auto,
                When::Off => Splice::Off,
            },
            proxy_out: if proxy.send_proxy_v2 { ProxyOut::V2 } else { ProxyOut::Off },
            proxy_in: if proxy.accept_proxy.is_empty() {
                ProxyIn::Off
            } else {
                ProxyIn::From(proxy.accept_proxy)
            },
            check: health.check,
            health: health::Settings {
                interval: health.check_interval,
                fast_interval: health.check_interval / 2,
                timeout: health.check_timeout,
                fall: health.fall,
                rise: health.rise,
                slow_start: health.slow_start,
                ..health::Settings::default()
            },
            outliers: defaults.outliers.filter(|_| !health.no_ejection),
            ..defaults
        }
    }
}

/// Balances until it is interrupted.
///
/// # Errors
/// Where the configuration is none, or an address cannot be listened on.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let config = args.config();
    descriptors::raise(config.connections_max);
    let server = dashpot_balance::bind(config).await?;
    if let Some(addr) = server.addr() {
        cli::print(&format!("tcp://{addr}"));
    }
    if let Some(addr) = server.admin_addr() {
        cli::print(&format!("http://{addr}/ (operator)"));
    }
    let shutdown = Shutdown::new();
    signal::begin_when_interrupted(&shutdown);
    server.run(shutdown).await;
    Ok(ExitStatus::Done)
}
