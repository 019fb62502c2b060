//! Laws: reading never panics, and writing and reading again changes nothing.

use crate::{parse, timeline::Presentation};
use proptest::prelude::*;
use url::Url;

/// An MPD with a bit of everything, to be mutated.
const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:x="urn:x" profiles="p" minBufferTime="PT2S" mediaPresentationDuration="PT1M0.5S" publishTime="2026-01-31T12:00:00Z" x:a="&lt;">
  <ProgramInformation lang="en"><Title>A title</Title></ProgramInformation>
  <BaseURL availabilityTimeOffset="INF" serviceLocation="a">../b/</BaseURL>
  <ServiceDescription id="0"><ContentSteering>https://s/</ContentSteering><Latency target="1"/></ServiceDescription>
  <Period id="1" duration="PT10S">
    <EventStream schemeIdUri="urn:e" value="1" timescale="10" presentationTimeOffset="5"><Event presentationTime="9" duration="3" id="7">a <x:b>c</x:b></Event><Event/></EventStream>
    <AdaptationSet contentType="video" mimeType="video/mp4" lang="en">
      <Label>one &amp; only</Label><x:y>mixed <x:z/> text</x:y>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/><InbandEventStream schemeIdUri="urn:i" value="v"/>
      <SegmentTemplate media="$RepresentationID$/$Time$-$Number%03d$" initialization="i" timescale="10">
        <SegmentTimeline><S t="0" d="20" r="2"/><S d="30" r="-1"/></SegmentTimeline>
      </SegmentTemplate>
      <Representation id="v" bandwidth="800" codecs="avc1.42C00D"><Resync/></Representation>
      <Representation id="w" bandwidth="900"><SegmentList duration="2"><Initialization range="0-9"/><SegmentURL mediaRange="10-19"/></SegmentList></Representation>
    </AdaptationSet>
  </Period>
  <Period start="PT20S"><AdaptationSet><Representation id="f"><BaseURL>f.mp4</BaseURL><SegmentBase indexRange="10-20"/></Representation></AdaptationSet></Period>
</MPD>"#;

/// Reads, writes, reads and resolves; panics where a law is broken.
fn check(text: &[u8]) {
    let Ok((mpd, _)) = parse(text) else { return };
    let written = mpd.write();
    match parse(&written) {
        Ok((again, _)) => assert_eq!(again, mpd, "{written}"),
        Err(error) => panic!("{error}: {written}"),
    }
    let url = Url::parse("http://h/m.mpd").unwrap();
    // Whether it resolves is another matter; it must not panic.
    drop(Presentation::resolve(&mpd, &url));
}

/// A change to a valid MPD.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
    Insert(usize, &'static str),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = 0..SAMPLE.len();
    let pieces = [
        "<S/>",
        "<x:q xmlns='u'>",
        "</Period>",
        "\"",
        "-1",
        "0",
        "99999999999999999999",
        "&#13;",
        " r=\"9223372036854775807\"",
        "xmlns=\"\"",
        "<![CDATA[<&]]>",
        "<Period>",
        "d:",
        "\u{0}",
        " t=\"18446744073709551615\"",
        "$",
        "P1Y",
        "<!---->",
    ];
    prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (at.clone(), 1..80_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (at.clone(), 1..300_usize).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        (at, prop::sample::select(pieces.to_vec()))
            .prop_map(|(at, piece)| Mutation::Insert(at, piece)),
    ]
}

fn apply(text: &mut Vec<u8>, mutation: &Mutation) {
    let clamp = |at: usize| at.min(text.len());
    match *mutation {
        Mutation::Replace(at, byte) => {
            if let Some(place) = text.get_mut(at) {
                *place = byte;
            }
        }
        Mutation::Remove(at, length) => drop(text.drain(clamp(at)..clamp(at + length))),
        Mutation::Repeat(at, length) => {
            let piece = text[clamp(at)..clamp(at + length)].to_vec();
            let at = clamp(at);
            text.splice(at..at, piece);
        }
        Mutation::Insert(at, piece) => {
            let at = clamp(at);
            text.splice(at..at, piece.bytes());
        }
    }
}

#[test]
fn the_sample_is_whole() {
    let (mpd, warnings) = parse(SAMPLE).unwrap();
    assert_eq!(warnings, []);
    let url = Url::parse("http://h/m.mpd").unwrap();
    assert_eq!(Presentation::resolve(&mpd, &url).unwrap().problems, []);
    check(SAMPLE.as_bytes());
}

proptest! {
    #[test]
    fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&bytes);
    }

    #[test]
    fn a_mutated_mpd_round_trips_or_is_refused(
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let mut text = SAMPLE.as_bytes().to_vec();
        for mutation in &mutations {
            apply(&mut text, mutation);
        }
        check(&text);
    }
}
