use super::*;
use proptest::prelude::*;

fn check(json: &str, expected: Result<&str, &str>) {
    let found = Document::parse(json.as_bytes());
    let found = found.map(|read| serde_json::to_string(&read).unwrap());
    match (found.map_err(|error| error.to_string()), expected) {
        (Ok(written), Ok(expected)) => assert_eq!(written, expected, "{json}"),
        (Err(message), Err(part)) => assert!(message.contains(part), "{json}: {message}"),
        (found, _) => panic!("{json}: {found:?}"),
    }
}

#[test]
fn documents_are_read_and_shown_in_one_form() {
    check("{}", Ok(r#"{"seed":0,"rules":[]}"#));
    check(
        r#"{"seed":7,"rules":[{"every":3,"status":503,"on":["segment","init"]},{"id":"b","reset":true}]}"#,
        Ok(concat!(
            r#"{"seed":7,"rules":[{"id":"rule-0","status":"503","on":"segment+init","every":"3"},"#,
            r#"{"id":"b","reset":true}]}"#
        )),
    );
    let shown = r#"{"seed":1,"rules":[{"id":"a","stall":"2s","at":"9pct","p":"0.5"}]}"#;
    check(shown, Ok(shown));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (json, part) in [
        ("{", "this is not JSON: EOF while parsing an object at line 1 column 1"),
        ("[]", "document: should be an object"),
        (r#"{"seed":-1}"#, "seed: should be a whole number"),
        (r#"{"rules":{}}"#, "rules: should be a list"),
        (r#"{"rule":[]}"#, "rule: is unknown"),
        (r#"{"rules":[7]}"#, "rules[0]: should be an object"),
        (r#"{"rules":[{"reset":true},{"delay":"90s"}]}"#, "rules[1].delay: `delay` takes a span"),
        (r#"{"rules":[{"delay":null}]}"#, "rules[0].delay: should be a text"),
        (r#"{"rules":[{"delay":{"s":1}}]}"#, "rules[0].delay: should be a text"),
        (r#"{"rules":[{"reset":false}]}"#, "rules[0].reset: should be a text"),
        (r#"{"rules":[{"reset":true,"n":[[1]]}]}"#, "rules[0].n: should be a text"),
        (r#"{"rules":[{"reset":true,"nth":1}]}"#, "rules[0]: `nth` is no word"),
        (r#"{"rules":[{"every":1}]}"#, "rules[0]: it does not say what goes wrong"),
        (r#"{"rules":[{"gap":true,"on":"mpd"}]}"#, "rules[0].on: `gap` cannot happen to mpd"),
        (r#"{"rules":[{"id":"a b","reset":true}]}"#, "rules[0].id: should have"),
        (r#"{"rules":[{"id":7,"reset":true}]}"#, "rules[0].id: should be a text"),
        (
            r#"{"rules":[{"id":"a","reset":true},{"id":"a","gap":true}]}"#,
            "rules[1].id: `a` is there twice",
        ),
    ] {
        check(json, Err(part));
    }
    let many = vec![r#"{"reset":true}"#; RULES_MAX + 1].join(",");
    check(&format!(r#"{{"rules":[{many}]}}"#), Err("rules: has more than 64"));
}

#[test]
fn a_rule_of_its_own_has_the_id_of_its_url() {
    let rule = |json: &str| rule_of_json("a", json.as_bytes()).map_err(|error| error.to_string());
    assert_eq!(rule(r#"{"reset":true}"#).unwrap().id, "a");
    assert_eq!(rule(r#"{"id":"a","reset":true}"#).unwrap().id, "a");
    assert!(rule(r#"{"id":"b","reset":true}"#).unwrap_err().contains("not the one in the URL"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _read = Document::parse(&bytes);
    }
}
