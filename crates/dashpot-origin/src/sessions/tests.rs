use super::*;
use std::{net::Ipv4Addr, time::Duration};

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn second(at: u64) -> WallTime {
    WallTime::from_unix_seconds(1_000 + at)
}

fn report(line: &str) -> Report {
    Report::from_lines(line.as_bytes()).pop().unwrap()
}

fn sessions() -> Sessions {
    Sessions::new(true, None).unwrap()
}

#[test]
fn a_session_is_what_its_requests_and_events_told() {
    let sessions = sessions();
    let request = Way::Request { path: "/vod/film/v1/1.m4s", status: 200 };
    for (at, way, line) in [
        (0, request, "br=300,bl=2000,ot=v,sid=\"x\",cid=\"film\",mtp=900"),
        (1, request, "br=128,bl=9000,ot=a,sid=\"x\""),
        (2, Way::Event, "e=ps,sta=p,ts=1700000000000,sid=\"x\",v=2,bl=(0;v 500;a),br=(800;v)"),
        (3, request, "bs,ot=v,sid=\"x\""),
        (4, request, "br=1,ot=v"),
    ] {
        sessions.note(second(at), CLIENT, way, &report(line));
    }
    let session = sessions.find("x").unwrap();
    assert_eq!((session.requests, session.events, session.stalls), (3, 1, 1));
    assert_eq!((session.content.as_deref(), session.version), (Some("film"), Some(2)));
    let bitrates: Vec<_> = session.points.iter().map(|point| point.bitrate_kbps).collect();
    assert_eq!(bitrates, [Some(300.0), None, Some(800.0), None]);
    let buffers: Vec<_> = session.points.iter().map(|point| point.buffer_ms).collect();
    assert_eq!(buffers, [Some(2_000.0), None, Some(0.0), None]);
    // Who has no session id is told by the address.
    assert_eq!(sessions.find("127.0.0.1").unwrap().requests, 1);
    let order: Vec<_> = sessions.all().into_iter().map(|session| session.id).collect();
    assert_eq!(order, ["127.0.0.1", "x"]);
}

#[test]
fn what_is_waited_for_at_the_start_is_no_stall_and_one_stall_is_told_of_more_than_once() {
    let sessions = sessions();
    for (at, state) in (0..).zip(["s", "r", "r", "p", "p", "r", "r", "r", "p", "r", "p"]) {
        let line = format!("e=ps,sta={state},sid=\"x\"");
        sessions.note(second(at), CLIENT, Way::Event, &report(&line));
    }
    let session = sessions.find("x").unwrap();
    assert_eq!(session.stalls, 2);
    assert_eq!(session.points.iter().filter(|point| point.is_starved).count(), 4);
}

#[test]
fn sessions_and_their_points_are_bounded() {
    let sessions = sessions();
    for at in 0..=SESSIONS_MAX {
        let line = format!("bl=1,sid=\"s{at}\"");
        let now = second(u64::try_from(at).unwrap());
        sessions.note(now, CLIENT, Way::Event, &report(&line));
    }
    assert_eq!(sessions.all().len(), SESSIONS_MAX);
    assert!(sessions.find("s0").is_none() && sessions.find("s1").is_some());
    for _ in 0..=POINTS_MAX {
        sessions.note(second(9), CLIENT, Way::Event, &report("bl=1,sid=\"s1\""));
    }
    assert_eq!(sessions.find("s1").unwrap().points.len(), POINTS_MAX);
    let long = format!("bl=1,sid=\"{}\"", "x".repeat(500));
    sessions.note(second(9), CLIENT, Way::Event, &report(&long));
    assert!(sessions.find(&"x".repeat(ID_MAX)).is_some());
}

#[test]
fn pages_show_what_was_told_and_nothing_a_player_could_run() {
    let sessions = sessions();
    let evil = r#"bl=1000,br=300,bs,sid="<script>x",cid="\"><b>",sta=r,e=ps"#;
    sessions.note(second(0), CLIENT, Way::Event, &report(evil));
    sessions.note(second(60), CLIENT, Way::Event, &report(r#"bl=500,br=600,sid="<script>x""#));
    let (list, one) = (list(&sessions.all()), one(&sessions.all()[0]));
    for page in [&list, &one] {
        assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
        assert!(page.contains("&#60;script&#62;x"), "{page}");
    }
    assert!(list.contains("href=\"/sessions/%3Cscript%3Ex\""), "{list}");
    assert!(one.contains("600 kbit/s") && one.contains("60 s") && one.contains("class=\"stall\""));
}

#[test]
fn bodies_of_lines_and_of_json_say_the_same() {
    let lines = of_body(b"bl=(100;v),e=ps,bs,sid=\"x\"\r\n\r\nbl=7,v=2");
    let json = of_body(br#" [{"bl":{"v":100},"e":"ps","bs":true,"sid":"x"},{"bl":7,"v":2},7,{}]"#);
    assert_eq!(lines, json);
    assert_eq!(lines.len(), 2);
    assert_eq!(of_body(br#"{"bl":7,"v":2}"#), lines[1..]);
    for none in [&b""[..], b"\n\n", b"{", b"[1]", b"[[[["] {
        assert!(of_body(none).is_empty());
    }
}

#[test]
fn the_log_has_a_line_for_each_report() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cmcd.jsonl");
    let sessions = Sessions::new(false, Some(&file)).unwrap();
    let way = Way::Request { path: "/a", status: 503 };
    let told = report("br=(300;v 1.5;a),bs,nor=(\"a\" \"b\"),sid=\"x\"");
    sessions.note(second(0), CLIENT, way, &told);
    sessions.note(second(0).after(Duration::from_millis(5)), CLIENT, Way::Event, &report("e=t"));
    assert!(sessions.all().is_empty());
    // What is dropped has written all lines.
    drop(sessions);
    let text = std::fs::read_to_string(&file).unwrap();
    let expected = [
        concat!(
            r#"{"t":"1970-01-01T00:16:40.000Z","session":"x","client":"127.0.0.1","mode":"request","#,
            r#""path":"/a","status":503,"cmcd":{"br":{"v":300,"a":1.5},"bs":true,"#,
            r#""nor":["a","b"],"sid":"x"}}"#
        ),
        concat!(
            r#"{"t":"1970-01-01T00:16:40.005Z","session":"127.0.0.1","client":"127.0.0.1","#,
            r#""mode":"event","cmcd":{"e":"t"}}"#
        ),
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}
