//! Flags of `dashpot edge`: what clients may take, and what they must show.

use super::parse;
use crate::sign::UrlKey;
use dashpot_base::{ByteSize, parse_duration};
use dashpot_edge::{Cors, Front, Rate, signed_url::Lock};
use dashpot_serve::{Limits, SocketOptions};
use std::{
    num::{NonZeroU32, NonZeroUsize},
    str::FromStr as _,
    time::Duration,
};

/// What clients may take, and what they must show.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Clients")]
pub(super) struct FrontArgs {
    /// How long a request head may take from its first byte
    #[arg(long, value_name = "TIME", default_value = "5s",
          env = "DASHPOT_EDGE_CLIENT_HEADER_TIMEOUT", value_parser = parse_duration)]
    client_header_timeout: Duration,
    /// Largest request head; larger ones are answered 431
    #[arg(long, value_name = "SIZE", default_value = "32KiB", env = "DASHPOT_EDGE_CLIENT_HEADER_MAX",
          value_parser = parse_header_max)]
    client_header_max: u32,
    /// How long the body of a request may pause
    #[arg(long, value_name = "TIME", default_value = "30s",
          env = "DASHPOT_EDGE_CLIENT_BODY_TIMEOUT", value_parser = parse_duration)]
    client_body_timeout: Duration,
    /// How long a connection may rest between requests
    #[arg(long, value_name = "TIME", default_value = "75s",
          env = "DASHPOT_EDGE_CLIENT_IDLE_TIMEOUT", value_parser = parse_duration)]
    client_idle_timeout: Duration,
    /// How long a client may take no byte of a response before it is cut off
    #[arg(long, value_name = "TIME", default_value = "60s",
          env = "DASHPOT_EDGE_CLIENT_WRITE_TIMEOUT", value_parser = parse_duration)]
    client_write_timeout: Duration,
    /// Open connections; further ones wait
    #[arg(long, value_name = "N", default_value_t = NonZeroUsize::MIN.saturating_add(16_383),
          env = "DASHPOT_EDGE_CONNECTIONS_MAX", value_parser = parse::at_least_one)]
    connections_max: NonZeroUsize,
    /// Open connections of one address (IPv6: /64 network); further ones are refused [default: no
    /// limit]
    #[arg(long, value_name = "N", env = "DASHPOT_EDGE_CLIENT_CONNECTIONS_MAX",
          value_parser = parse::at_least_one)]
    client_connections_max: Option<NonZeroUsize>,
    /// Requests per second of one address (IPv6: /64 network); more are answered 429 [default: no
    /// limit]
    #[arg(long, value_name = "N", env = "DASHPOT_EDGE_CLIENT_REQUEST_RATE",
          value_parser = parse::at_least_one_u32)]
    client_request_rate: Option<NonZeroU32>,
    /// Requests of one address at once after a rest, where --client-request-rate limits them
    #[arg(long, value_name = "N", default_value_t = NonZeroU32::MIN.saturating_add(99),
          env = "DASHPOT_EDGE_CLIENT_REQUEST_BURST", value_parser = parse::at_least_one_u32)]
    client_request_burst: NonZeroU32,
    /// Pages that may read responses where the origin says nothing about it: `off`, `*` (all), or
    /// origins such as `https://player.example`
    #[arg(long, value_name = "ORIGIN", default_value = "off", value_delimiter = ',',
          env = "DASHPOT_EDGE_CORS", value_parser = parse_cors)]
    cors: Vec<String>,
    /// Key that URLs must be signed with, as `dashpot sign` does: ID=FILE or ID=HEX; repeatable, so
    /// that one can replace another [default: URLs need no signature]
    #[arg(long = "url-key", value_name = "ID=FILE", env = "DASHPOT_EDGE_URL_KEY",
          hide_env_values = true, value_delimiter = ',', value_parser = UrlKey::from_str)]
    url_keys: Vec<UrlKey>,
    /// How long a signed URL still counts after its end, for clocks that disagree
    #[arg(long, value_name = "TIME", default_value = "5s", env = "DASHPOT_EDGE_URL_SKEW",
          value_parser = parse_duration)]
    url_skew: Duration,
    /// Send buffer of a connection in the kernel [default: the kernel's own choice]
    #[arg(long, value_name = "SIZE", env = "DASHPOT_EDGE_SEND_BUFFER", value_parser = parse_buffer)]
    send_buffer: Option<u32>,
    /// Length of the accept queue, which net.core.somaxconn bounds
    #[arg(long, value_name = "N", default_value_t = 4_096, env = "DASHPOT_EDGE_BACKLOG")]
    backlog: u32,
    /// Silence after which a client is probed, to notice those that have vanished [default: never]
    #[arg(long, value_name = "TIME", env = "DASHPOT_EDGE_TCP_KEEPALIVE",
          value_parser = parse_duration)]
    tcp_keepalive: Option<Duration>,
}

