//! `dashpot sign`: a URL that opens a path for a time.

use crate::{ExitStatus, cli};
use anyhow::ensure;
use clap::ValueEnum;
use dashpot_base::parse_duration;
use dashpot_edge::signed_url::{Form, Grant, Key, SECRET_BYTES_MIN};
use dashpot_serve::Clock;
use std::{net::IpAddr, str::FromStr, time::Duration};
use url::Url;

/// What may be typed after `dashpot sign`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Key to sign with, which the edge has as `--url-key`
    #[arg(long, value_name = "ID=FILE", env = "DASHPOT_SIGN_KEY", hide_env_values = true)]
    key: UrlKey,
    /// Path to open; all below it where it ends with a slash
    #[arg(long, value_name = "PATH")]
    path: String,
    /// For how long
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_duration)]
    expires: Duration,
    /// For this client only
    #[arg(long, value_name = "ADDRESS")]
    client: Option<IpAddr>,
    /// Where the signature stands
    #[arg(long, value_name = "FORM", default_value = "path")]
    form: FormName,
    /// Address of the edge, to print a whole URL
    #[arg(long, value_name = "URL")]
    base: Option<Url>,
}

const AFTER_HELP: &str = "\
A file with a key: openssl rand -hex 32 >url.key
Relative URLs inherit a signature in the path, so that one opens an MPD and its segments:
  dashpot sign --key a=url.key --path /vod/film/ --base http://127.0.0.1:9001";

/// Names of the forms.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormName {
    /// Before the path
    Path,
    /// In the query
    Query,
    /// As a value for `Set-Cookie`
    Cookie,
}

/// A key as it is typed: `ID=HEX`, or `ID=FILE` with the key in it, as hexadecimal or as it is.
#[derive(Clone, Debug)]
pub(crate) struct UrlKey(pub(crate) Key);

impl FromStr for UrlKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, value) =
            text.split_once('=').ok_or("give it as ID=FILE, such as a=url.key".to_owned())?;
        let secret = match hex(value) {
            Some(secret) => secret,
            None => {
                let bytes = std::fs::read(value).map_err(|error| {
                    format!("`{value}` is neither a file that can be read ({error}) nor a key in hexadecimal")
                })?;
                let text = bytes.trim_ascii_end();
                std::str::from_utf8(text).ok().and_then(hex).unwrap_or_else(|| text.to_vec())
            }
        };
        let key = Key::new(id, secret).ok_or_else(|| {
            format!(
                "a key has an ID of letters, digits, `-` and `_`, and {SECRET_BYTES_MIN} bytes or more"
            )
        });
        key.map(Self)
    }
}

/// Returns the bytes that `text` spells; shorter ones than a key are a file's name.
fn hex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || text.len() < 2 * SECRET_BYTES_MIN || !text.len().is_multiple_of(2) {
        return None;
    }
    let digits = text.as_bytes().chunks_exact(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Prints the URL.
///
/// # Errors
/// Where the path is none.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitStatus> {
    let path = &args.path;
    let is_path = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
    ensure!(
        is_path && !path.contains(['?', '#']),
        "cannot sign `{path}`: give a path as URLs have it, such as /vod/film/"
    );
    let until = Clock::system().wall().after(args.expires);
    let grant = Grant { scope: path.clone(), expires: until.unix_seconds(), client: args.client };
    let form = match args.form {
        FormName::Path => Form::Path,
        FormName::Query => Form::Query,
        FormName::Cookie => {
            let value = args.key.0.sign(&grant, Form::Cookie, path);
            cli::print(&format!("{value}; Path={path}; Secure; HttpOnly"));
            return Ok(ExitStatus::Done);
        }
    };
    let base = args.base.as_ref().map(|base| base.as_str().trim_end_matches('/'));
    cli::print(&format!("{}{}", base.unwrap_or_default(), args.key.0.sign(&grant, form, path)));
    Ok(ExitStatus::Done)
}
