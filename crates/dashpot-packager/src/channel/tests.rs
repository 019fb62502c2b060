use super::*;
use dashpot_mpd::PresentationType;

#[test]
fn names_of_encoders_come_to_tracks() {
    for (path, expected) in [
        ("init-stream0.m4s", Some("stream0")),
        ("chunk-stream0-00001.m4s", Some("stream0")),
        ("init-0.mp4", Some("0")),
        ("seg-0-17.m4s", Some("0")),
        ("video/init.mp4", Some("video")),
        ("video/12.m4s", Some("video")),
        ("v1/hd/12.m4s", Some("v1-hd")),
        ("Streams(video_en.cmfv)", Some("video-en")),
        ("a.cmfa", Some("a")),
        ("init.mp4", Some("main")),
        ("12.m4s", Some("12")),
        ("../x.mp4", None),
        ("a b.mp4", None),
        ("", Some("main")),
    ] {
        assert_eq!(track_name(path).as_deref(), expected, "{path}");
    }
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).unwrap();
    [&size.to_be_bytes(), kind.as_slice(), body].concat()
}

/// Feeds a body byte by byte, and returns what came of it, and how it ended.
fn pieces(body: &[u8]) -> (Vec<&'static str>, Result<(), PieceError>) {
    let (mut pieces, mut all) = (Pieces::default(), Vec::new());
    for byte in body {
        pieces.feed(&[*byte]);
        loop {
            match pieces.next_piece() {
                Ok(Some(Piece::Init(_))) => all.push("init"),
                Ok(Some(Piece::Fragment { media, .. })) => {
                    all.push(if media == 3 { "three" } else { "fragment" });
                }
                Ok(None) => break,
                Err(error) => return (all, Err(error)),
            }
        }
    }
    (all, pieces.end())
}

#[test]
fn a_body_comes_apart_however_it_arrives_and_hostile_boxes_are_refused() {
    let (ftyp, moov) = (boxed(b"ftyp", b"x"), boxed(b"moov", b""));
    let (moof, mdat) = (boxed(b"moof", b""), boxed(b"mdat", b"abc"));
    let prft = boxed(b"prft", b"12");
    let wrong = |kind: &str| Err(PieceError::Box(kind.to_owned()));
    let check = |parts: &[&[u8]], expected: &[&str], end: Result<(), PieceError>| {
        let got = pieces(&parts.concat());
        assert_eq!(got, (expected.to_vec(), end), "{parts:?}");
    };
    check(&[&ftyp, &moov, &prft, &moof, &mdat], &["init", "three"], Ok(()));
    check(&[&prft, &moof, &mdat, &moof, &mdat], &["three", "three"], Ok(()));
    check(&[&boxed(b"sidx", b"123"), &moof, &mdat], &["three"], Ok(()));
    let large = [&[0, 0, 0, 1], b"mdat".as_slice(), &19_u64.to_be_bytes(), b"abc"].concat();
    check(&[&moof, &large], &["three"], Ok(()));
    check(&[], &[], Ok(()));
    check(&[&moof], &[], Err(PieceError::Truncated));
    check(&[&moof, &mdat[..9]], &[], Err(PieceError::Truncated));
    check(&[&mdat], &[], wrong("mdat"));
    check(&[&moof, &moof], &[], wrong("moof"));
    check(&[&moof, &moov], &[], wrong("moov"));
    check(&[&boxed(b"evil", b"")], &[], wrong("evil"));
    check(&[&[0, 0, 0, 0], b"moof"], &[], wrong("moof"));
    check(&[&[0, 0, 0, 7], b"moof"], &[], wrong("moof"));
    check(&[&[0xff; 4], b"moof"], &[], wrong("moof"));
    check(&[&moof, &[0xff; 4], b"mdat"], &[], wrong("mdat"));
}

/// A track of the test film as an encoder would send it: initialization segment and fragments.
struct Encoder {
    init: Bytes,
    fragments: Vec<(Bytes, u64)>,
}

