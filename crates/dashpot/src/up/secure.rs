//! The HTTPS side of the chain: the page once more, and what to do so that it is trusted.

use super::{
    ca::Files,
    page::{self, EdgeEntry, PageConfig},
    parts::{self, Ground, Parts},
};
use dashpot_serve::{
    Clock, KeyPair, Listener, Options, Shutdown, Tls, TlsOptions, TlsStats, TowerToHyperService,
};
use std::{fmt::Write as _, net::SocketAddr};

/// What is served by HTTPS.
#[derive(Debug)]
pub(super) struct Secure {
    page: SocketAddr,
    edges: Vec<EdgeEntry>,
    files: Files,
}

impl Secure {
    /// Serves the page by HTTPS, with the edges' HTTPS addresses in it.
    ///
    /// # Errors
    /// Where the certificate cannot be used or the address cannot be listened on.
    pub(super) async fn start(
        ground: &Ground<'_>,
        files: Files,
        plain: &PageConfig,
        edges: Vec<EdgeEntry>,
        parts: &mut Parts,
    ) -> anyhow::Result<Self> {
        let pair = KeyPair { cert: files.cert.clone(), key: files.key.clone() };
        let options = TlsOptions::new(vec![pair]);
        let tls = Tls::new(options, TlsStats::default(), Clock::system())?;
        let addr = parts::behind(ground.base, parts::TLS_OFFSET);
        let listener = Listener::bind(addr).await?.with_tls(tls);
        let page = listener.addr();
        let config = PageConfig { edges, ..plain.clone() };
        serve_page(listener, &config, &ground.shutdown, parts)?;
        Ok(Self { page, edges: config.edges, files })
    }

    /// Returns the addresses for a person, and how to trust them.
    pub(super) fn addresses(&self) -> String {
        let mut text = String::from("\n");
        let ca = self.files.ca.display();
        let edges = self.edges.iter().map(|edge| (&*edge.name, edge.url.clone()));
        let all = [("page", format!("https://{}", self.page))].into_iter().chain(edges);
        for (name, url) in all {
            // Writing to a string cannot fail.
            writeln!(text, "  {name:<8} {url}").unwrap_or_default();
        }
        let how = format!(
            "  trust    {ca}\n           curl --cacert {ca}\n           dashpot play --cacert {ca}\n\
             \x20          Chromium: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n dashpot -i {ca}\n\
             \x20          Firefox: Settings, Certificates, Authorities, Import\n"
        );
        text + &how
    }
}

/// Serves the page of `config` on `listener`.
///
/// # Errors
/// Where `config` cannot be written as JSON.
pub(super) fn serve_page(
    listener: Listener,
    config: &PageConfig,
    shutdown: &Shutdown,
    parts: &mut Parts,
) -> Result<(), serde_json::Error> {
    let router = TowerToHyperService::new(page::routes(config)?);
    let options = Options::new(shutdown.clone());
    parts.spawn(async move {
        dashpot_serve::serve(listener, move |_| router.clone(), options).await;
        Ok(())
    });
    Ok(())
}