/// Takes `off`, `*` or the origin of a page, as browsers write it: in lower case, without a path.
fn parse_cors(text: &str) -> Result<String, String> {
    if matches!(text, "off" | "*") {
        return Ok(text.to_owned());
    }
    match url::Url::parse(text) {
        Ok(url) if url.origin().is_tuple() && url.origin().ascii_serialization() == text => {
            Ok(text.to_owned())
        }
        Ok(url) if url.origin().is_tuple() => {
            Err(format!("write it as {}", url.origin().ascii_serialization()))
        }
        _ => Err("give `off`, `*` or an origin such as https://player.example".to_owned()),
    }
}

fn parse_header_max(text: &str) -> Result<u32, String> {
    let size: ByteSize = text.parse().map_err(|error| format!("{error}"))?;
    // Less refuses browsers; more is beyond the buffers that heads are read into.
    match u32::try_from(size.bytes()) {
        Ok(bytes) if (1 << 10..=256 << 10).contains(&bytes) => Ok(bytes),
        _ => Err("give 1KiB to 256KiB".to_owned()),
    }
}

fn parse_buffer(text: &str) -> Result<u32, String> {
    let size: ByteSize = text.parse().map_err(|error| format!("{error}"))?;
    // Half of what the kernel's 32-bit count holds: it doubles what is asked for.
    match u32::try_from(size.bytes()) {
        Ok(bytes) if bytes <= 1 << 30 => Ok(bytes),
        _ => Err("give at most 1GiB".to_owned()),
    }
}

fn cors_of(origins: Vec<String>) -> Cors {
    if origins.iter().any(|origin| origin == "*") {
        return Cors::Any;
    }
    let origins: Vec<_> = origins.into_iter().filter(|origin| origin != "off").collect();
    if origins.is_empty() { Cors::Off } else { Cors::Origins(origins) }
}

impl From<FrontArgs> for Front {
    fn from(args: FrontArgs) -> Self {
        let header_bytes_max = usize::try_from(args.client_header_max).unwrap_or(usize::MAX);
        let limits = Limits {
            connections_max: args.connections_max.get(),
            connections_per_client_max: args.client_connections_max,
            header_read_timeout: args.client_header_timeout,
            idle_timeout: args.client_idle_timeout,
            body_timeout: args.client_body_timeout,
            write_stall_timeout: args.client_write_timeout,
            header_bytes_max,
            ..Limits::default()
        };
        let sockets = SocketOptions {
            backlog: args.backlog,
            send_buffer_bytes: args.send_buffer,
            keepalive: args.tcp_keepalive,
        };
        let keys: Vec<_> = args.url_keys.into_iter().map(|key| key.0).collect();
        let signed_urls = (!keys.is_empty()).then_some(Lock { keys, skew: args.url_skew });
        let burst = args.client_request_burst.get();
        Self {
            limits,
            sockets,
            requests_per_client: args
                .client_request_rate
                .map(|rate| Rate { per_second: rate.get(), burst }),
            cors: cors_of(args.cors),
            signed_urls,
        }
    }
}
