//! One fragment of a track file: whether it can be served by itself, and its times.

use bytes::Bytes;
use dashpot_bmff::{Fragment as Run, Header, Moof, RunSample};
use dashpot_packager::Fragment;

/// Where the parts of a fragment are in the file.
pub(super) struct Place {
    /// Its first byte, which is that of the `moof` or of what belongs before it.
    pub(super) begin: u64,
    pub(super) moof: u64,
    pub(super) mdat: Header,
}

/// A fragment before its duration is known, which is how long it takes to the next one's start.
pub(super) struct Piece {
    offset: u64,
    size: u64,
    head: Bytes,
    start: u64,
    samples_duration: u64,
    sample_duration: Option<u32>,
}

impl Piece {
    /// Reads a fragment.
    ///
    /// # Errors
    /// Says why it cannot be served.
    pub(super) fn read(moof: &Moof, place: &Place, head: &Bytes) -> Result<Self, &'static str> {
        let [run] = moof.fragments.as_slice() else {
            return Err("it must have exactly one traf");
        };
        let decode_time = run.decode_time.ok_or("it has no tfdt")?;
        let first = run.samples().next().ok_or("it has no sample")?;
        if !first.is_sync() {
            return Err("it does not begin with a random access point");
        }
        within_its_mdat(run, place)?;
        let (mut at, mut earliest) = (i128::from(decode_time), i128::MAX);
        for sample in run.samples() {
            earliest = earliest.min(at + i128::from(sample.composition_offset));
            at += i128::from(sample.duration);
        }
        let start = u64::try_from(earliest).map_err(|_| "it begins before time 0")?;
        let even = run.samples().all(|sample| sample.duration == first.duration);
        Ok(Self {
            offset: place.begin,
            size: place.mdat.end().saturating_sub(place.begin),
            // A slice would keep the whole read-ahead window alive.
            head: Bytes::copy_from_slice(head),
            start,
            samples_duration: run.duration(),
            sample_duration: even.then_some(first.duration),
        })
    }

    /// Returns the frames per so many seconds, where all samples last equally long.
    pub(super) fn frame_rate(&self, timescale: u32) -> Option<(u32, u32)> {
        let duration = self.sample_duration.filter(|duration| *duration != 0)?;
        let (mut divisor, mut rest) = (timescale, duration);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Some((timescale.checked_div(divisor)?, duration.checked_div(divisor)?))
    }
}

/// Holds every sample to the fragment's own media data: a client gets nothing else with it, and a
/// decoder would take other bytes for pictures.
fn within_its_mdat(run: &Run, place: &Place) -> Result<(), &'static str> {
    if run.base_data_offset.is_some() {
        // A segment is sent without what lies before it in the file, so that only offsets from its
        // own start stay true; CMAF (ISO/IEC 23000-19) has no others.
        return Err("its data offsets count from the file's start: `dashpot ingest` repacks it");
    }
    let mdat = i128::from(place.mdat.start) + i128::from(place.mdat.len);
    let end = i128::from(place.mdat.end());
    let (mut at, mut total) = (i128::from(place.moof), 0_i128);
    for run in &run.runs {
        // ISO/IEC 14496-12 §8.8.8: without an offset, a run goes on where the one before ended.
        if let Some(offset) = run.data_offset {
            at = i128::from(place.moof) + i128::from(offset);
        }
        let bytes: i128 =
            run.samples.iter().map(|sample: &RunSample| i128::from(sample.size)).sum();
        if 0 < bytes && (at < mdat || end < at + bytes) {
            return Err("its samples lie outside of its mdat");
        }
        (at, total) = (at + bytes, total + bytes);
    }
    if total == 0 {
        return Err("its samples are empty");
    }
    Ok(())
}

/// Puts pieces in a row: each lasts until the next one begins.
pub(super) fn fragments(pieces: Vec<Piece>) -> Vec<Fragment> {
    let starts: Vec<u64> = pieces.iter().skip(1).map(|piece| piece.start).collect();
    let ends = starts.into_iter().map(Some).chain([None]);
    let fragment = |(piece, end): (Piece, Option<u64>)| Fragment {
        offset: piece.offset,
        size: piece.size,
        start: piece.start,
        // Times that go backwards become a duration of zero, which `Asset::new` refuses.
        duration: end.map_or(piece.samples_duration, |end| end.saturating_sub(piece.start)),
        head: piece.head,
    };
    pieces.into_iter().zip(ends).map(fragment).collect()
}
