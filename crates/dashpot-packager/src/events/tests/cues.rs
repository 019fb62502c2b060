//! Breaks that are announced as SCTE 35 has it.

use super::*;
use data_encoding::BASE64;
use expect_test::expect;

/// A message: what it is called, when it comes in milliseconds, for how long, and what it says.
type Told = (u32, u64, u64, String);

fn told(options: &str, index: u64) -> Vec<Told> {
    let found = messages(&segment(&FILMS[0], options, "v1", index));
    let told = |one: Found| {
        assert_eq!((one.scheme.as_str(), one.value.as_str()), ("urn:scte:scte35:2013:bin", "1"));
        let ms = |ticks: u64| ticks * 1_000 / u64::from(one.timescale);
        (one.id, ms(one.time), ms(one.duration.into()), BASE64.encode(one.message.as_ref()))
    };
    found.into_iter().map(told).collect()
}

#[test]
fn a_break_is_told_four_seconds_before_it_begins() {
    // The break at 190 s is number 6. Its sections as threefive 3.1.5 reads them:
    // splice_insert, event 6, out of network, pts_time 190.0, break_duration 10.0, auto return, avail 6;
    // time_signal at 190.0, event 6, Provider Placement Opportunity Start, segmentation_duration 10.0,
    // URI urn:dashpot:break:6;
    // time_signal at 200.0, event 6, Provider Placement Opportunity End, URI urn:dashpot:break:6.
    let insert = "/DAvAAAAAAAA///wFAUAAAAGf+/+AQTs4P4ADbugAAAAAAAKAAhDVUVJAAAABswDDTc=".to_owned();
    let start =
        "/DA/AAAAAAAA///wBQb+AQTs4AApAidDVUVJAAAABn/fAAANu6APE3VybjpkYXNocG90OmJyZWFrOjY0AQDVxBH1"
            .to_owned();
    let end =
        "/DA6AAAAAAAA///wBQb+ARKogAAkAiJDVUVJAAAABn+fDxN1cm46ZGFzaHBvdDpicmVhazo2NQEA23AH3w=="
            .to_owned();
    let none: Vec<Told> = Vec::new();
    assert_eq!(told("scte35_2/", 92), none);
    assert_eq!(told("scte35_2/", 93), [(24, 190_000, 10_000, insert.clone())]);
    assert_eq!(told("scte35_2/", 94), none);
    let both = "scte35_2/cue_insert-signal/chunk_0.5s/";
    assert_eq!(
        told(both, 93),
        [(24, 190_000, 10_000, insert.clone()), (25, 190_000, 10_000, start)]
    );
    assert_eq!(told(both, 98), [(26, 200_000, 0, end)]);
    // With the event's first segment, where that begins between; never behind its end.
    assert_eq!(told("start_188/scte35_2/", 94), [(24, 190_000, 10_000, insert)]);
    assert_eq!(told("stop_190/scte35_2/", 93), none);
}

