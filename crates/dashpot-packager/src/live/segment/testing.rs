//! Reads segments back.

use super::Segment;
use crate::{catalogue::Asset, fixture, live::reel::Strip};
use bytes::Bytes;
use dashpot_bmff::{Placed, boxes, placed};

/// A fragment of a segment.
pub(crate) struct Piece {
    pub(crate) decode_time: u64,
    pub(crate) samples: Vec<Placed>,
}

/// Returns the fragments of a segment, whose media data is what lies behind each head.
pub(crate) fn pieces(asset: &Asset, strip: &Strip<'_>, segment: &Segment) -> Vec<Piece> {
    let files = fixture::files(asset);
    let bytes = Bytes::from(fixture::read(&files, &segment.plan, 0..u64::MAX));
    let (track, mut pieces, mut begin) = (strip.track, Vec::new(), 0);
    for found in boxes(&bytes) {
        let found = found.unwrap();
        if !found.is(b"mdat") {
            continue;
        }
        let (start, end) = (found.header.start, found.header.end());
        let head = bytes.slice(usize::try_from(begin).unwrap()..usize::try_from(start).unwrap());
        let read = placed(&head, track.track_id, track.defaults).unwrap();
        // Samples lie one behind the other, from the first byte of the media data to the last.
        let mut at = start + found.header.len - begin;
        for one in &read.samples {
            assert_eq!(one.offset, at);
            at += u64::from(one.sample.size);
        }
        assert_eq!(at, end - begin);
        pieces.push(Piece { decode_time: read.decode_time, samples: read.samples });
        begin = end;
    }
    pieces
}

/// Returns when each fragment of a segment begins and ends, in the track's ticks.
pub(crate) fn spans(asset: &Asset, strip: &Strip<'_>, segment: &Segment) -> Vec<(u64, u64)> {
    let span = |piece: &Piece| {
        let ticks: u64 = piece.samples.iter().map(|one| u64::from(one.sample.duration)).sum();
        (piece.decode_time, piece.decode_time + ticks)
    };
    pieces(asset, strip, segment).iter().map(span).collect()
}
