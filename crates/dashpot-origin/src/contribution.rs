//! Channels that encoders contribute over HTTP (DASH-IF Live Media Ingest, interfaces 1 and 2), held
//! in memory and served while they arrive.

mod media;
mod serve;
mod take;

use crate::config::ContributionConfig;
use dashpot_base::WallTime;
use dashpot_packager::{
    channel::{Bounds, Channel},
    is_name,
};
use dashpot_serve::Clock;
pub(crate) use media::Arriving;
use media::{End, Media};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use xxhash_rust::xxh3::xxh3_64;

/// Channels that there may be: what a machine that encodes them itself could feed.
const CHANNELS_MAX: usize = 16;
/// Letters of a path behind the channel.
const NAME_MAX: usize = 200;

/// All channels.
#[derive(Debug)]
pub(crate) struct Contribution {
    config: ContributionConfig,
    clock: Clock,
    channels: Mutex<BTreeMap<String, Arc<Held>>>,
}

/// A channel with its media.
#[derive(Debug)]
struct Held {
    state: Mutex<State>,
    /// Counts what arrived, for those who wait.
    news: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    channel: Channel,
    media: BTreeMap<(String, u64), Arc<Media>>,
    /// Segments that have begun to arrive, ever.
    count: u64,
}

impl Contribution {
    pub(crate) const fn new(config: ContributionConfig, clock: Clock) -> Self {
        Self { config, clock, channels: Mutex::new(BTreeMap::new()) }
    }

    fn channels(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Held>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, name: &str) -> Option<Arc<Held>> {
        self.channels().get(name).cloned()
    }

    /// Returns a channel, a new one where there is room for it: a channel that nobody is at makes
    /// room.
    fn find_or_make(&self, now: WallTime, name: &str) -> Option<Arc<Held>> {
        let mut channels = self.channels();
        if let Some(held) = channels.get(name) {
            return Some(Arc::clone(held));
        }
        if !is_name(name) {
            return None;
        }
        if CHANNELS_MAX <= channels.len() {
            let idle = channels.iter().find(|(_, held)| !held.state().channel.is_held(now));
            let idle = idle.map(|(name, _)| name.clone())?;
            channels.remove(&idle);
        }
        let bounds =
            Bounds { window: self.config.window, bytes_max: self.config.bytes_max.bytes() };
        let state = State { channel: Channel::new(now, bounds), media: BTreeMap::new(), count: 0 };
        let held = Arc::new(Held { state: Mutex::new(state), news: watch::Sender::new(0) });
        channels.insert(name.to_owned(), Arc::clone(&held));
        Some(held)
    }

    fn remove(&self, name: &str) {
        if let Some(held) = self.channels().remove(name) {
            held.state().channel.end();
            held.tell();
        }
    }
}

impl State {
    /// Returns a segment of a track, a new one where there is none: one that broke off and comes again
    /// is another one.
    fn media(&mut self, track: String, start: u64) -> &Arc<Media> {
        let Self { channel, media, count } = self;
        media.entry((track, start)).or_insert_with_key(|(track, start)| {
            *count += 1;
            let text = format!("{}/{track}/{start}/{count}", channel.run());
            Arc::new(Media::new(xxh3_64(text.as_bytes())))
        })
    }

    /// Lets go of all media where the channel has begun anew.
    fn clear(&mut self, is_anew: bool) {
        if is_anew {
            let all = std::mem::take(&mut self.media);
            all.values().for_each(|media| media.end(End::Broken));
        }
    }
}

impl Held {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who wait that something has arrived.
    fn tell(&self) {
        self.news.send_modify(|count| *count += 1);
    }
}
