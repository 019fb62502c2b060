use super::*;
use dashpot_abr::{Film as _, Nominal, Source};
use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use std::{
    fs::{self, File},
    io::Read as _,
    process::Command,
    thread,
};

const LADDER: [f64; 3] = [300.0, 750.0, 1_500.0];

fn film() -> Nominal {
    Nominal { ladder: LADDER.to_vec(), segment_ms: 2_000.0, count: Some(60) }
}

fn view(film: &Nominal) -> View<'_> {
    View {
        now_ms: 1_234.5,
        ladder: &LADDER,
        film,
        index: 58,
        since_seek: 58,
        buffer_ms: 6_000.0,
        buffer_max_ms: 25_000.0,
        segment_ms: film.segment_ms(58),
        throughput_kbps: Some(900.25),
        latency_ms: 20.0,
        last: Some(Rung(1)),
        is_playing: true,
        live: None,
    }
}

/// Long enough for a busy machine to start a shell.
const PATIENT: Limits =
    Limits { greeting: Duration::from_secs(60), decision: Duration::from_secs(60) };
/// For programs that never answer.
const HASTY: Limits =
    Limits { greeting: Duration::from_millis(50), decision: Duration::from_millis(50) };

/// A program that greets and then goes on so.
fn greeting(then: &str) -> String {
    format!("read hello; echo '{{\"version\":1}}'; {then}")
}

/// Returns what the program's first decision is, or why there is none.
fn check_with(limits: Limits, command: &str, expected: &str) {
    let film = film();
    let got = match Exec::start(command, limits) {
        Ok(mut rule) => {
            let Decision { rung, delay_ms, reason } = rule.decide(&view(&film));
            match rule.failure() {
                Some(why) => why.replace(&format!("`{command}`"), "it"),
                None => format!("rung {} after {delay_ms} ms: {reason}", rung.0),
            }
        }
        Err(error) => format!("not started: {error}"),
    };
    assert_eq!(got, expected, "{command}");
}

fn check(command: &str, expected: &str) {
    check_with(PATIENT, command, expected);
}

