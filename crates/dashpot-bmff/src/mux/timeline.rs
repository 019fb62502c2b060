//! Folds edit lists into sample times: presentation starts at zero, and so does decoding.

use crate::init::Handler;
use crate::mux::Sample;
use crate::mux::reader::Media;

/// Drops what is presented before the edit starts and moves the rest to zero. The presentation time
/// of the first sample is zero by way of its composition offset, which may make others negative.
///
/// Of sound whole frames are dropped, what remains of a frame is kept and starts at zero. Of pictures
/// whole groups are dropped, because the frames of a cut group are needed for decoding. A track that
/// starts late keeps its place by a longer first sample.
pub(crate) fn fold(media: &mut Media) {
    let (start, delay) = edit(media);
    let first = first_kept(media, start);
    media.samples.drain(..first.min(media.samples.len()));
    let Some(decode_origin) = media.samples.first().map(|sample| sample.decode_time) else {
        return;
    };
    let origin = media
        .samples
        .iter()
        .enumerate()
        .take_while(|(index, sample)| *index == 0 || !sample.sync)
        .map(|(_, sample)| presentation(sample))
        .min()
        .unwrap_or(0);
    // An even shift between decoding and presentation moves every composition offset alike.
    let lead = signed(decode_origin).saturating_sub(origin);
    for (index, sample) in media.samples.iter_mut().enumerate() {
        sample.decode_time -= decode_origin;
        sample.composition_offset = sample.composition_offset.saturating_add(lead);
        if index != 0 {
            sample.decode_time = sample.decode_time.saturating_add(u64::from(delay));
        }
    }
    if let Some(first) = media.samples.first_mut() {
        first.duration = first.duration.saturating_add(delay);
    }
}

/// Returns the media time at which the first real edit starts, and the ticks of empty edits before.
fn edit(media: &Media) -> (i64, u32) {
    let empty: u64 = media
        .track
        .edits
        .iter()
        .take_while(|edit| edit.media_time < 0)
        .fold(0, |sum, edit| sum.saturating_add(edit.duration));
    let ticks = u128::from(empty) * u128::from(media.track.timescale)
        / u128::from(media.movie_timescale.max(1));
    let start = media.track.edits.iter().find(|edit| 0 <= edit.media_time);
    let fallback = media.samples.iter().take(1).map(presentation).next().unwrap_or(0);
    let start = start.map_or(fallback, |edit| edit.media_time);
    (start, u32::try_from(ticks).unwrap_or(u32::MAX))
}

fn first_kept(media: &Media, start: i64) -> usize {
    let ends_before =
        |sample: &Sample| presentation(sample).saturating_add(i64::from(sample.duration)) <= start;
    if media.track.handler == Handler::Audio {
        return media.samples.iter().take_while(|sample| ends_before(sample)).count();
    }
    let mut kept = 0;
    for (index, sample) in media.samples.iter().enumerate() {
        if sample.sync && presentation(sample) <= start {
            kept = index;
        }
        if sample.sync && start < presentation(sample) {
            break;
        }
    }
    kept
}

fn presentation(sample: &Sample) -> i64 {
    signed(sample.decode_time).saturating_add(sample.composition_offset)
}

fn signed(ticks: u64) -> i64 {
    i64::try_from(ticks).unwrap_or(i64::MAX)
}
