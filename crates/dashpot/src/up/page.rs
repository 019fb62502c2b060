//! The web page: files embedded at build time, and the one document that tells it what runs.

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use rust_embed::{Embed, EmbeddedFile};
use serde::Serialize;

#[derive(Embed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Files;

/// What `config.json` tells the page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PageConfig {
    /// Version of this binary.
    pub(crate) version: &'static str,
    /// The edges that the page may play through.
    pub(crate) edges: Vec<EdgeEntry>,
    /// The origin behind them.
    pub(crate) origin: OriginEntry,
    /// Assets on offer; empty where an MPD elsewhere is played.
    pub(crate) assets: Vec<AssetEntry>,
    /// Hand-written manifests of the origin.
    pub(crate) manifests: Vec<ManifestEntry>,
    /// Path and query of a proxied MPD.
    pub(crate) mpd: Option<String>,
}

/// An edge, as the page sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EdgeEntry {
    pub(crate) name: String,
    pub(crate) url: String,
    /// Whether viewers may have a link of their own.
    pub(crate) lab: bool,
}

/// The origin, as the page sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OriginEntry {
    pub(crate) url: String,
}

/// An asset and how it may be played.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AssetEntry {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) forms: Vec<&'static str>,
    /// How many times in a row the page plays it.
    #[serde(rename = "loop")]
    pub(crate) loops: u32,
}

/// A hand-written manifest.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ManifestEntry {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) path: String,
}

/// Returns the routes of the page.
///
/// # Errors
/// Where `config` cannot be written as JSON.
pub(crate) fn routes(config: &PageConfig) -> Result<Router, serde_json::Error> {
    let config = serde_json::to_string(config)?;
    let config = get(move || {
        let config = config.clone();
        async { ([(header::CONTENT_TYPE, "application/json")], config) }
    });
    Ok(Router::new()
        .route("/", get(async || file("index.html")))
        .route("/config.json", config)
        .route("/{*path}", get(async |Path(path): Path<String>| file(&path))))
}

/// Says whether this build has that file of the page.
pub(crate) fn has(path: &str) -> bool {
    Files::get(path).is_some()
}

/// Returns a file of the page, or says that there is none.
pub(crate) fn file(path: &str) -> Response {
    match Files::get(path) {
        Some(found) => reply(found, path),
        None if path == "index.html" => Html(NO_PAGE).into_response(),
        None => (StatusCode::NOT_FOUND, "no such file of the page\n").into_response(),
    }
}

fn reply(file: EmbeddedFile, path: &str) -> Response {
    // Vite puts a hash of the content into the names of what lies in assets/.
    let cache_control = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let kind = file.metadata.mimetype().to_owned();
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache_control.to_owned())];
    (headers, file.data.into_owned()).into_response()
}

/// Shown by a build that had no Node.js to make the page with.
const NO_PAGE: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>dashpot: the page is not built</title>
<style>body{font:16px/1.5 system-ui;max-width:40em;margin:3em auto;padding:0 1em;color-scheme:light dark}</style>
<h1>The chain runs, but this build has no web page</h1>
<p>The page is made with Node.js. In the project's folder run</p>
<pre>make web &amp;&amp; cargo build --bin dashpot</pre>
<p>or simply <code>make demo</code>. Until then any DASH player can play what the edges serve:
<a href=\"config.json\">config.json</a> lists them.</p>
</html>
";
