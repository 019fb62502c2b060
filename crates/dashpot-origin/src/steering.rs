//! The steering server: players of MPEG-DASH and HLS ask it which pathway to take.

pub(crate) mod admin;
pub(crate) mod poll;
mod read;
mod state;

use crate::{
    faults::Met,
    reply::{Content, Resource, refuse},
};
use axum::body::Body;
use dashpot_base::{MonoTime, Seed};
use dashpot_packager::{Pathways, is_name, leads_to_pathways, steering_folder};
use dashpot_route::steering::{Asked, Refusal, Steering, Told};
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};
use std::sync::{Mutex, PoisonError};

/// What players are told of where to ask: `/steering/` and the name of a viewer.
const PREFIX: &str = "/steering/";
/// Who has no name yet asks this one, and is given one.
const NEW: &str = "new";

/// All that is known of viewers and pathways.
#[derive(Debug)]
pub(crate) struct Steerer(Mutex<Steering>);

impl Steerer {
    pub(crate) fn new(pathways: &Pathways, ttl_s: u32, seed: Seed) -> Self {
        let ids = pathways.list().iter().map(|pathway| pathway.name.clone());
        Self(Mutex::new(Steering::new(ids, ttl_s, seed)))
    }

    /// Answers a viewer; `None` where `path` is for something else.
    pub(crate) fn answer(
        &self,
        now: MonoTime,
        path: &str,
        query: Option<&str>,
    ) -> Option<Result<Resource, Box<Response<Body>>>> {
        let viewer = path.strip_prefix(PREFIX)?;
        Some(self.told(now, viewer, query))
    }

    fn told(
        &self,
        now: MonoTime,
        viewer: &str,
        query: Option<&str>,
    ) -> Result<Resource, Box<Response<Body>>> {
        if !is_name(viewer) {
            let why = "no viewer has such a name: `/steering/new` gives one";
            return Err(unkept(StatusCode::NOT_FOUND, why));
        }
        let asked = read::query(query.unwrap_or_default())
            .map_err(|error| unkept(StatusCode::BAD_REQUEST, &error.to_string()))?;
        let viewer = if viewer == NEW {
            let why = "the system has no random numbers";
            random_id().ok_or_else(|| unkept(StatusCode::SERVICE_UNAVAILABLE, why))?
        } else {
            viewer.to_owned()
        };
        let told = self.ask(now, &viewer, asked).map_err(refused)?;
        Ok(Resource::text("application/json", "no-store", manifest(&viewer, &told)))
    }

    fn ask(&self, now: MonoTime, viewer: &str, asked: Asked) -> Result<Told, Refusal> {
        self.held(|steering| steering.ask(now, viewer, asked))
    }

    pub(crate) fn held<T>(&self, act: impl FnOnce(&mut Steering) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns the steering manifest (draft-pantos-hls-rfc8216bis §7.1, ETSI TS 103 998 §6).
fn manifest(viewer: &str, told: &Told) -> String {
    let mut manifest = Map::new();
    let mut put = |name: &str, value: Value| manifest.insert(name.to_owned(), value);
    put("VERSION", 1.into());
    put("TTL", told.ttl_s.into());
    // Beside the URL that was asked, whatever server and path that had.
    put("RELOAD-URI", viewer.into());
    put("PATHWAY-PRIORITY", told.priority.clone().into());
    if !told.clones.is_empty() {
        let clones = told.clones.iter().map(|(id, clone)| {
            let params: Map<String, Value> =
                clone.params.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            json!({
                "BASE-ID": clone.base,
                "ID": id,
                "URI-REPLACEMENT": { "HOST": clone.host, "PARAMS": params },
            })
        });
        put("PATHWAY-CLONES", clones.collect());
    }
    Value::Object(manifest).to_string()
}

/// Answers a viewer that is told nothing.
fn refused(refusal: Refusal) -> Box<Response<Body>> {
    match refusal {
        Refusal::Nothing => {
            let why = "nothing is steered: this origin has no pathways";
            unkept(StatusCode::NOT_FOUND, why)
        }
        Refusal::Gone => unkept(StatusCode::GONE, "this steering has ended"),
        Refusal::TooMany { retry_s } => {
            let mut response = unkept(StatusCode::TOO_MANY_REQUESTS, "ask as often as TTL says");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_s));
            response
        }
    }
}

/// Returns a refusal that is this viewer's alone.
fn unkept(status: StatusCode, why: &str) -> Box<Response<Body>> {
    let mut response = refuse(status, why);
    let fields = response.headers_mut();
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Box::new(response)
}

/// Returns 128 random bits in hexadecimal: nobody guesses another's, nor has it from him.
fn random_id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Puts the faults of an MPD's URL into those of its pathways, which are whole URLs and would lose
/// them. `asked` is the path with the faults.
pub(crate) fn keep_faults(mut resource: Resource, met: &Met<'_>, asked: &str) -> Resource {
    if met.path.rules.is_empty() || !leads_to_pathways(asked) || !asked.ends_with(".mpd") {
        return resource;
    }
    if let Content::Text(text) = &resource.content
        && let Ok(text) = std::str::from_utf8(text)
    {
        let kept = with_faults(text, &met.path.path, asked);
        resource.content = Content::Text(kept.into());
    }
    resource
}

fn with_faults(text: &str, plain: &str, asked: &str) -> String {
    let (plain, asked) = (steering_folder(plain), steering_folder(asked));
    text.split_inclusive("</BaseURL>").fold(String::with_capacity(text.len()), |all, part| {
        let is_pathway = part.contains("<BaseURL serviceLocation=");
        all + &if is_pathway { part.replacen(&plain, &asked, 1) } else { part.to_owned() }
    })
}
