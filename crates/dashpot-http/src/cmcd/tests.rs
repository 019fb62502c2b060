use super::*;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

fn full() -> Cmcd {
    Cmcd {
        encoded_bitrate: Some(Bitrate::from_kbps(3_200)),
        buffer_length: Some(Duration::from_millis(21_349)),
        buffer_starved: true,
        content_id: Some("faec5fc2-ac30-11ea \"x\"".to_owned()),
        object_duration: Some(Duration::from_millis(4_004)),
        deadline: Some(Duration::from_millis(18_550)),
        measured_throughput: Some(Bitrate::from_kbps(25_449)),
        next_object: Some("..%2F300kbps%2Ftrack.m4v".to_owned()),
        next_range: Some("12323-48763".to_owned()),
        object_type: Some(ObjectType::Video),
        playback_rate: Some(1.25),
        requested_throughput_max: Some(Bitrate::from_kbps(12_051)),
        streaming_format: Some(StreamingFormat::Dash),
        session_id: Some("6e2fb550-c457-11e9".to_owned()),
        stream_type: Some(StreamType::Vod),
        startup: true,
        top_bitrate: Some(Bitrate::from_kbps(6_000)),
    }
}

#[test]
fn cta5004_3_1_the_four_header_fields() {
    let mut headers = HeaderMap::new();
    full().insert_headers(&mut headers);
    for (name, expected) in [
        ("cmcd-object", "br=3200,d=4004,ot=v,tb=6000"),
        (
            "cmcd-request",
            r#"bl=21300,dl=18600,mtp=25400,nor="..%2F300kbps%2Ftrack.m4v",nrr="12323-48763",su"#,
        ),
        (
            "cmcd-session",
            r#"cid="faec5fc2-ac30-11ea \"x\"",pr=1.25,sf=d,sid="6e2fb550-c457-11e9",st=v"#,
        ),
        ("cmcd-status", "bs,rtp=12100"),
    ] {
        assert_eq!(headers[name], expected);
    }
    assert_eq!(headers.len(), 4);
}

#[test]
fn cta5004_3_2_the_query() {
    let cmcd = Cmcd {
        session_id: Some("a b".to_owned()),
        startup: true,
        playback_rate: Some(1.0),
        ..Cmcd::default()
    };
    assert_eq!(cmcd.to_query(), "CMCD=sid%3D%22a%20b%22%2Csu");
    assert_eq!(Cmcd::default().to_query(), "");
    let found = Cmcd::from_query("x=1&CMCD=sid%3D%22a%20b%22%2Csu&y");
    assert_eq!(found, Some(Cmcd { playback_rate: None, ..cmcd }));
}

fn check_read(list: &str, expected: &Cmcd) {
    let mut headers = HeaderMap::new();
    // CTA-5004 §3.1: a key in another field than its own is still read.
    headers.insert(HeaderName::from_static("cmcd-status"), HeaderValue::from_str(list).unwrap());
    assert_eq!(Cmcd::from_headers(&headers).unwrap_or_default(), *expected, "{list}");
}

#[test]
fn reading_tolerates_what_players_send() {
    let none = Cmcd::default();
    check_read("", &none);
    check_read("com.example-key=5,unknown", &none);
    check_read("br=abc,bl=-5,pr=NaN,sf=zz,su=false", &none);
    check_read(
        "br = 300 , su",
        &Cmcd { encoded_bitrate: Some(Bitrate::from_kbps(300)), startup: true, ..none.clone() },
    );
    check_read(
        "bl=1500.7",
        &Cmcd { buffer_length: Some(Duration::from_millis(1_500)), ..none.clone() },
    );
    check_read(
        "sid=bare,bs=true",
        &Cmcd { session_id: Some("bare".to_owned()), buffer_starved: true, ..none.clone() },
    );
    check_read(
        r#"ot="v",cid="a,b""#,
        &Cmcd {
            object_type: Some(ObjectType::Video),
            content_id: Some("a,b".to_owned()),
            ..none.clone()
        },
    );
    let long = "x".repeat(500);
    let cut = Some("x".repeat(ID_CHARS_MAX));
    check_read(&format!("sid=\"{long}\""), &Cmcd { session_id: cut, ..none });
}

#[test]
fn both_forms_carry_the_same() {
    let mut headers = HeaderMap::new();
    full().insert_headers(&mut headers);
    let from_headers = Cmcd::from_headers(&headers).unwrap();
    assert_eq!(Cmcd::from_query(&full().to_query()), Some(from_headers.clone()));
    // What is rounded once stays as it is.
    assert_eq!(Cmcd::from_query(&from_headers.to_query()), Some(from_headers));
}

proptest! {
    #[test]
    fn reading_never_panics_and_ids_are_bounded(text in "[ -~]{0,120}", pad in 0..200_usize) {
        let query = format!("CMCD=sid={}{text}", "x".repeat(pad));
        let id = Cmcd::from_query(&query).and_then(|read| read.session_id);
        prop_assert!(id.unwrap_or_default().chars().count() <= ID_CHARS_MAX);
    }

    #[test]
    fn writing_then_reading_is_the_identity(
        bl in proptest::option::of(0..10_000_u64), br in proptest::option::of(0..100_000_u64),
        cid in proptest::option::of("[ -~]{0,64}"), su in any::<bool>(), kind in 0..9_usize,
    ) {
        let cmcd = Cmcd {
            buffer_length: bl.map(|bl| Duration::from_millis(bl * 100)),
            encoded_bitrate: br.map(Bitrate::from_kbps),
            content_id: cid,
            startup: su,
            object_type: Some(ObjectType::ALL[kind]),
            ..Cmcd::default()
        };
        prop_assert_eq!(Cmcd::from_query(&cmcd.to_query()), Some(cmcd));
    }
}
