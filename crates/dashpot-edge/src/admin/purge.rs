//! `POST /purge`, and `PURGE` from clients.

use std::sync::Arc;

use dashpot_cache::{Mode, Purge, Scope};
use http::{Response, StatusCode, request::Parts};
use serde::{Deserialize, Serialize};

use super::{Refusal, answered};
use crate::{
    body::Body,
    edge::Edge,
    naming::NotNamed,
    store::{self, Swept},
};

/// Bytes of a URL, prefix or tag: with the bound on rules, all of them stay below 100 MB.
const SCOPE_BYTES_MAX: usize = 4_096;

/// What is to be purged.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    url: Option<String>,
    prefix: Option<String>,
    tag: Option<String>,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    soft: bool,
}

#[derive(Debug, Serialize)]
struct Done {
    epoch: u64,
    mode: &'static str,
    /// Responses that it concerned: those in memory, and those on the disk only where the scope is
    /// a URL or all. By prefix and tag, the disk is gone through afterwards.
    objects: u64,
    /// Purges that look-ups consider.
    rules: usize,
}

impl Asked {
    fn scope(self, edge: &Edge) -> Result<Scope, Refusal> {
        let scope = match (self.url, self.prefix, self.tag, self.all) {
            (Some(url), None, None, false) => {
                Scope::Url(edge.naming.key_of_url(&url).map_err(refused)?.as_str().to_owned())
            }
            (None, Some(prefix), None, false) => {
                Scope::Prefix(edge.naming.key_prefix(&prefix).map_err(refused)?)
            }
            (None, None, Some(tag), false) if is_tag(&tag) => Scope::Tag(tag),
            (None, None, Some(_), false) => {
                let hint = "a tag is one word of visible characters";
                return Err(Refusal::new(StatusCode::BAD_REQUEST, "that is not a tag", hint));
            }
            (None, None, None, true) => Scope::All,
            _ => {
                let hint = r#"send one of {"url"}, {"prefix"}, {"tag"}, {"all":true}"#;
                let error = "a purge has exactly one scope";
                return Err(Refusal::new(StatusCode::BAD_REQUEST, error, hint));
            }
        };
        let (Scope::Url(text) | Scope::Prefix(text) | Scope::Tag(text)) = &scope else {
            return Ok(scope);
        };
        if SCOPE_BYTES_MAX < text.len() {
            let hint = "4096 bytes at most; purge by a shorter prefix";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "that is too long", hint));
        }
        Ok(scope)
    }
}

/// What separates tags in a field, or cannot be in one, is in no tag.
fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

pub(super) fn refused(not_named: NotNamed) -> Refusal {
    let (error, hint) = match not_named {
        NotNamed::NotAUrl => ("that is not a URL", "give a path from / on, or an http(s) URL"),
        NotNamed::NoHost => {
            ("the host is missing", "with --key-host, give a whole URL: http://host/path")
        }
    };
    Refusal::new(StatusCode::BAD_REQUEST, error, hint)
}

/// Makes the purge that is asked for.
pub(super) async fn make(edge: &Arc<Edge>, asked: Asked) -> Result<Response<Body>, Refusal> {
    let mode = if asked.soft { Mode::Soft } else { Mode::Hard };
    let scope = asked.scope(edge)?;
    let done = carry_out(edge, scope, mode).await?;
    Ok(answered(StatusCode::OK, &done))
}

/// Purges what a client names by a `PURGE` request for it, and says 404 where there was nothing.
pub(super) async fn by_client(edge: &Arc<Edge>, parts: &Parts) -> Result<Response<Body>, Refusal> {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let key = edge.naming.key(&parts.headers, path);
    let done = carry_out(edge, Scope::Url(key.as_str().to_owned()), Mode::Hard).await?;
    let status = if done.objects == 0 { StatusCode::NOT_FOUND } else { StatusCode::OK };
    Ok(answered(status, &done))
}

async fn carry_out(edge: &Arc<Edge>, scope: Scope, mode: Mode) -> Result<Done, Refusal> {
    let purge = Purge { scope, mode, at: edge.clock.wall() };
    let on = Arc::clone(edge);
    let swept = tokio::task::spawn_blocking(move || on.store.purge(purge)).await;
    let kept = swept.map_err(|error| error.to_string()).and_then(|swept| {
        let Swept { epoch, objects, kept } = swept;
        kept.map(|()| (epoch, objects)).map_err(|error| error.to_string())
    });
    edge.stats.purges.inc();
    if mode == Mode::Hard {
        store::reclaim(&edge.shared);
    }
    let rules = edge.store.purging.rules();
    match kept {
        Ok((epoch, objects)) => {
            Ok(Done { epoch, mode: crate::purging::word(mode), objects, rules })
        }
        Err(error) => {
            let hint = "it counts until the next restart; mend the disk and purge again";
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error, hint))
        }
    }
}
