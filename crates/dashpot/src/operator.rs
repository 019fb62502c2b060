//! The operator's API of an edge, as the commands speak to it.

use anyhow::{Context as _, bail};
use serde_json::Value;
use std::{fs, path::PathBuf, time::Duration};
use url::Url;

/// How long an answer may take: a purge goes through the whole memory tier.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Which edge, and what opens its API.
#[derive(Debug, clap::Args)]
pub(crate) struct Reach {
    #[arg(
        long,
        value_name = "URL",
        env = "DASHPOT_ADMIN",
        help = "URL of the edge's operator API, such as http://127.0.0.1:9002"
    )]
    admin: Url,
    /// File with the API's token
    #[arg(long, value_name = "FILE", env = "DASHPOT_ADMIN_TOKEN_FILE")]
    token_file: Option<PathBuf>,
}

/// The operator's API of one edge.
#[derive(Debug)]
pub(crate) struct Api {
    client: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Api {
    /// Reads what `args` name; nothing is connected.
    pub(crate) fn new(args: &Reach) -> anyhow::Result<Self> {
        if args.admin.scheme() != "http" || !args.admin.has_host() {
            bail!("cannot use `{}`: give an http:// URL such as http://127.0.0.1:9002", args.admin);
        }
        let token = args.token_file.as_ref().map(|path| {
            fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
        });
        let token = token.transpose()?.map(|token| token.trim().to_owned());
        // No certificate is looked at: the API speaks plain HTTP.
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        let builder = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(TIMEOUT);
        let client = builder.build().context("cannot make an HTTP client")?;
        Ok(Self { client, base: args.admin.as_str().trim_end_matches('/').to_owned(), token })
    }

    /// Sends `json` and returns the answer.
    pub(crate) async fn post(&self, path: &str, json: &Value) -> anyhow::Result<Value> {
        let request = self.client.post(format!("{}{path}", self.base));
        let request = request.header("content-type", "application/json").body(json.to_string());
        self.answer(request).await
    }

    /// Returns the answer to a GET.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.answer(self.client.get(format!("{}{path}", self.base))).await
    }

    async fn answer(&self, mut request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.context("cannot reach the edge's operator API")?;
        let status = response.status();
        let text = response.text().await.context("the answer broke off")?;
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        if !status.is_success() {
            let part = |name: &str| answer[name].as_str().unwrap_or("no reason given").to_owned();
            bail!("the edge refused ({status}): {}; {}", part("error"), part("hint"));
        }
        Ok(answer)
    }
}