fn encoder(track: &str) -> Encoder {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media/film");
    let mut pieces = Pieces::default();
    pieces.feed(&std::fs::read(folder.join(track)).unwrap());
    let Some(Piece::Init(init)) = pieces.next_piece().unwrap() else { panic!("no moov") };
    let mut fragments = Vec::new();
    while let Some(Piece::Fragment { bytes, .. }) = pieces.next_piece().unwrap() {
        let size = u64::try_from(bytes.len()).unwrap();
        fragments.push((bytes, size));
    }
    Encoder { init, fragments }
}

fn at(ms: u64) -> WallTime {
    WallTime::from_epoch(Duration::from_millis(1_700_000_000_000 + ms))
}

const BOUNDS: Bounds = Bounds { window: Duration::from_secs(6), bytes_max: u64::MAX };

/// Sends one fragment in a body of its own.
fn send(
    channel: &mut Channel,
    now: u64,
    name: &str,
    fragment: &(Bytes, u64),
) -> Result<Added, Contributed> {
    let mut pieces = Pieces::default();
    pieces.feed(&fragment.0);
    let Ok(Some(Piece::Fragment { moof, media, .. })) = pieces.next_piece() else { panic!() };
    let arrived = Arrived { moof: &moof, bytes: fragment.1, media, divides: false, open: None };
    let added = channel.add(at(now), name, &arrived)?;
    channel.end_body(name, added.start, true);
    Ok(added)
}

fn begun() -> (Channel, Encoder, Encoder) {
    let (video, audio) = (encoder("v1.mp4"), encoder("a-en.mp4"));
    let mut channel = Channel::new(at(0), BOUNDS);
    channel.initialize(at(0), "v", &video.init).unwrap();
    channel.initialize(at(0), "a", &audio.init).unwrap();
    (channel, video, audio)
}

#[test]
fn a_channel_is_what_arrived_and_its_mpd_says_so() {
    let (mut channel, video, audio) = begun();
    assert!(channel.mpd(ChannelForm::Either).is_none());
    for index in 0..2 {
        let now = 2_000 + u64::try_from(index).unwrap() * 2_000;
        send(&mut channel, now, "v", &video.fragments[index]).unwrap();
        send(&mut channel, now + 10, "a", &audio.fragments[index]).unwrap();
    }
    let mpd = channel.mpd(ChannelForm::Either).unwrap();
    let kinds: Vec<_> =
        mpd.periods[0].adaptation_sets.iter().map(|set| set.content_type.as_deref()).collect();
    assert_eq!(kinds, [Some("video"), Some("audio")]);
    let template = mpd.periods[0].adaptation_sets[0].segment_template.as_ref().unwrap();
    assert_eq!((template.start_number, template.segment_timeline.is_none()), (Some(0), true));
    let listed = channel.mpd(ChannelForm::Time).unwrap();
    let template = listed.periods[0].adaptation_sets[1].segment_template.as_ref().unwrap();
    assert_eq!(template.segment_timeline.as_ref().unwrap().s[0].t, Some(0));
    let zero = mpd.availability_start_time.unwrap();
    assert!(zero.since(at(0)) < Duration::from_millis(100), "{zero:?}");
    // Numbers count from time zero, of sound too.
    assert_eq!(
        channel.find(at(4_000), "a", Place::Number(1)),
        channel.find(at(4_000), "a", Place::Time(audio_start(&channel)))
    );
    assert!(matches!(channel.find(at(4_100), "v", Place::Number(2)), Lookup::Soon(0..=100)));
    assert!(matches!(channel.find(at(4_100), "v", Place::Number(5)), Lookup::Soon(5_000..=6_000)));
    channel.end();
    assert_eq!(channel.find(at(4_100), "v", Place::Number(2)), Lookup::Never);
    let ended = channel.mpd(ChannelForm::Either).unwrap();
    assert_eq!(ended.presentation_type, Some(PresentationType::Static));
    assert!(ended.media_presentation_duration.unwrap() >= Duration::from_secs(4));
}

