use super::*;
use crate::Object;
use dashpot_base::Bitrate;
use proptest::prelude::*;
use std::time::Duration;

fn check(text: &str, expected: Result<Fault, &str>) {
    match (Rule::parse("a", text), expected) {
        (Ok(rule), Ok(fault)) => assert_eq!(rule.fault, fault, "{text}"),
        (Err(error), Err(part)) => {
            let message = error.to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
        (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
    }
}

const SECOND: Duration = Duration::from_secs(1);
const HALF: Position = Position::Percent(50);

#[test]
fn each_fault_reads_what_it_takes() {
    for (text, fault) in [
        ("status_503", Fault::Status { code: 503, retry_after: None }),
        ("status_429,retry_1s", Fault::Status { code: 429, retry_after: Some(SECOND) }),
        ("delay_1000ms", Fault::Delay(SECOND)),
        ("rate_300kbps", Fault::Rate(Bitrate::from_kbps(300))),
        ("stall_1s", Fault::Stall { at: HALF, span: SECOND }),
        ("stall_1s,at_1000B", Fault::Stall { at: Position::Bytes(1_000), span: SECOND }),
        ("truncate,at_0pct", Fault::Truncate { at: Position::Percent(0) }),
        ("reset", Fault::Reset { at: HALF }),
        ("flip_1000", Fault::Flip { bytes: 1_000 }),
        ("length_-7", Fault::Length { by: -7 }),
        ("redirect_3", Fault::Redirect { hops: 3 }),
        ("missing,n_3+5-7", Fault::Missing),
        ("gap,every_4", Fault::Gap),
        ("stale_1s", Fault::Stale(SECOND)),
        ("skew_-1s", Fault::Skew(-1_000)),
        ("skew_1s,on_time+mpd", Fault::Skew(1_000)),
        ("early_1s", Fault::Early(SECOND)),
        ("late_1s,p_0.5,draw_viewer", Fault::Late(SECOND)),
    ] {
        check(text, Ok(fault));
    }
}

#[test]
fn what_is_wrong_is_named_with_what_there_should_be() {
    for (text, part) in [
        ("", "`` is no word"),
        ("statsu_503", "did you mean `status`?"),
        ("status", "`status` takes a status from 400 to 599, not ``"),
        ("status_200", "not `200`"),
        ("status_503x", "not `503x`"),
        ("status_+503", "not `+503`"),
        ("delay_5", "a span from 1ms to 60s, not `5`"),
        ("delay_61s", "not `61s`"),
        ("delay_0s", "not `0s`"),
        ("rate_1bps", "a rate from 8kbps"),
        ("reset_1", "`reset` takes no value, not `1`"),
        ("flip_1001", "from 1 to 1000"),
        ("length_0", "not 0"),
        ("redirect_51", "from 1 to 50"),
        ("every_3", "does not say what goes wrong"),
        ("delay_1s,reset", "`delay` and `reset` are two faults"),
        ("delay_1s,delay_2s", "`delay` is given twice"),
        ("delay_1s,at_50pct", "`at` goes with stall, truncate and reset"),
        ("reset,at_100pct", "not `100pct`"),
        ("reset,retry_1s", "`retry` goes with status"),
        ("reset,p_0", "above 0"),
        ("reset,p_1.1", "up to 1"),
        ("reset,p_1e-3", "not `1e-3`"),
        ("reset,p_NaN", "not `NaN`"),
        ("reset,draw_viewer", "`draw` goes with p"),
        ("reset,n_7-3", "not `7-3`"),
        ("reset,every_0", "from 1 to"),
        ("reset,every_4,shift_4", "`shift` goes with a greater `every`"),
        ("reset,shift_4", "`shift` goes with"),
        ("reset,after_4s", "`after` goes with"),
        ("reset,cycle_10s,down_5s,after_6s", "`after` goes with a longer `cycle`"),
        ("reset,cycle_10s", "goes with `down`"),
        ("reset,down_10s", "goes with `cycle`"),
        ("reset,cycle_10s,down_10s", "a longer `cycle`"),
        ("reset,on_all", "mpd, init, segment"),
        ("reset,rep_a/b", "ids of Representations"),
        ("gap,on_mpd", "`gap` cannot happen to mpd"),
        ("stale_1s,on_segment", "`stale` cannot happen to segment"),
    ] {
        check(text, Err(part));
    }
    let long = format!("reset,seed_{}", "1".repeat(600));
    check(&long, Err("512"));
    let many = vec!["1"; 65].join("+");
    check(&format!("reset,n_{many}"), Err("`n` takes"));
}

#[test]
fn a_fault_is_for_its_usual_object_unless_told() {
    for (text, on) in [
        ("delay_1s", vec![Object::Segment]),
        ("stale_1s", vec![Object::Mpd]),
        ("skew_1s", vec![Object::Time]),
        ("delay_1s,on_mpd+init+key", vec![Object::Mpd, Object::Init, Object::Key]),
    ] {
        assert_eq!(Rule::parse("a", text).unwrap().select.on, on, "{text}");
    }
}

#[test]
fn the_guide_has_every_word() {
    let guide = include_str!("../../../../docs/faults.md");
    for word in WORDS {
        let is_there = |end: &str| guide.contains(&format!("`{}{end}", word.name));
        assert!(is_there("_") || is_there("`"), "docs/faults.md lacks `{}`", word.name);
    }
}

proptest! {
    #[test]
    fn reading_never_panics_and_writing_then_reading_is_the_identity(
        text in "(status|delay|flip|length|gap|skew|n|p|every|on|x)(_-?[0-9]{1,4}(ms|s|\\+[0-9]|)?)?(,(at|n|every|p|seed|first)_[0-9.+-]{1,6}(pct|B|s)?){0,3}"
    ) {
        if let Ok(rule) = Rule::parse("a", &text) {
            prop_assert_eq!(Rule::parse("a", &rule.to_text()), Ok(rule));
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,80}") {
        if let Ok(rule) = Rule::parse("a", &text) {
            prop_assert!(rule.to_text().is_ascii());
        }
    }
}
