//! Work on what is read: a movie header that tells of protection, and encrypted fragments.

use super::Seal;
use crate::{
    catalogue::Track,
    plan::{Part, runs},
    timeline::{Segment, Timeline},
};
use bytes::{Bytes, BytesMut};
use dashpot_bmff::{
    BmffError, Cut, Guard, Guarded, Protection, RunSample, build_guarded_cut, placed, protect_init,
};
use dashpot_cenc::{Coding, SampleError, counter_iv};

/// A body that is made of what is read, piece by piece.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// One after the other.
    pub pieces: Vec<Piece>,
    /// Differs with the keys.
    pub fingerprint: u64,
}

/// A piece of a body: what is to be read for it, and what becomes of that.
#[derive(Clone, Debug)]
pub struct Piece {
    parts: Vec<Part>,
    work: Work,
}

#[derive(Clone, Debug)]
enum Work {
    Init { protection: Protection, systems: Vec<Bytes> },
    Chunk(Box<Chunk>),
}

/// One fragment.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    /// Boxes that come before it.
    pub(crate) before: Vec<Bytes>,
    pub(crate) track_id: u32,
    pub(crate) sequence_number: u32,
    pub(crate) decode_time: u64,
    pub(crate) samples: Vec<RunSample>,
    pub(crate) seal: Seal,
}

/// Why a piece could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// What was read has another length than its samples.
    #[error("the samples have {needed} bytes, {read} were read")]
    Length {
        /// What the samples need.
        needed: usize,
        /// What there was.
        read: usize,
    },
    /// A picture is not what its track says.
    #[error("sample {at} cannot be encrypted")]
    Sample {
        /// Which, from 0.
        at: usize,
        /// Why.
        source: SampleError,
    },
    /// A box cannot be read or written.
    #[error(transparent)]
    Box(#[from] BmffError),
}

impl Piece {
    /// Returns the movie header of a track.
    pub(super) fn init(track: &Track, protection: Protection, systems: Vec<Bytes>) -> Self {
        let file = Part::File { path: track.path.clone(), range: track.init.clone() };
        Self { parts: vec![file], work: Work::Init { protection, systems } }
    }

    /// Returns a fragment whose samples are the bytes of `parts`.
    pub(crate) fn chunk(parts: Vec<Part>, chunk: Chunk) -> Self {
        Self { parts, work: Work::Chunk(Box::new(chunk)) }
    }

    /// Returns what is to be read.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the bytes of the piece, from those that were read, in pieces of their own.
    ///
    /// # Errors
    /// Where what was read is not what the scan found.
    pub fn seal(&self, read: BytesMut) -> Result<Vec<Bytes>, SealError> {
        match &self.work {
            Work::Init { protection, systems } => {
                Ok(vec![protect_init(&read.freeze(), protection, systems)?])
            }
            Work::Chunk(chunk) => chunk.seal(read),
        }
    }
}

impl Chunk {
    fn seal(&self, mut read: BytesMut) -> Result<Vec<Bytes>, SealError> {
        let size = |sample: &RunSample| usize::try_from(sample.size).unwrap_or(usize::MAX);
        let needed = self.samples.iter().map(size).fold(0, usize::saturating_add);
        if needed != read.len() {
            return Err(SealError::Length { needed, read: read.len() });
        }
        let Seal { coding, cipher, stream, own_key, systems } = &self.seal;
        let (mut rest, mut decode_time) = (&mut read[..], self.decode_time);
        let mut guards = Vec::with_capacity(self.samples.len());
        for (at, sample) in self.samples.iter().enumerate() {
            let (bytes, behind) = rest.split_at_mut(size(sample));
            let subsamples = match coding {
                Coding::Whole => Vec::new(),
                Coding::Nals(nals) => nals
                    .subsamples(cipher.protection().scheme, bytes)
                    .map_err(|source| SealError::Sample { at, source })?,
            };
            let iv = counter_iv(*stream, decode_time);
            cipher.encrypt(&iv, bytes, &subsamples);
            guards.push(Guard { iv, subsamples });
            decode_time = decode_time.saturating_add(sample.duration.into());
            rest = behind;
        }
        let cut = Cut {
            track_id: self.track_id,
            sequence_number: self.sequence_number,
            decode_time: self.decode_time,
            samples: &self.samples,
        };
        let guarded = Guarded {
            protection: cipher.protection(),
            samples: &guards,
            own_key: *own_key,
            systems,
        };
        let head = build_guarded_cut(&cut, &guarded)?;
        let before = self.before.iter().cloned();
        Ok(before.chain([head, read.freeze()]).collect())
    }
}

/// Returns the fragments of a segment on demand, after messages.
///
/// # Errors
/// Where a head is broken, which [`Asset::new`](crate::Asset::new) rules out.
pub(crate) fn pieces(
    (timeline, segment): (&Timeline<'_>, &Segment),
    mut messages: Option<Bytes>,
    seal: &Seal,
) -> Result<Vec<Piece>, BmffError> {
    let track = timeline.track();
    let mut pieces = Vec::new();
    for index in segment.fragments.clone() {
        let Some(fragment) = track.fragments.get(timeline.on_disk(index)) else { continue };
        let found = placed(&fragment.head, track.track_id, track.defaults)?;
        let places = found
            .samples
            .iter()
            .map(|one| (fragment.offset.saturating_add(one.offset), one.sample.size));
        let file = |range| Part::File { path: track.path.clone(), range };
        let parts = runs(places).into_iter().map(file).collect();
        pieces.push(Piece::chunk(
            parts,
            Chunk {
                before: messages.take().into_iter().collect(),
                track_id: track.track_id,
                // As in a clear one: see `Plan`.
                sequence_number: u32::try_from(index + 1).unwrap_or(u32::MAX),
                decode_time: found.decode_time.saturating_add(timeline.added(index)),
                samples: found.samples.iter().map(|one| one.sample).collect(),
                seal: seal.clone(),
            },
        ));
    }
    Ok(pieces)
}
