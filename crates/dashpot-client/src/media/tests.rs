use super::*;

fn film() -> Bytes {
    Bytes::from_static(include_bytes!("../../../../media/film/v1.mp4"))
}

fn place(file: &Bytes, kind: &[u8; 4]) -> usize {
    file.windows(4).position(|four| four == kind).expect("the box") - 4
}

/// The `ftyp` and `moov` of the film.
fn init() -> Bytes {
    film().slice(..place(&film(), b"sidx"))
}

/// The first fragment of the film.
fn fragment() -> Bytes {
    let rest = film().slice(place(&film(), b"moof")..);
    let next = rest[8..].windows(4).position(|four| four == b"moof").expect("a second") + 4;
    rest.slice(..next)
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn check(body: &[u8], expected: Result<(), &str>) {
    for (length, piece) in [
        (Some(wide(body.len())), body.len().max(1)),
        (Some(wide(body.len())), 7),
        (None, body.len().max(1)),
        (None, 1),
    ] {
        let mut segment = SegmentCheck::new(length);
        body.chunks(piece).for_each(|chunk| segment.push(chunk));
        let result = segment.finish().map_err(|error| error.to_string());
        match (&result, expected) {
            (Ok(()), Ok(())) => {}
            (Err(found), Err(wanted)) if found.contains(wanted) => {}
            _ => panic!("{length:?} by {piece}: {result:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn segments_are_boxes_to_the_last_byte() {
    let (init, fragment) = (init(), fragment());
    let mdat = place(&fragment, b"mdat");
    check(&fragment, Ok(()));
    check(&joined(&[b"\0\0\0\x08styp\0\0\0\x08free", &fragment, &fragment]), Ok(()));
    // A segment that initialises itself.
    check(&joined(&[&init, &fragment]), Ok(()));
    check(&film(), Ok(()));
    let mut to_the_end = fragment.to_vec();
    to_the_end[mdat..mdat + 4].fill(0);
    check(&to_the_end, Ok(()));

    check(b"", Err("no moof"));
    check(b"<!DOCTYPE html><p>Please log in</p>", Err("bytes"));
    check(b"{}", Err("bytes"));
    check(&fragment[..mdat], Err("no media data"));
    check(&fragment[mdat..], Err("no moof"));
    check(&fragment[..fragment.len() - 1], Err("bytes"));
    check(&joined(&[&fragment, b"junk"]), Err("bytes"));
    check(&joined(&[&fragment[..mdat], b"\0\0\0\x08mdat"]), Err("no media data"));
    check(&joined(&[&fragment[..mdat], b"\0\0\0\x0cmdatfour"]), Err("the samples have"));
}

#[test]
fn a_fragment_header_that_lies_is_caught() {
    let fragment = fragment();
    let with = |at: usize, bytes: &[u8]| {
        let mut body = fragment.to_vec();
        body[at..at + bytes.len()].copy_from_slice(bytes);
        body
    };
    check(&with(0, &[0, 0, 0, 9]), Err("no mfhd"));
    check(&with(0, &[0, 0, 0, 3]), Err("impossible size"));
    check(&with(0, &[0x7f, 0, 0, 0]), Err("moof at byte 0"));
    let traf = place(&fragment, b"traf");
    check(&with(traf, &[0, 1, 0, 0]), Err("needs"));
    let trun = place(&fragment, b"trun");
    check(&with(trun + 12, &[0, 0x0f, 0, 0]), Err("moof/traf/trun"));
}

#[test]
fn an_init_has_a_movie_header_with_a_track() {
    let init = init();
    let moov = place(&init, b"moov");
    assert_eq!(check_init(&init), Ok(()));
    let no = |body: Bytes| check_init(&body).map_err(|error| error.to_string());
    assert_eq!(no(init.slice(..moov)), Err("no moov box in the file".to_owned()));
    assert_eq!(no(Bytes::new()), Err("no moov box in the file".to_owned()));
    assert!(no(Bytes::from_static(b"<html><p>hello</html>")).is_err());
    assert!(no(init.slice(..init.len() - 1)).is_err());
    let mvhd = init.slice(moov + 8..moov + 8 + 108);
    let empty = [&[0, 0, 0, 116][..], b"moov", &mvhd].concat();
    assert_eq!(no(empty.into()), Err("the moov box has no track".to_owned()));
}
