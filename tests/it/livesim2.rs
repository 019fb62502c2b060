//! The URLs of livesim2 that players show as samples: each has an MPD, or is refused by the name of what
//! there is not. `web/e2e/livesim2.test.mjs` plays those that have one in Chromium.

use crate::{
    judges::{keep_to_the_dash_schema, root},
    origin::Origin,
};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

/// Those of dash.js: its reference player, its samples and its functional tests.
const DASH_JS: &[&str] = &[
    "testpic_2s/Manifest.mpd",
    "testpic_6s/Manifest.mpd",
    "mup_30/testpic_2s/Manifest.mpd",
    "segtimeline_1/testpic_2s/Manifest.mpd",
    "segtimelinenr_1/testpic_2s/Manifest.mpd",
    "periods_60/continuous_1/testpic_2s/Manifest.mpd",
    "segtimeline_1/patch_60/testpic_2s/Manifest.mpd",
    "segtimelinenr_1/patch_60/testpic_2s/Manifest.mpd",
    "segtimeline_0/patch_60/periods_60/testpic_2s/Manifest.mpd",
    "ato_10/testpic_2s/Manifest.mpd",
    "ato_inf/testpic_2s/Manifest.mpd",
    "scte35_2/testpic_2s/Manifest.mpd",
    "annexI_dashjs=rocks/testpic_6s/Manifest.mpd?dashjs=rocks",
    "chunkdur_1/ato_7/testpic4_8s/Manifest300.mpd",
    "chunkdur_1/ato_7/testpic4_8s/Manifest.mpd",
    "testpic_2s/multi_subs.mpd",
    "testpic_2s/cea608.mpd",
    "testpic_2s/cea608_and_segs.mpd",
    "drm_EZDRM-1-key-cbcs/testpic_2s/Manifest.mpd",
    "drm_EZDRM-2-keys-cbcs/testpic_2s/Manifest.mpd",
    "eccp_cbcs/testpic_2s/Manifest.mpd",
    "eccp_cenc/testpic_2s/Manifest.mpd",
    "testpic_2s/Manifest_thumbs.mpd",
    "testpic_2s/audio.mpd",
];

/// Those that shaka-player's demonstration has beside them.
const SHAKA: &[&str] = &[
    "utc_head/testpic_2s/Manifest.mpd",
    "segtimeline_1/utc_head/testpic_6s/Manifest.mpd",
    "segtimelinenr_1/utc_head/testpic_6s/Manifest.mpd",
    "segtimeline_1/startrel_-20/stoprel_20/timeoffset_0/testpic_2s/Manifest.mpd",
    "startrel_-20/stoprel_20/timeoffset_0/testpic_2s/Manifest.mpd",
    "utc_head/periods_60/testpic_2s/Manifest.mpd",
    "patch_60/testpic_2s/Manifest.mpd",
    "patch_60/periods_60/testpic_2s/Manifest.mpd",
    "patch_60/segtimelinenr_1/testpic_2s/Manifest.mpd",
    "patch_60/segtimelinenr_1/periods_60/testpic_2s/Manifest.mpd",
    "patch_60/segtimeline_1/testpic_2s/Manifest.mpd",
    "patch_60/segtimeline_1/periods_60/testpic_2s/Manifest.mpd",
    "testpic_2s/Manifest_trickmode.mpd",
    "annexI_a=X,b=Y/testpic_2s/Manifest.mpd?a=X&b=Y",
];

/// Returns the status and the body of what answers a path.
fn ask(origin: &Origin, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(origin.addr).expect("a connection");
    let head = format!("GET {path} HTTP/1.1\r\nHost: origin.test\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("a request sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("a response of text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}

#[test]
fn each_sample_has_an_mpd_that_is_valid_or_is_refused_by_name() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    let mut answered = "| URL | sample of |\n|---|---|\n".to_owned();
    let mut refused = "| URL | sample of | answer |\n|---|---|---|\n".to_owned();
    let mut files = Vec::new();
    let of = |player: &'static str, all: &[&'static str]| {
        all.iter().map(|path| (player, format!("/livesim2/{path}"))).collect::<Vec<_>>()
    };
    for (player, path) in of("dash.js", DASH_JS).into_iter().chain(of("shaka-player", SHAKA)) {
        let (status, body) = ask(&origin, &path);
        match status {
            200 => {
                dashpot_mpd::parse(&body).unwrap_or_else(|error| panic!("{path}: {error}"));
                answered += &format!("| `{path}` | {player} |\n");
                let file = folder.path().join(format!("{}.mpd", files.len()));
                fs::write(&file, body).expect("a file");
                files.push(file);
            }
            400 => {
                let named = path.split('/').any(|part| body.contains(&format!("`{part}`")));
                assert!(named, "{path}: {body}");
                refused += &format!("| `{path}` | {player} | 400 {} |\n", body.trim_end());
            }
            _ => panic!("{path}: {status} {body}"),
        }
    }
    keep_to_the_dash_schema(&files);
    guide_has(&[("answered", &answered), ("refused", &refused)]);
}

/// Holds the tables of the guide to what was seen.
fn guide_has(tables: &[(&str, &str)]) {
    let path = root().join("docs/livesim2.md");
    let text = fs::read_to_string(&path).expect("docs/livesim2.md");
    let mut written = text.clone();
    for (name, table) in tables {
        let mark = format!("<!-- samples: {name} -->\n");
        let begin = written.find(&mark).expect("a mark") + mark.len();
        let end = begin + written[begin..].find("<!-- end -->").expect("an end");
        written.replace_range(begin..end, table);
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, written).expect("docs/livesim2.md");
    } else {
        assert_eq!(text, written, "run with UPDATE_EXPECT=1");
    }
}