fn audio_start(channel: &Channel) -> u64 {
    *channel.tracks["a"].segments.keys().nth(1).unwrap()
}

/// Law: within a run a segment keeps its number, whatever lengths the encoder changes to.
#[test]
fn numbers_stay_when_segments_become_longer() {
    let (mut channel, video, audio) = begun();
    send(&mut channel, 0, "a", &audio.fragments[0]).unwrap();
    let numbered = |channel: &Channel| {
        let mpd = channel.mpd(ChannelForm::Number)?;
        mpd.periods[0].adaptation_sets[0].segment_template.as_ref()?.duration
    };
    let each = |channel: &Channel| channel.tracks["v"].segments.values().next().unwrap().duration;
    let mut told = None;
    for (index, fragment) in (0_u64..10).zip(&video.fragments) {
        // From the third on two groups of pictures are one segment.
        if index < 2 || index % 2 == 0 {
            send(&mut channel, index * 2_000, "v", fragment).unwrap();
        } else {
            let start = *channel.tracks["v"].segments.keys().next_back().unwrap();
            let mut pieces = Pieces::default();
            pieces.feed(&fragment.0);
            let Ok(Some(Piece::Fragment { moof, media, .. })) = pieces.next_piece() else {
                panic!()
            };
            let open = Some(start);
            let arrived = Arrived { moof: &moof, bytes: fragment.1, media, divides: false, open };
            channel.add(at(index * 2_000), "v", &arrived).unwrap();
        }
        let each = *told.get_or_insert_with(|| each(&channel));
        assert_eq!(numbered(&channel), Some(each), "{index}");
        for start in channel.tracks["v"].segments.keys() {
            let number = Place::Number(start / each);
            assert_eq!(channel.find(at(0), "v", number), Lookup::There(*start), "{index}");
        }
    }
    assert!(told.unwrap() < each(&channel), "segments are longer by now");
    channel.end();
    assert!(channel.mpd(ChannelForm::Number).is_none());
}

#[test]
fn segments_leave_with_the_window_and_by_their_bytes() {
    let (mut channel, video, _) = begun();
    let mut left = Vec::new();
    for (index, fragment) in (0_u64..8).zip(&video.fragments) {
        left.extend(send(&mut channel, index * 2_000, "v", fragment).unwrap().left);
    }
    let each = channel.tracks["v"].segments.values().next().unwrap().duration;
    let gone: Vec<_> = left.iter().map(|(_, start)| start / each).collect();
    assert_eq!(gone, [0, 1, 2, 3], "six seconds and the segment that reaches into them stay");
    assert_eq!(channel.find(at(0), "v", Place::Number(0)), Lookup::Gone);
    let mut small = Channel::new(at(0), Bounds { bytes_max: 1, ..BOUNDS });
    small.initialize(at(0), "v", &video.init).unwrap();
    send(&mut small, 0, "v", &video.fragments[0]).unwrap();
    let added = send(&mut small, 1, "v", &video.fragments[1]).unwrap();
    assert_eq!(added.left, [("v".to_owned(), 0)], "what arrives stays");
}