#[test]
fn an_answer_is_a_decision() {
    let answers = |answer: &str| greeting(&format!("read request; echo '{answer}'"));
    check(&answers(r#"{"rung":2}"#), "rung 2 after 0 ms: external");
    check(&answers(r#"{"rung":0,"delay_ms":250.5}"#), "rung 0 after 250.5 ms: external");
    check(&answers(r#"{"rung":1,"id":1,"why":"so be it"}"#), "rung 1 after 0 ms: external");
    check(&answers(r#"{"rung":1,"of_a_later_version":[]}"#), "rung 1 after 0 ms: external");
}

#[test]
fn a_program_that_does_not_answer_so_is_a_failure_with_a_name() {
    let answers = |answer: &str| greeting(&format!("read request; echo '{answer}'"));
    check(&answers(r#"{"rung":3}"#), "it: rung 3 is not there: rungs are 0 to 2");
    check(
        &answers(r#"{"rung":-1}"#),
        "it: `{\"rung\":-1}` is no answer: invalid value: integer `-1`, expected u64 at line 1 column 10",
    );
    check(
        &answers(r#"{"rung":1.5}"#),
        "it: `{\"rung\":1.5}` is no answer: invalid type: floating point `1.5`, expected u64 at line 1 column 11",
    );
    check(&answers("{}"), "it: `{}` is no answer: missing field `rung` at line 1 column 2");
    check(
        &answers("1"),
        "it: `1` is no answer: invalid type: integer `1`, expected struct Answer at line 1 column 1",
    );
    check(&answers(""), "it: `` is no answer: EOF while parsing a value at line 1 column 0");
    check(&answers(r#"{"rung":1,"delay_ms":-1}"#), "it: delay_ms -1 is no time to wait");
    check(&answers(r#"{"rung":1,"id":7}"#), "it: it answered request 7 instead of 1");
    check(&greeting("read request"), "it: it ended without an answer");
    check(&greeting("exit 0"), "it: it ended without an answer");
    check("echo hello", "not started: `hello` is no answer: expected value at line 1 column 1");
    check("exit 3", "not started: it ended without an answer");
    check(
        "echo '{\"version\":2}'",
        "not started: it speaks version 2 of the protocol, and this is version 1",
    );
    check("  ", "not started: `exec:` wants a command, such as `exec:python3 policy.py`");
}

#[test]
fn garbage_is_shown_in_part_and_without_what_upsets_a_terminal() {
    let film = film();
    let long = "x".repeat(1_000);
    let mut rule =
        Exec::start(&greeting(&format!("read request; printf '\\033[31m{long}\\n'")), PATIENT)
            .unwrap();
    rule.decide(&view(&film));
    let why = rule.failure().unwrap();
    let (_, shown) = why.rsplit_once("`: `").unwrap();
    assert!(shown.starts_with("\u{fffd}[31mxxx") && shown.contains("x…`"), "{shown}");
    assert!(!why.contains('\u{1b}'));
}

#[test]
fn a_program_that_never_answers_is_waited_for_so_long_and_no_longer() {
    check_with(HASTY, "sleep 1000", "not started: no answer within 50ms");
    let limits = Limits { decision: Duration::from_millis(50), ..PATIENT };
    check_with(limits, &greeting("sleep 1000"), "it: no answer within 50ms");
    check_with(limits, &greeting("while :; do read more; done"), "it: no answer within 50ms");
}

#[test]
fn a_program_that_floods_is_cut_off() {
    check("tr '\\0' x </dev/zero", "not started: a line of more than 65536 bytes");
    // Lines that nobody asked for: which of the two it is depends on who comes first.
    let flood = format!("echo '{{\"version\":1}}'; yes '{}'", r#"{"rung":1,"id":0}"#);
    let film = film();
    let mut rule = Exec::start(&flood, PATIENT).unwrap();
    rule.decide(&view(&film));
    let why = rule.failure().unwrap();
    let known = ["spoke without being asked", "it answered request 0 instead of 1"];
    assert!(known.iter().any(|known| why.contains(known)), "{why}");
}

#[test]
fn a_rule_that_failed_stays_so() {
    let film = film();
    let mut rule = Exec::start(&greeting("read request; echo no"), PATIENT).unwrap();
    rule.decide(&view(&film));
    let why = rule.failure().map(str::to_owned);
    assert!(why.is_some() && rule.process.is_none());
    rule.decide(&view(&film));
    assert_eq!(rule.failure().map(str::to_owned), why);
}

#[test]
fn whatever_a_program_started_ends_with_it_and_is_reaped() {
    let folder = tempfile::tempdir().unwrap();
    let (own, open) = (folder.path().join("own"), folder.path().join("open"));
    assert!(Command::new("mkfifo").arg(&open).status().unwrap().success());
    // It ignores the end of its stdin, and has a child that holds its stdout open.
    let command = format!(
        "exec 3>'{}'; echo $$ > '{}'; sleep 1000 & echo '{{\"version\":1}}'; wait",
        open.display(),
        own.display()
    );
    let limits = Limits { decision: Duration::from_millis(50), ..PATIENT };
    let film = film();
    for is_asked in [true, false] {
        let of_both = open.clone();
        let ended = thread::spawn(move || File::open(of_both).unwrap().read(&mut [0]).unwrap());
        let mut rule = Exec::start(&command, limits).unwrap();
        if is_asked {
            rule.decide(&view(&film));
            assert!(rule.failure().is_some());
        }
        drop(rule);
        // The pipe that both hold ends with the last of them; one that went on would be waited for
        // until the child has slept.
        assert_eq!(ended.join().unwrap(), 0);
        let own: i32 = fs::read_to_string(&own).unwrap().trim().parse().unwrap();
        let reaped = test_kill_process(Pid::from_raw(own).unwrap());
        assert_eq!(reaped, Err(Errno::SRCH), "{own} is still in the table of processes");
    }
}

#[test]
fn a_program_is_shown_the_view_and_what_arrived() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    // A line is written down before it is answered: whoever has the answer may read the file.
    let command = format!(
        "while IFS= read -r line; do printf '%s\\n' \"$line\" >> '{}'; echo '{{\"version\":1,\"rung\":1}}'; done",
        seen.display()
    );
    let film = film();
    let mut rule = Exec::start(&command, PATIENT).unwrap();
    for index in 0..10 {
        rule.arrived(&Arrival {
            now_ms: 1_000.0,
            index,
            rung: Rung(1),
            segment_ms: 2_000.0,
            bits: 1_500_000.0,
            first_byte_ms: 20.0,
            took_ms: 700.0,
            buffer_ms: 6_000.0,
            stalled_ms: 0.0,
            is_replacement: false,
            source: Source { is_hit: Some(true), server_kbps: None },
        });
    }
    rule.decide(&view(&film));
    assert_eq!(rule.failure(), None);
    let seen = fs::read_to_string(seen).unwrap();
    let (hello, request) = seen.split_once('\n').unwrap();
    assert_eq!(hello, r#"{"kind":"hello","protocol":"dashpot-policy","version":1}"#);
    let (head, history) = request.split_once(r#","history":["#).unwrap();
    assert_eq!(
        head,
        concat!(
            r#"{"kind":"decide","id":1,"now_ms":1234.5,"ladder_kbps":[300.0,750.0,1500.0],"index":58,"#,
            r#""segments":60,"since_seek":58,"segment_ms":2000.0,"#,
            r#""next_bits":[[600000.0,1500000.0,3000000.0],[600000.0,1500000.0,3000000.0]],"#,
            r#""buffer_ms":6000.0,"buffer_max_ms":25000.0,"throughput_kbps":900.25,"latency_ms":20.0,"#,
            r#""last":1,"is_playing":true,"live":null"#
        )
    );
    assert_eq!(history.matches("\"index\"").count(), 8);
    assert!(history.starts_with(
        r#"{"index":2,"rung":1,"bits":1500000.0,"took_ms":700.0,"first_byte_ms":20.0,"stalled_ms":0.0,"buffer_ms":6000.0,"is_hit":true},"#
    ), "{history}");
}
