//! Replicas: two origins of one folder and one configuration answer every request alike, byte for byte.

use super::{config, film, live::said};
use crate::{
    Config, DrmConfig, SteeringConfig,
    server::{Server, bind},
};
use dashpot_base::Seed;
use proptest::{prelude::*, sample::select};
use std::collections::BTreeMap;
use std::{cell::RefCell, path::Path};
use tokio::runtime::Runtime;

/// Options live, of every family; some of them do not fit.
const LIVE: [&str; 34] = [
    "",
    "seg_4s/",
    "seg_3s/",
    "chunk_0.5s/",
    "chunk_1s/ltgt_3s/ato_1s/",
    "chunk_0.5s/sub_on/",
    "tsbd_10s/ast_7/",
    "snr_0/mup_3s/spd_9s/",
    "start_1000000/",
    "start_1000000/stop_1000000000/",
    "utc_direct/",
    "utc_httphead-httpntp/",
    "patch_60s/",
    "patch_60s/period_8s/",
    "events_5s/emsg_1s/scte35_3/cueas_xml-emsg/",
    "emsg_2s/emsgv_0/cue_signal/",
    "query_own/",
    "query_mpd-ext/",
    "period_8s/join_connectivity/",
    "text_wvtt-stpp/",
    "clocksubs_en,sv/clockstpp_ko/",
    "trick_8/",
    "steer_on/",
    "steer_before/",
    "bases_a,b@2-3/",
    "drm_cenc/",
    "drm_cbcs/rotate_8s/period_8s/",
    "ad_film/every_12s/for_4s/",
    "ad_film,film/every_14s/for_6s/period_20s/chunk_0.5s/",
    "xlink_onload-zero/period_8s/",
    "xlink_onrequest/ad_film/every_12s/for_4s/",
    "initset_on/period_8s/",
    "startrel_30s/location_element/",
    "of_film/ad_film/",
];
/// Options on demand.
const VOD: [&str; 16] = [
    "",
    "loop_3/",
    "loop_99/seg_4s/",
    "seg_3s/",
    "events_5s/emsg_1s/",
    "scte35_2/cueas_xmlbin/",
    "query_own-ext/",
    "text_wvtt-stpp/",
    "clocksubs_en,sv/clockstpp_ko/",
    "trick_8/",
    "steer_on/",
    "bases_b,a/",
    "drm_cenc/",
    "pre_film,film/mid_film@10s/post_film/",
    "pre_film,film/mid_film@10s/xlink_onload-zero/",
    "initset_on/mid_film@10s/",
];
const TRACKS: [&str; 8] = ["v1", "v1", "v3", "a-en", "a-en", "a-ko", "wvtt-s-en", "trick-v1"];

/// A path, a query and a time; of times past, for nothing is said to have been modified in the future.
fn requests() -> impl Strategy<Value = (String, String, u64)> {
    let near = select(vec![-8_i64, -5, -1, 0, 0, 0, 0, 1, 2]);
    let times = prop_oneof![0..400_000_u64, 0..1_700_000_000_000_u64];
    (
        any::<bool>(),
        select(LIVE.to_vec()),
        select(VOD.to_vec()),
        0..16_u8,
        select(TRACKS.to_vec()),
        near,
        times,
    )
        .prop_map(|(is_live, live, vod, file, track, near, now_ms)| {
            let index = if is_live { now_ms / 2_000 } else { 1 + now_ms % 12 };
            let index = index.saturating_add_signed(near);
            let file = match file {
                0 => "number.mpd".to_owned(),
                1 => "time.mpd".to_owned(),
                2 if is_live => "timeline.mpd".to_owned(),
                2 => "base.mpd".to_owned(),
                3 if is_live => format!("time-{}.mpp", index * 2_000),
                3 => "list.mpd".to_owned(),
                4 => "hls.m3u8".to_owned(),
                5 => format!("hls-{track}.m3u8"),
                6 => format!("{track}/init.mp4"),
                7 => format!("v2/t{}.m4s", index.saturating_sub(3) * 25_600),
                8 => format!("v2/{index}_{}.m4s", now_ms % 5),
                9 if is_live => format!("number-p{}.xml", index / 4 * 4),
                9 => "number-ad0.xml".to_owned(),
                10 if is_live => format!("time-ad{}.xml", index / 6),
                10 => "s-en.vtt".to_owned(),
                11 => "v1.mp4".to_owned(),
                _ => format!("{track}/{index}.m4s"),
            };
            let (root, options) = if is_live { ("live", live) } else { ("vod", vod) };
            // Whole seconds past a segment's end: nothing of it is in production, so that no time passes.
            let is_text = [".mpd", ".mpp", ".xml", ".m3u8"].iter().any(|end| file.ends_with(end));
            let at_ms = if is_text { now_ms } else { now_ms / 4_000 * 4_000 };
            let skip = if now_ms % 2 == 0 { "&_HLS_skip=YES" } else { "" };
            (format!("/{root}/film/{options}{file}"), format!("nowMS={at_ms}{skip}"), at_ms)
        })
}

fn replica(runtime: &Runtime, secret: &Path) -> Server {
    let pathways = ["a=http://a.test", "b=https://b.test/b"].map(|text| text.parse().unwrap());
    let steering = SteeringConfig {
        pathways: pathways.to_vec(),
        server: Some("http://steering.test".to_owned()),
        seed: Seed(7),
        ..SteeringConfig::default()
    };
    let drm = DrmConfig {
        secret: Some(secret.to_owned()),
        licence_url: Some("http://licences.test".to_owned()),
        ..DrmConfig::default()
    };
    runtime.block_on(bind(Config { steering, drm, ..config(film()) })).unwrap()
}

/// Law: two origins of one folder and one configuration answer alike.
#[test]
fn ten_thousand_requests_are_answered_alike_by_two_origins() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "what both replicas know").unwrap();
    let (one, other) = (replica(&runtime, &secret), replica(&runtime, &secret));
    let statuses = RefCell::new(BTreeMap::<u16, u32>::new());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(10_000)
    });
    let found = runner.run(&requests(), |(path, query, _)| {
        let one = runtime.block_on(said(&one, &path, &query));
        let other = runtime.block_on(said(&other, &path, &query));
        *statuses.borrow_mut().entry(one.0).or_default() += 1;
        prop_assert_eq!(one, other);
        Ok(())
    });
    found.unwrap();
    // Not of refusals alone.
    assert!(3_000 < statuses.borrow()[&200], "{statuses:?}");
}
