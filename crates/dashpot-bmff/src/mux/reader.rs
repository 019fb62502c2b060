//! Collects the samples of a file, progressive or fragmented.

use crate::error::BmffError;
use crate::fragment::{Fragment, moof_of};
use crate::init::{Edit, Init, Track, init_of};
use crate::mux::tables::{bounded, table_samples};
use crate::mux::{MAX_SAMPLES, Sample};
use crate::path::{BoxPath, FourCc};
use crate::scan::TopBox;
use crate::walk::Mp4Box;

/// A track with all its samples in decode order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// What the movie header says about the track.
    pub track: Track,
    /// Ticks a second of edit durations.
    pub movie_timescale: u32,
    /// The samples.
    pub samples: Vec<Sample>,
}

/// Takes the top-level boxes of one file in order.
#[derive(Debug, Clone)]
pub struct Reader {
    file_len: u64,
    init: Option<Init>,
    medias: Vec<Media>,
}

impl Reader {
    /// Returns a reader of a file of `file_len` bytes.
    #[must_use]
    pub const fn new(file_len: u64) -> Self {
        Self { file_len, init: None, medias: Vec::new() }
    }

    /// Takes the next box of the file.
    ///
    /// # Errors
    /// Fails when the movie header or a fragment is broken, comes before what it needs, or places a
    /// sample outside the file.
    pub fn take(&mut self, top: &TopBox) -> Result<(), BmffError> {
        match top {
            TopBox::Read(found) if found.is(b"moov") => self.moov(found),
            TopBox::Read(found) if found.is(b"moof") => self.moof(found),
            TopBox::Read(_) | TopBox::Skipped(_) => Ok(()),
        }
    }

    /// Returns the tracks once the whole file was taken.
    ///
    /// # Errors
    /// Fails when there was no movie header.
    pub fn finish(self) -> Result<Vec<Media>, BmffError> {
        let missing = BmffError::Missing { path: BoxPath::TOP, kind: FourCc(*b"moov") };
        self.init.ok_or(missing)?;
        let mut medias = self.medias;
        keep_together(&mut medias);
        Ok(medias)
    }

    fn moov(&mut self, moov: &Mp4Box) -> Result<(), BmffError> {
        if self.init.is_some() {
            return Err(moov.invalid("there is a second movie header"));
        }
        let init = init_of(moov)?;
        let mut tracks = init.tracks.iter();
        for trak in moov.children() {
            let trak = trak?;
            if trak.is(b"trak")
                && let Some(track) = tracks.next()
            {
                let samples = table_samples(&trak, self.file_len)?;
                let movie_timescale = init.timescale;
                self.medias.push(Media { track: track.clone(), movie_timescale, samples });
            }
        }
        self.init = Some(init);
        Ok(())
    }

    fn moof(&mut self, moof: &Mp4Box) -> Result<(), BmffError> {
        let Some(init) = &self.init else {
            return Err(moof.invalid("the fragment comes before the movie header"));
        };
        let read = moof_of(moof, init)?;
        let mut end = moof.header.start;
        for fragment in &read.fragments {
            let media = self.medias.iter_mut().find(|media| media.track.id == fragment.track_id);
            if let Some(media) = media {
                end = append(media, fragment, moof, (end, self.file_len))?;
            }
        }
        Ok(())
    }
}

/// Tracks without edit lists start when their first sample is presented, which need not be together:
/// pictures out of order start late. What starts later than the first gets an empty edit of that length,
/// so that every track by itself says when it starts.
fn keep_together(medias: &mut [Media]) {
    let first = |media: &Media| {
        let sample = media.samples.first().filter(|_| media.track.edits.is_empty())?;
        let ticks = i128::from(sample.decode_time) + i128::from(sample.composition_offset);
        Some((ticks, ticks * i128::from(media.movie_timescale) / i128::from(media.track.timescale)))
    };
    let earliest = medias.iter().filter_map(first).map(|(_, movie_ticks)| movie_ticks).min();
    for media in medias {
        let (Some((ticks, movie_ticks)), Some(earliest)) = (first(media), earliest) else {
            continue;
        };
        let delay = u64::try_from(movie_ticks - earliest).unwrap_or(0);
        if let (true, Ok(media_time)) = (delay != 0, i64::try_from(ticks)) {
            let empty = Edit { duration: delay, media_time: -1 };
            media.track.edits = vec![empty, Edit { duration: 0, media_time }];
        }
    }
}

/// Appends the samples of a fragment; returns where its data ends.
fn append(
    media: &mut Media,
    fragment: &Fragment,
    moof: &Mp4Box,
    (mut end, file_len): (u64, u64),
) -> Result<u64, BmffError> {
    let base = fragment.base_data_offset.unwrap_or(moof.header.start);
    let after_last =
        media.samples.last().map_or(0, |last| last.decode_time + u64::from(last.duration));
    let mut decode_time = fragment.decode_time.unwrap_or(after_last);
    if decode_time < after_last {
        return Err(moof.invalid("the fragment goes back in time"));
    }
    for run in &fragment.runs {
        let mut offset = match run.data_offset {
            Some(relative) => base
                .checked_add_signed(i64::from(relative))
                .ok_or_else(|| moof.invalid("a data offset lies outside the file"))?,
            None => end,
        };
        if MAX_SAMPLES < media.samples.len() + run.samples.len() {
            return Err(moof.invalid("the track has more samples than any real one"));
        }
        for sample in &run.samples {
            let placed = Sample {
                offset,
                size: sample.size,
                decode_time,
                duration: sample.duration,
                composition_offset: sample.composition_offset,
                sync: sample.is_sync(),
            };
            offset = bounded(&placed, file_len, moof)?;
            decode_time = decode_time
                .checked_add(u64::from(sample.duration))
                .ok_or_else(|| moof.invalid("the decode time overflows"))?;
            media.samples.push(placed);
        }
        end = offset;
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::{Media, keep_together};
    use crate::mux::Sample;
    use crate::tests::{film_track, media_of};

    fn media(timescale: u32, decode_time: u64, composition_offset: i64) -> Media {
        let mut media = media_of(&film_track());
        media.track.timescale = timescale;
        media.movie_timescale = 1000;
        let sample =
            Sample { offset: 0, size: 1, decode_time, duration: 1, composition_offset, sync: true };
        media.samples = vec![sample];
        media
    }

    #[test]
    fn tracks_without_edit_lists_keep_their_distance() {
        // A live capture: both start long after zero, pictures two frames of 40 ms behind the sound.
        let mut medias = [media(100, 9_000, 8), media(48_000, 4_320_000, 0)];
        keep_together(&mut medias);
        let [pictures, sound] = medias;
        let edits: Vec<_> =
            pictures.track.edits.iter().map(|e| (e.duration, e.media_time)).collect();
        assert_eq!(edits, [(80, -1), (0, 9_008)]);
        assert!(sound.track.edits.is_empty());
    }
}
