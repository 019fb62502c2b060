//! One session of dash.js in a browser of its own.

use super::{
    chromium::{Browser, Running},
    contender::{Buffer, Contender},
    desk::{Desk, Order, PAGE, Seat, Standing},
    film::Film,
    told::{Over, Telling},
};
use crate::bench::real::Links;
use anyhow::{Context as _, bail};
use dashpot_net::Trace;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::time::sleep;

/// How long a page may say nothing: it speaks twice a second, but the machine may be busy.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// How many times its length a session may take, and how much longer: a link that is dead would
/// keep it for ever.
const TIMES_MAX: u32 = 10;
const LONGER: Duration = Duration::from_secs(120);

/// What sessions in the browser share.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) browser: Browser,
    pub(super) links: Links,
    pub(super) desk: Desk,
    /// Where the page is.
    pub(super) page: SocketAddr,
    pub(super) film: Arc<Film>,
    /// How much media each session plays.
    pub(super) length: Duration,
    /// The most media ahead of the playhead.
    pub(super) buffer: Duration,
}

/// A session that is over.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) telling: Telling,
    /// How it ended, in a word.
    pub(super) ended: &'static str,
    pub(super) dashjs: String,
}

impl Stage {
    /// Has `contender` play over a link of its own that follows `trace`.
    ///
    /// # Errors
    /// Where the browser does not start, falls silent, or says what cannot be.
    pub(super) async fn play(&self, contender: Contender, trace: Trace) -> anyhow::Result<Played> {
        let (link, mpd) = self.links.open()?;
        let order = Order {
            mpd: mpd.into(),
            length_s: self.length.as_secs_f64(),
            buffer_s: match contender.buffer {
                Buffer::Same => Some(self.buffer.as_secs_f64()),
                Buffer::Own => None,
            },
            abr: contender.strategy,
        };
        let seat = Seat::new(order, link, trace, Arc::clone(&self.film));
        let taken = self.desk.take(seat);
        let url = format!("http://{}/{PAGE}?session={}", self.page, taken.seat.id());
        let mut running = self.browser.start(&url)?;
        let outcome = self.attend(&taken.seat, &mut running).await;
        let last_words = running.end().await;
        let in_time = match outcome {
            Ok(in_time) => in_time,
            Err(error) => bail!("{error:#}; the last that the browser said:\n{last_words}"),
        };
        let dashjs = taken.seat.dashjs().context("the page never began")?;
        let telling = taken.seat.leave(Arc::clone(&self.film), "time is up");
        let ended = match telling.over() {
            Some(Over::Ended) => "ended",
            Some(Over::Failed(why)) if in_time => {
                tracing::warn!("dash.js ended its session: {why}");
                "failed"
            }
            Some(Over::Failed(_)) | None => "time-up",
        };
        Ok(Played { telling, ended, dashjs })
    }

    /// Waits until the session is over; returns whether it was in time.
    async fn attend(&self, seat: &Seat, running: &mut Running) -> anyhow::Result<bool> {
        let most = self.length.saturating_mul(TIMES_MAX).saturating_add(LONGER);
        let up = sleep(most);
        tokio::pin!(up);
        loop {
            match seat.standing() {
                Standing::Running => (),
                Standing::Over => return Ok(true),
                Standing::Refused(why) => bail!("what the page says cannot be: {why}"),
            }
            tokio::select! {
                () = seat.news.notified() => (),
                () = &mut up => return Ok(false),
                () = sleep(SILENCE_MAX) => bail!(
                    "the page has said nothing for {} s: is the machine overloaded? `--threads 1` \
                     plays one session in a browser at a time",
                    SILENCE_MAX.as_secs(),
                ),
                ended = running.ended() => {
                    let status = ended.context("the browser cannot be waited for")?;
                    bail!("the browser ended by itself ({status})");
                }
            }
        }
    }
}