#[test]
fn duplicates_and_latecomers_are_told_from_another_encoder() {
    let (mut channel, video, _) = begun();
    for index in [1, 0, 3] {
        send(&mut channel, 100, "v", &video.fragments[index]).unwrap();
    }
    assert!(send(&mut channel, 200, "v", &video.fragments[2]).is_ok(), "out of order");
    assert_eq!(send(&mut channel, 200, "v", &video.fragments[3]), Err(Contributed::Known));
    assert_eq!(send(&mut channel, 200, "v", &video.fragments[1]), Err(Contributed::Held));
    assert_eq!(channel.initialize(at(200), "v", &video.init), Err(Contributed::Held));
    assert_eq!(send(&mut channel, 200, "v", &video.fragments[10]), Err(Contributed::Held), "far");
    // Who is silent for long loses it, and goes on or begins anew.
    let (run, later) = (channel.run(), 20_000);
    assert_eq!(channel.initialize(at(later), "v", &video.init), Ok(false));
    assert!(!send(&mut channel, later, "v", &video.fragments[4]).unwrap().is_anew, "it goes on");
    assert_eq!(channel.run(), run);
    let anew = send(&mut channel, 2 * later, "v", &video.fragments[0]).unwrap();
    assert!(anew.is_anew && channel.run() != run);
    assert_eq!(channel.tracks["v"].segments.len(), 1);
    // What ended may be followed at once.
    channel.end();
    let run = channel.run();
    assert_eq!(send(&mut channel, 2 * later, "v", &video.fragments[0]), Err(Contributed::Known));
    assert_eq!(channel.initialize(at(2 * later + 1), "v", &video.init), Ok(true));
    assert_ne!(channel.run(), run);
    assert!(!send(&mut channel, 2 * later + 1, "v", &video.fragments[0]).unwrap().is_anew);
}

#[test]
fn a_second_encoder_with_other_tracks_does_not_join() {
    let (mut channel, video, audio) = begun();
    send(&mut channel, 0, "v", &video.fragments[0]).unwrap();
    // What the first one names a moment later is its own.
    assert_eq!(channel.initialize(at(4_999), "b", &audio.init), Ok(false));
    assert!(send(&mut channel, 4_999, "b", &audio.fragments[0]).is_ok());
    for index in 1..3 {
        send(&mut channel, 5_000, "v", &video.fragments[index]).unwrap();
    }
    let foreign = channel.initialize(at(5_000), "x", &video.init).unwrap_err();
    assert_eq!(foreign, Contributed::Foreign("`a`, `b`, `v`".to_owned()));
    assert!(foreign.to_string().contains("`a`, `b`, `v`"), "{foreign}");
    // One that came within that time counts from another one.
    let far = send(&mut channel, 5_000, "a", &audio.fragments[11]);
    assert!(matches!(far, Err(Contributed::Foreign(_))), "{far:?}");
    assert!(send(&mut channel, 5_000, "a", &audio.fragments[1]).is_ok());
    // Once nobody is at it, whoever comes has it for himself.
    let (run, later) = (channel.run(), 20_000);
    assert_eq!(channel.initialize(at(later), "x", &video.init), Ok(true));
    assert_eq!(channel.tracks.keys().collect::<Vec<_>>(), ["x"]);
    assert_ne!(channel.run(), run);
    assert_eq!(channel.initialize(at(later), "y", &audio.init), Ok(false));
    send(&mut channel, later, "x", &video.fragments[0]).unwrap();
    // Unless the first one has come back, with one more.
    let latest = 2 * later;
    assert_eq!(channel.initialize(at(latest), "x", &video.init), Ok(false));
    assert_eq!(channel.initialize(at(latest), "z", &audio.init), Ok(false));
    assert!(!send(&mut channel, latest, "x", &video.fragments[1]).unwrap().is_anew);
    assert_eq!(channel.initialize(at(latest + 1), "more", &audio.init), Ok(false));
}

#[test]
fn an_endless_body_is_divided_where_decoding_may_begin() {
    let (mut channel, video, _) = begun();
    let (mut closed, mut open) = (Vec::new(), None);
    for (bytes, size) in &video.fragments[..3] {
        let mut pieces = Pieces::default();
        pieces.feed(bytes);
        let Ok(Some(Piece::Fragment { moof, media, .. })) = pieces.next_piece() else { panic!() };
        let arrived = Arrived { moof: &moof, bytes: *size, media, divides: true, open };
        let added = channel.add(at(0), "v", &arrived).unwrap();
        closed.push(added.closed.is_some());
        open = Some(added.start);
        // Less media than the samples say.
        let short = Arrived { media: 1, ..arrived };
        assert!(matches!(channel.add(at(0), "v", &short), Err(Contributed::Wrong(_))));
    }
    assert_eq!(closed, [false, true, true]);
    assert!(channel.is_held(at(60_000)), "what is arriving holds it");
    channel.end_body("v", open.unwrap(), false);
    assert_eq!(channel.tracks["v"].segments.len(), 2, "what did not arrive whole is no segment");
}

