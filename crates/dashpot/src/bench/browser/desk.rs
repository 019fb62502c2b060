//! Where the page in the browser asks what to play, and tells what happens.

use super::{
    film::Film,
    told::{Telling, Thing},
};
use crate::up::page;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    routing::{get, post},
};
use dashpot_edge::ViewerLink;
use dashpot_net::Trace;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// The page in the build.
pub(super) const PAGE: &str = "bench.html";

/// The largest message: the page sends five hundred things at most, of some hundred bytes each.
const MESSAGE_MAX: usize = 1 << 20;

/// The most things of a message.
const THINGS_MAX: usize = 1_000;

/// The longest version that dash.js may have.
const VERSION_MAX: usize = 32;

/// What the page is to play; its reader is `web/src/bench/order.ts`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Order {
    pub(super) mpd: String,
    pub(super) length_s: f64,
    pub(super) buffer_s: Option<f64>,
    pub(super) abr: &'static str,
}

/// One session's place at the desk.
#[derive(Debug)]
pub(super) struct Seat {
    order: Order,
    link: ViewerLink,
    trace: Trace,
    heard: Mutex<Heard>,
    /// Told whenever the page has said something.
    pub(super) news: Notify,
}

/// What the page has said.
#[derive(Debug)]
struct Heard {
    /// The version of dash.js, once the session has begun.
    dashjs: Option<String>,
    /// The message that comes next.
    next: u64,
    telling: Telling,
    /// Why nothing more is believed.
    refused: Option<String>,
}

/// How a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It goes on.
    Running,
    /// It is over.
    Over,
    /// The page said what cannot be.
    Refused(String),
}

impl Seat {
    /// Returns a place for a session over `link`, which follows `trace` once it begins.
    pub(super) fn new(order: Order, link: ViewerLink, trace: Trace, film: Arc<Film>) -> Self {
        let heard = Heard { dashjs: None, next: 0, telling: Telling::new(film), refused: None };
        Self { order, link, trace, heard: Mutex::new(heard), news: Notify::new() }
    }

    /// Returns the session's id, which nobody guesses.
    pub(super) fn id(&self) -> &str {
        self.link.id()
    }

    /// Returns how the session stands.
    pub(super) fn standing(&self) -> Standing {
        let heard = self.heard();
        match &heard.refused {
            Some(why) => Standing::Refused(why.clone()),
            None if heard.telling.over().is_some() => Standing::Over,
            None => Standing::Running,
        }
    }

    /// Returns the version of dash.js, once the page has said it.
    pub(super) fn dashjs(&self) -> Option<String> {
        self.heard().dashjs.clone()
    }

    /// Ends the session where it is, and returns what was told of it.
    pub(super) fn leave(&self, film: Arc<Film>, why: &str) -> Telling {
        let mut heard = self.heard();
        heard.telling.cut_short(why);
        std::mem::replace(&mut heard.telling, Telling::new(film))
    }

    fn begin(&self, hello: Hello) -> StatusCode {
        let is_version = |text: &str| {
            (1..=VERSION_MAX).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte))
        };
        if !is_version(&hello.dashjs) {
            return StatusCode::BAD_REQUEST;
        }
        let mut heard = self.heard();
        if heard.dashjs.is_some() {
            return StatusCode::CONFLICT;
        }
        heard.dashjs = Some(hello.dashjs);
        self.link.follow(self.trace.clone());
        StatusCode::NO_CONTENT
    }

    fn hear(&self, message: Message) -> StatusCode {
        let mut heard = self.heard();
        if heard.dashjs.is_none() || heard.next < message.number {
            return StatusCode::CONFLICT;
        }
        // It was heard, and the answer was lost.
        if message.number < heard.next {
            return StatusCode::NO_CONTENT;
        }
        if THINGS_MAX < message.things.len() {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        heard.next += 1;
        for thing in message.things {
            if let Err(refused) = heard.telling.add(thing) {
                heard.refused = Some(refused.to_string());
                return StatusCode::BAD_REQUEST;
            }
        }
        StatusCode::NO_CONTENT
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        // What was heard is whole between any two statements that can panic.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the page begins with.
#[derive(Debug, Deserialize)]
struct Hello {
    dashjs: String,
}

/// What the page says; a message that was lost on its way is sent again under its number.
#[derive(Debug, Deserialize)]
struct Message {
    number: u64,
    things: Vec<Thing>,
}

/// All sessions that are being played; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Desk(Arc<Mutex<BTreeMap<String, Arc<Seat>>>>);

/// A place that is taken, until this is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    desk: Desk,
    pub(super) seat: Arc<Seat>,
}

impl Desk {
    /// Gives a session its place.
    pub(super) fn take(&self, seat: Seat) -> Taken {
        let seat = Arc::new(seat);
        self.seats().insert(seat.id().to_owned(), Arc::clone(&seat));
        Taken { desk: self.clone(), seat }
    }

    fn find(&self, id: &str) -> Result<Arc<Seat>, StatusCode> {
        self.seats().get(id).cloned().ok_or(StatusCode::NOT_FOUND)
    }

    fn seats(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Seat>>> {
        // The table is whole between any two statements that can panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the routes of the page and of its sessions.
    pub(super) fn routes(&self) -> Router {
        Router::new()
            .route("/sessions/{id}/order", get(order))
            .route("/sessions/{id}/begin", post(begin))
            .route("/sessions/{id}/events", post(events))
            .layer(DefaultBodyLimit::max(MESSAGE_MAX))
            .route("/{*path}", get(async |Path(path): Path<String>| page::file(&path)))
            .with_state(self.clone())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.desk.seats().remove(self.seat.id());
    }
}

async fn order(
    State(desk): State<Desk>,
    Path(id): Path<String>,
) -> Result<Json<Order>, StatusCode> {
    Ok(Json(desk.find(&id)?.order.clone()))
}

async fn begin(State(desk): State<Desk>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    answer(&desk, &id, &body, Seat::begin)
}

async fn events(State(desk): State<Desk>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    answer(&desk, &id, &body, Seat::hear)
}

fn answer<'a, T: Deserialize<'a>>(
    desk: &Desk,
    id: &str,
    body: &'a [u8],
    take_in: impl Fn(&Seat, T) -> StatusCode,
) -> StatusCode {
    let seat = match desk.find(id) {
        Ok(seat) => seat,
        Err(status) => return status,
    };
    let status = match serde_json::from_slice(body) {
        Ok(said) => take_in(&seat, said),
        Err(error) => {
            seat.heard().refused = Some(error.to_string());
            StatusCode::BAD_REQUEST
        }
    };
    seat.news.notify_one();
    status
}

#[cfg(test)]
mod tests;
