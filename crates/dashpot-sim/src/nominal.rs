//! Content whose every segment is exactly as large as its nominal rate says.

use crate::Content;
use dashpot_base::ByteSize;
use dashpot_mpd::timeline::{Presentation, Sidx};
use dashpot_player::{Fetch, What};

/// The size of what is not media: an MPD, an index or an initialisation segment is about this
/// large in the wild, and no decision hangs on it.
const HEAD_SIZE: ByteSize = ByteSize::new(1_200);

/// A presentation at its nominal rates. Its index, where one is asked for, is empty: content of
/// this kind lists its segments.
#[derive(Clone, Debug)]
pub struct Nominal(pub Presentation);

impl Content for Nominal {
    fn presentation(&self) -> Presentation {
        self.0.clone()
    }

    fn index(&self, _fetch: &Fetch) -> Sidx {
        Sidx { timescale: 1, earliest_presentation_time: 0, first_byte: 0, entries: Vec::new() }
    }

    fn size(&self, fetch: &Fetch) -> ByteSize {
        match fetch.what {
            What::Manifest | What::Index { .. } | What::Init { .. } => HEAD_SIZE,
            What::Segment { duration, .. } => fetch.bitrate.bytes_in(duration),
        }
    }
}