#[test]
fn what_is_no_track_is_refused() {
    let (mut channel, video, _) = begun();
    let wrong = |result: Result<bool, Contributed>| matches!(result, Err(Contributed::Wrong(_)));
    assert!(wrong(channel.initialize(at(0), "x", &Bytes::new())));
    assert!(wrong(channel.initialize(at(0), "x", &video.fragments[0].0)));
    for more in 0..TRACKS_MAX - 2 {
        channel.initialize(at(0), &format!("v{more}"), &video.init).unwrap();
    }
    assert!(wrong(channel.initialize(at(0), "more", &video.init)));
    let unknown = Err(Contributed::Unknown("none".to_owned()));
    assert_eq!(send(&mut channel, 0, "none", &video.fragments[0]), unknown);
    assert!(channel.mpd(ChannelForm::Time).is_none());
}

#[test]
fn what_is_arriving_is_bounded_too() {
    let (mut channel, video, _) = begun();
    channel.bounds.bytes_max = video.fragments[0].1;
    let mut pieces = Pieces::default();
    video.fragments[..2].iter().for_each(|(bytes, _)| pieces.feed(bytes));
    let mut open = None;
    let mut arrive = |channel: &mut Channel| {
        let Ok(Some(Piece::Fragment { bytes, moof, media })) = pieces.next_piece() else {
            panic!()
        };
        let bytes = u64::try_from(bytes.len()).unwrap();
        // One body is one segment, however long it is.
        let arrived = Arrived { moof: &moof, bytes, media, divides: false, open };
        let added = channel.add(at(0), "v", &arrived);
        open = added.as_ref().ok().map(|added| added.start);
        added
    };
    assert!(arrive(&mut channel).is_ok());
    let Err(Contributed::Wrong(why)) = arrive(&mut channel) else { panic!() };
    assert!(why.contains("more than the channel may hold"), "{why}");
}

#[test]
fn nothing_overflows_by_the_longest_segment_that_can_be() {
    let (mut channel, video, audio) = begun();
    send(&mut channel, 0, "a", &audio.fragments[0]).unwrap();
    send(&mut channel, 0, "v", &video.fragments[0]).unwrap();
    let longest = u64::from(u32::MAX) * 3_600 * u64::from(FRAGMENTS_MAX - 1);
    let track = channel.tracks.get_mut("v").unwrap();
    track.coded.timescale = 1;
    let start = *track.segments.keys().next().unwrap();
    *track.segments.get_mut(&start).unwrap() =
        Segment { duration: longest, bytes: 1, fragments: FRAGMENTS_MAX - 1, is_whole: false };
    // The next fragment of such a body, which does not fit, and what is told of it.
    let mut pieces = Pieces::default();
    pieces.feed(&video.fragments[1].0);
    let Ok(Some(Piece::Fragment { moof, media, .. })) = pieces.next_piece() else { panic!() };
    let arrived = Arrived { moof: &moof, bytes: 1, media, divides: true, open: Some(start) };
    assert!(matches!(channel.add(at(0), "v", &arrived), Err(Contributed::Wrong(_))));
    channel.end_body("v", start, true);
    for form in [ChannelForm::Either, ChannelForm::Time] {
        assert!(channel.mpd(form).is_some(), "{form:?}");
    }
    assert!(matches!(channel.find(at(0), "v", Place::Time(u64::MAX)), Lookup::Soon(_)));
}