#[test]
fn an_mpd_has_breaks_as_xml_and_as_binary_within_it() {
    let mpd = live_mpd("film/scte35_1/cueas_xml-xmlbin/cue_insert-signal/time.mpd", 203_000);
    let [xml, binary] = mpd.periods[0].event_streams.as_slice() else { panic!("two streams") };
    assert_eq!(xml.scheme_id_uri.as_deref(), Some("urn:scte:scte35:2013:xml"));
    assert_eq!(binary.scheme_id_uri.as_deref(), Some("urn:scte:scte35:2014:xml+bin"));
    let ids = |stream: &EventStream| {
        let one = |event: &Event| (event.id.unwrap(), event.presentation_time.unwrap() / 12_800);
        stream.events.iter().map(one).collect::<Vec<_>>()
    };
    // From 142 s to 208 s there is the end of the break at 130 s, and the break at 190 s.
    assert_eq!(ids(xml), [(10, 150), (12, 190), (13, 190)]);
    assert_eq!(ids(binary), ids(xml));
    let text = format!("{:?}", xml.events);
    for part in ["SpliceInsert", "TimeSignal", "SegmentationDescriptor", "AvailDescriptor"] {
        assert!(text.contains(part), "{part}");
    }
    let text = mpd.write();
    let lines = text.lines().map(str::trim).skip_while(|line| !line.contains("xml\""));
    let lines: Vec<_> = lines.take(24).collect();
    expect![[r#"
        <EventStream schemeIdUri="urn:scte:scte35:2013:xml" value="1" timescale="12800">
        <Event presentationTime="1920000" duration="0" id="10">
        <SpliceInfoSection xmlns="http://www.scte.org/schemas/35/2016" protocolVersion="0" ptsAdjustment="0" tier="4095">
        <TimeSignal>
        <SpliceTime ptsTime="13500000"/>
        </TimeSignal>
        <SegmentationDescriptor segmentationEventId="2" segmentationEventCancelIndicator="false" segmentationTypeId="53" segmentNum="1" segmentsExpected="0">
        <DeliveryRestrictions archiveAllowedFlag="true" webDeliveryAllowedFlag="true" noRegionalBlackoutFlag="true" deviceRestrictions="3"/>
        <SegmentationUpid segmentationUpidType="15" segmentationUpidFormat="hexbinary">75726e3a64617368706f743a627265616b3a32</SegmentationUpid>
        </SegmentationDescriptor>
        </SpliceInfoSection>
        </Event>
        <Event presentationTime="2432000" duration="256000" id="12">
        <SpliceInfoSection xmlns="http://www.scte.org/schemas/35/2016" protocolVersion="0" ptsAdjustment="0" tier="4095">
        <SpliceInsert spliceEventId="3" spliceEventCancelIndicator="false" outOfNetworkIndicator="true" spliceImmediateFlag="false" uniqueProgramId="0" availNum="0" availsExpected="0">
        <Program>
        <SpliceTime ptsTime="17100000"/>
        </Program>
        <BreakDuration autoReturn="true" duration="1800000"/>
        </SpliceInsert>
        <AvailDescriptor providerAvailId="3"/>
        </SpliceInfoSection>
        </Event>
        <Event presentationTime="2432000" duration="256000" id="13">"#]].assert_eq(&lines.join("\n"));
    assert!(mpd.periods[0].adaptation_sets[0].inband_event_streams.is_empty());
}

#[test]
fn what_announces_nothing_is_refused() {
    for (options, expected) in [
        ("cue_signal/", "option `cue_signal` does not fit: there are no breaks to announce"),
        ("cueas_xml-emsg/", "option `cueas_xml-emsg` does not fit: there are no breaks"),
        ("scte35_2/cueas_xml/emsgv_1/", "option `emsgv_1` does not fit: no segment carries"),
        ("scte35_4/", "option `scte35_4` is not one: did you mean `scte35_3`?"),
    ] {
        let path = format!("film/{options}time.mpd");
        let Err(Refused::BadRequest(why)) = respond_live(&FILMS[0], &path, wall(0)) else {
            panic!("{path}")
        };
        assert!(why.starts_with(expected), "{why}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn each_break_is_told_in_exactly_one_segment_at_every_frame_rate(
        film in 0..4_usize,
        minute in 0..525_600_u64,
        per_minute in 1..4_u64,
        shape in prop::sample::select(vec!["", "chunk_0.5s/", "emsgv_0/"]),
    ) {
        let catalogue = &FILMS[film];
        let options = format!("{shape}scte35_{per_minute}/cue_insert-signal/");
        let given = given(&options);
        let reel = Reel::of(catalogue.asset("film").unwrap(), &given).unwrap();
        let strip = reel.strip(0).unwrap();
        let scale = u128::from(strip.track.timescale);
        // Three minutes, with what is told before the first and behind the last.
        let tick = |ms: u64| u64::try_from(u128::from(ms) * scale / 1_000).unwrap();
        let from = reel.at(u128::from(tick(minute * 60_000)));
        let to = reel.at(u128::from(tick((minute + 3) * 60_000)));
        let mut found = Vec::new();
        for index in from..to {
            for one in messages(&segment(catalogue, &options, "v1", index)) {
                let base = if one.version == 0 { strip.start(index) } else { 0 };
                found.push((u64::from(one.id), base + one.time));
            }
        }
        let (starts, length_ms): (&[u64], _) = match per_minute {
            1 => (&[10_000], 20_000),
            2 => (&[10_000, 40_000], 10_000),
            _ => (&[10_000, 36_000, 46_000], 10_000),
        };
        let mut expected = Vec::new();
        let notice = tick(4_000);
        for minute in minute.saturating_sub(1)..minute + 4 {
            for (at, start) in (0..).zip(starts) {
                let (number, at_ms) = (minute * per_minute + at, minute * 60_000 + start);
                expected.push((number * 4, tick(at_ms)));
                expected.push((number * 4 + 1, tick(at_ms)));
                expected.push((number * 4 + 2, tick(at_ms + length_ms)));
            }
        }
        let first = if from == 0 { 0 } else { strip.start(from) + notice };
        expected.retain(|(_, at)| (first..strip.start(to) + notice).contains(at));
        found.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}
