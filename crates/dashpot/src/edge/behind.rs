//! Flags of `dashpot edge`: the upstreams and how requests are sent to them.

use super::parse;
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use dashpot_edge::{Behind, Prefer, S3, UpstreamHttp};
use http::{HeaderName, HeaderValue};
use std::{fs, path::PathBuf};
use url::Url;

/// The upstreams and how requests are sent to them.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Origin")]
pub(super) struct BehindArgs {
    /// URL of another server with the same content, to ask when the origin fails; repeatable
    #[arg(
        long,
        value_name = "URL",
        env = "DASHPOT_EDGE_ORIGIN_BACKUP",
        value_delimiter = ',',
        value_parser = parse::url,
        action = clap::ArgAction::Append
    )]
    origin_backup: Vec<Url>,
    /// In which order origin and backups are asked as long as they work
    #[arg(long, value_name = "ORDER", default_value = "first", env = "DASHPOT_EDGE_ORIGIN_ORDER")]
    origin_order: Order,
    /// Do not repeat a GET that failed: on a backup, or on the origin where the connection was lost
    #[arg(long, env = "DASHPOT_EDGE_NO_RETRY")]
    no_retry: bool,
    /// Name to ask the origin for: Host, and the server name of TLS [default: the URL's]
    #[arg(long, value_name = "NAME", env = "DASHPOT_EDGE_ORIGIN_HOST")]
    origin_host: Option<String>,
    /// Version of HTTP to speak to the origin
    #[arg(long, value_name = "VERSION", default_value = "auto", env = "DASHPOT_EDGE_ORIGIN_HTTP")]
    origin_http: Http,
    /// PEM file of the certificates to trust in an https origin [default: the system's]; repeatable
    #[arg(
        long,
        value_name = "FILE",
        env = "DASHPOT_EDGE_ORIGIN_CA",
        action = clap::ArgAction::Append
    )]
    origin_ca: Vec<PathBuf>,
    /// Field to send to the origin, `Name: value` or `Name: @FILE` (for secrets); repeatable
    #[arg(
        long,
        value_name = "FIELD",
        env = "DASHPOT_EDGE_ORIGIN_HEADER",
        action = clap::ArgAction::Append
    )]
    origin_header: Vec<String>,
    /// Idle connections to keep to each upstream
    #[arg(
        long,
        value_name = "N",
        default_value_t = Behind::default().idle_connections_max,
        env = "DASHPOT_EDGE_ORIGIN_KEEPALIVE",
        value_parser = parse::count
    )]
    origin_keepalive: usize,
    /// Sign requests to an S3 object store with the keys of this file, as in ~/.aws/credentials
    #[arg(long, value_name = "FILE", requires = "s3_region", env = "DASHPOT_EDGE_S3_CREDENTIALS")]
    s3_credentials: Option<PathBuf>,
    /// Region of the object store, such as eu-central-1
    #[arg(
        long,
        value_name = "REGION",
        requires = "s3_credentials",
        env = "DASHPOT_EDGE_S3_REGION"
    )]
    s3_region: Option<String>,
    /// Make URLs in MPDs that name the origin into paths, so that players come back to the edge
    #[arg(long, env = "DASHPOT_EDGE_REWRITE_MPD_URLS")]
    rewrite_mpd_urls: bool,
}

/// Names of the orders.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Order {
    /// The origin while it works, then each backup
    First,
    /// Each in turn
    RoundRobin,
}

/// Names of the versions.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Http {
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1
    Auto,
    /// HTTP/1.1 only
    #[value(name = "1.1")]
    One,
    /// HTTP/2 only, in clear text too
    #[value(name = "2")]
    Two,
}

impl BehindArgs {
    /// Returns what was typed, with the files read.
    ///
    /// # Errors
    /// Where a file cannot be read or a field is none.
    pub(super) fn config(self) -> anyhow::Result<Behind> {
        let s3 = match (self.s3_credentials, self.s3_region) {
            (Some(file), Some(region)) => Some(credentials(&file, region)?),
            (None, _) | (Some(_), None) => None,
        };
        Ok(Behind {
            others: self.origin_backup,
            prefer: match self.origin_order {
                Order::First => Prefer::First,
                Order::RoundRobin => Prefer::RoundRobin,
            },
            retry: !self.no_retry,
            host: self.origin_host,
            http: match self.origin_http {
                Http::Auto => UpstreamHttp::Negotiated,
                Http::One => UpstreamHttp::Http1,
                Http::Two => UpstreamHttp::Http2,
            },
            ca: self.origin_ca,
            headers: self
                .origin_header
                .iter()
                .map(|field| header(field))
                .collect::<anyhow::Result<_>>()?,
            s3,
            rewrite_mpd_urls: self.rewrite_mpd_urls,
            idle_connections_max: self.origin_keepalive,
        })
    }
}

fn header(field: &str) -> anyhow::Result<(HeaderName, HeaderValue)> {
    let Some((name, value)) = field.split_once(':') else {
        bail!("`{field}` is not a field: write `Name: value`, such as `X-Edge-Key: abc`");
    };
    let name: HeaderName =
        name.trim().parse().with_context(|| format!("`{name}` is not the name of a field"))?;
    let value = match value.trim().strip_prefix('@') {
        None => value.trim().to_owned(),
        Some(file) => {
            let text = fs::read_to_string(file).with_context(|| format!("cannot read `{file}`"))?;
            text.trim().to_owned()
        }
    };
    let mut value = HeaderValue::try_from(value)
        .with_context(|| format!("the value of `{name}` cannot stand in a field"))?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// Reads the `[default]` profile of a file in the format of `~/.aws/credentials`.
fn credentials(file: &std::path::Path, region: String) -> anyhow::Result<S3> {
    let place = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("cannot read `{place}`"))?;
    let (mut is_default, mut found) = (true, std::collections::BTreeMap::new());
    for line in text.lines().map(str::trim) {
        if let Some(profile) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            is_default = profile.trim() == "default";
        } else if let (true, Some((key, value))) = (is_default, line.split_once('=')) {
            found.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let mut take = |key: &str| found.remove(key).filter(|value| !value.is_empty());
    let (Some(key_id), Some(secret)) = (take("aws_access_key_id"), take("aws_secret_access_key"))
    else {
        bail!("`{place}` needs `aws_access_key_id = …` and `aws_secret_access_key = …`");
    };
    Ok(S3 { region, key_id, secret, token: take("aws_session_token") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_typed_as_on_the_wire_or_read_from_a_file() {
        let (name, value) = header("X-Edge-Key:  a b ").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-edge-key", "a b"));
        assert!(value.is_sensitive());
        for (field, expected) in [
            ("no field", "write `Name: value`"),
            ("bad name: x", "not the name of a field"),
            ("X: @/nonexistent", "cannot read `/nonexistent`"),
            ("X: a\u{1}", "cannot stand in a field"),
        ] {
            let error = header(field).unwrap_err();
            assert!(format!("{error:#}").contains(expected), "{field}: {error:#}");
        }
    }

    #[test]
    fn credentials_are_those_of_the_default_profile() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let write = |text: &str| fs::write(file.path(), text).unwrap();
        write(
            "[other]\naws_access_key_id=x\n[default]\nAWS_ACCESS_KEY_ID = a\naws_secret_access_key=b=c\n",
        );
        let s3 = credentials(file.path(), "eu".into()).unwrap();
        assert_eq!((&*s3.key_id, &*s3.secret, s3.token), ("a", "b=c", None));
        write("[other]\naws_access_key_id=x\naws_secret_access_key=y");
        assert!(credentials(file.path(), "eu".into()).is_err());
    }
}
