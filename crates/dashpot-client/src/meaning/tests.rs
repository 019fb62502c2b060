use super::*;
use bytes::Bytes;
use dashpot_abr::Rung;
use dashpot_bmff::{Reference, build_sidx};
use dashpot_http::cmcd::Cmcd;
use dashpot_player::{Fetch, Ticket};
use dashpot_qoe::Media;
use reqwest::StatusCode;

/// Where the first segment begins, and the size and duration of each.
type Found = (u64, Vec<(u64, u64)>);

fn check(range: Option<(u64, u64)>, body: Bytes, expected: Result<Found, &str>) {
    let what = What::Index { media: Media::Video, rung: Rung(0) };
    let request = Request {
        fetch: Fetch::new(Ticket(1), what),
        url: "http://origin.test/v1.mp4".to_owned(),
        range,
        mime: None,
        cmcd: Cmcd::default(),
    };
    let reply = Reply {
        url: request.url.clone(),
        status: StatusCode::PARTIAL_CONTENT,
        content_type: None,
        cache_status: None,
        server_data: None,
        stamp: None,
        size: 0,
        body,
        flaw: None,
    };
    let sidx = match meaning(&request, reply, WallTime::EPOCH) {
        Ok(Input::Index { sidx, .. }) => Ok((sidx.first_byte, sidx.entries)),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    };
    assert_eq!(sidx, expected.map_err(str::to_owned));
}

fn index(references: Vec<Reference>) -> Bytes {
    let sidx = dashpot_bmff::Sidx {
        reference_id: 1,
        timescale: 12_800,
        earliest_presentation_time: 0,
        first_offset: 8,
        references,
    };
    build_sidx(&sidx).expect("fits")
}

#[test]
fn offsets_count_from_the_end_of_the_index_14496_12_8_16_3() {
    let body = index(vec![Reference::fragment(1_000, 25_600), Reference::fragment(500, 12_800)]);
    let length = u64::try_from(body.len()).expect("small");
    let entries = vec![(1_000, 25_600), (500, 12_800)];
    check(Some((700, 699 + length)), body.clone(), Ok((700 + length + 8, entries.clone())));
    check(None, body.clone(), Ok((length + 8, entries.clone())));
    let after_other_boxes = [&b"\0\0\0\x08free"[..], &body].concat().into();
    check(Some((700, 1_000)), after_other_boxes, Ok((708 + length + 8, entries)));
}

#[test]
fn what_is_no_index_is_an_error() {
    let nested = Reference { to_index: true, ..Reference::fragment(1_000, 25_600) };
    let text = "the segment index in http://origin.test/v1.mp4";
    let further = format!("{text} points at further indexes, which are not followed");
    check(None, index(vec![nested]), Err(&further));
    let unreadable = format!("{text} cannot be read");
    let cut = index(vec![Reference::fragment(1, 1)]);
    for body in [Bytes::new(), Bytes::from_static(b"<html>"), cut.slice(..cut.len() - 1)] {
        check(None, body, Err(&unreadable));
    }
}
