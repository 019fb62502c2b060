//! How much media data the samples of a fragment take.

use bytes::Bytes;
use dashpot_bmff::{BmffError, FourCc, Handler, Init, SampleDefaults, Track, boxes, parse_moof};

/// Returns the bytes of all samples that `moof` describes; those whose size only the movie header
/// says count for nothing.
pub(super) fn bytes_of_samples(moof: &Bytes) -> Result<u64, BmffError> {
    let mut tracks = Vec::new();
    for top in boxes(moof) {
        for traf in top?.children() {
            let traf = traf?;
            if !traf.is(b"traf") {
                continue;
            }
            // ISO/IEC 14496-12 §8.8.7: version and flags, then the track_ID.
            let tfhd = traf.child(b"tfhd")?;
            let id = tfhd.body.get(4..8).and_then(|id| <[u8; 4]>::try_from(id).ok());
            let id = u32::from_be_bytes(id.unwrap_or_default());
            // One track a segment is usual; the first of each id is the one that is looked up.
            if tracks.iter().all(|track: &Track| track.id != id) {
                tracks.push(unknown(id));
            }
        }
    }
    let moof = parse_moof(moof, &Init { timescale: 1, duration: 0, tracks })?;
    let samples = moof.fragments.iter().flat_map(|fragment| fragment.samples());
    Ok(samples.map(|sample| u64::from(sample.size)).sum())
}

/// Returns a track of which nothing is known but its id.
fn unknown(id: u32) -> Track {
    Track {
        id,
        handler: Handler::Other(FourCc(*b"null")),
        handler_type: FourCc(*b"null"),
        timescale: 1,
        duration: 0,
        language: None,
        sample_entry: FourCc(*b"null"),
        codec: String::new(),
        width: 0,
        height: 0,
        sample_rate: 0,
        channels: 0,
        sample_duration: None,
        defaults: SampleDefaults::default(),
        edits: Vec::new(),
        display: Bytes::new(),
        sample_entries: Bytes::new(),
    }
}
