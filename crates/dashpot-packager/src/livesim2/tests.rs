use super::*;
use crate::located;
use crate::{Asset, AssetSource, Body, Found, fixture, respond_live};
use dashpot_base::WallTime;
use std::time::Duration;

/// A catalogue with livesim2's stand-in and one asset more.
fn catalogue() -> Catalogue {
    let film = Asset::new(AssetSource {
        name: "film".to_owned(),
        tracks: vec![
            fixture::track("v1", fixture::kind_video(180), 12_800, &[25_600; 12]),
            fixture::track("a-en", fixture::STEREO, 48_000, &fixture::aac(2, 12)),
        ],
        ..AssetSource::default()
    });
    Catalogue::new([fixture::clip(6), film.unwrap()]).with_drm(fixture::drm(1))
}

fn check(path: &str, expected: &str) {
    let aliases = ["mine=clip/seg_4s".parse().unwrap()];
    let found = match livesim2(&catalogue(), &aliases, path) {
        Ok(path) => path,
        Err(Refused::NotFound(why)) => format!("404 {why}"),
        Err(Refused::BadRequest(why)) => format!("400 {why}"),
        Err(
            refused @ (Refused::TooEarly { .. }
            | Refused::Gone(_)
            | Refused::TooFar(_)
            | Refused::Unchanged
            | Refused::Unavailable { .. }),
        ) => panic!("{refused:?}"),
    };
    let same = if expected.contains(' ') { found.contains(expected) } else { found == expected };
    assert!(same, "{path}: {found}");
}

#[test]
fn what_both_know_is_read_as_ours() {
    for (path, expected) in [
        ("clip/Manifest.mpd", "clip/number.mpd"),
        ("mine/Manifest.mpd", "clip/seg_4s/number.mpd"),
        (
            "tsbd_60/segtimeline_1/ato_1.5/chunkdur_0.25/testpic_2s/Manifest.mpd",
            "film/seg_2s/tsbd_60s/ato_1.5s/chunk_0.25s/time.mpd",
        ),
        ("segtimelinenr_1/clip/Manifest.mpd", "clip/timeline.mpd"),
        (
            "chunkdur_1/ato_7.00/testpic4_8s/Manifest300.mpd",
            "film/seg_8s/chunk_1s/ato_7s/only_v1,audio/number.mpd",
        ),
        ("periods_60/clip/Manifest.mpd", "clip/period_60s/join_none/number.mpd"),
        (
            "periods_120/continuous_1/segtimeline_1/clip/Manifest.mpd",
            "clip/period_30s/join_continuity/time.mpd",
        ),
        ("ltgt_3500/snr_010/clip/Manifest.mpd", "clip/ltgt_3.5s/snr_10/number.mpd"),
        ("start_1000/stop_2000/clip/Manifest.mpd", "clip/ast_1000/stop_2000/number.mpd"),
        ("utc_head-httpisoms-httpiso/clip/Manifest.mpd", "clip/utc_httphead-httpiso/number.mpd"),
        ("mup_3/spd_9/clip/v_1/v1/init.mp4", "clip/mup_3s/spd_9s/v_1/v1/init.mp4"),
        ("segtimeline_1/clip/a-en/t0.m4s", "clip/a-en/t0.m4s"),
        (
            "timesubsstpp_en,sv/timesubswvtt_en/clip/Manifest.mpd",
            "clip/clockstpp_en,sv/clocksubs_en/number.mpd",
        ),
        ("fault_delay_1s/mup_2/clip/v1/3.m4s", "clip/fault_delay_1s/mup_2s/v1/3.m4s"),
        ("segtimeline_1/patch_60/clip/Manifest.mpd", "clip/patch_60s/time.mpd"),
        (
            "segtimeline_1/patch_60/clip/time-1700000002000.mpp",
            "clip/patch_60s/time-1700000002000.mpp",
        ),
        (
            "segtimeline_0/patch_60/periods_60/clip/Manifest.mpd",
            "clip/patch_60s/period_60s/join_none/time.mpd",
        ),
        ("ato_inf/clip/Manifest.mpd", "clip/ato_inf/number.mpd"),
        ("ato_10/clip/Manifest.mpd", "clip/ato_10s/number.mpd"),
        ("annexI_a=X,b=Y/clip/Manifest.mpd", "clip/param_a=X,b=Y/query_mpd/number.mpd"),
        ("annexI_a=X,b=Y/clip/v1/5.m4s", "clip/param_a=X,b=Y/query_mpd/v1/5.m4s"),
        ("drm_EZDRM-1-key-cbcs/clip/Manifest.mpd", "clip/drm_cbcs/number.mpd"),
        ("drm_eccp-cenc/clip/Manifest.mpd", "clip/drm_cenc/number.mpd"),
        (
            "startrel_-20/timeoffset_0/clip/Manifest.mpd",
            "400 livesim2's option `startrel_-20` belongs",
        ),
        ("timeoffset_0.0/clip/Manifest.mpd", "clip/number.mpd"),
    ] {
        check(path, expected);
    }
}

#[test]
fn what_goes_wrong_and_what_is_referred_to_is_read_as_ours() {
    for (path, expected) in [
        (
            "statuscode_[{cycle:30,rsq:0,code:404}]/snr_3/mine/v1/5.m4s",
            "400 livesim2's option `statuscode_[{cycle:30,rsq:0,code:404}]` does not fit: `cycle` must",
        ),
        (
            "statuscode_[{cycle:32,rsq:1,code:404}]/snr_3/mine/v1/5.m4s",
            "clip/seg_4s/fault_status_404,every_8,shift_4/snr_3/v1/5.m4s",
        ),
        (
            "fault_reset/traffic_u20d10/mup_2/clip/Manifest.mpd",
            "clip/fault_reset/fault_status_404,on_init+segment,cycle_30s,down_10s,after_20s/mup_2s/number.mpd",
        ),
        (
            "xlink_60/periods_60/clip/Manifest.mpd",
            "clip/xlink_onrequest/period_60s/join_none/number.mpd",
        ),
        ("xlink_30/periods_60/clip/Manifest.mpd", "400 livesim2's option `xlink_30` does not fit"),
        ("xlink_60/clip/Manifest.mpd", "as many as `periods_` says"),
        ("xlink_0/periods_60/clip/Manifest.mpd", "did you mean `xlink_60`?"),
        ("traffic_u20d10,u5d5/clip/Manifest.mpd", "does not fit: there is one BaseURL"),
        ("traffic_u1/traffic_u1/clip/Manifest.mpd", "`traffic_u1` says again"),
    ] {
        check(path, expected);
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_name_and_what_can() {
    for (path, expected) in [
        ("", "404 there is no asset ``"),
        ("clip", "404 no such path"),
        ("clip/number.mpd", "404 no such path: an asset has Manifest.mpd"),
        ("clip/tsbd_60/Manifest.mpd", "404 no such path"),
        ("nofilm_2s/Manifest.mpd", "404 there is no asset `nofilm_2s`: let it stand for one with"),
        ("tsdb_60/clip/Manifest.mpd", "400 livesim2's option `tsdb_60` is none"),
        ("tsdb_60/clip/Manifest.mpd", "did you mean `tsbd_120`?"),
        ("tsbd_60s/clip/Manifest.mpd", "400 livesim2's option `tsbd_60s` has no such value"),
        ("tsbd_999999/clip/Manifest.mpd", "did you mean `tsbd_120`?"),
        ("timeoffset_-2/clip/Manifest.mpd", "use a `fault_` that moves it"),
        ("drm_EZDRM-2-keys-cbcs/clip/Manifest.mpd", "did you mean `drm_EZDRM-1-key-cbcs`?"),
        ("drm_cbcs/clip/Manifest.mpd", "400 livesim2's option `drm_cbcs` has no such value"),
        ("drm_eccp-cbcs/eccp_cbcs/clip/Manifest.mpd", "`eccp_cbcs` says again"),
        ("annexI_a/clip/Manifest.mpd", "did you mean `annexI_a=X`?"),
        ("patch_0/clip/Manifest.mpd", "did you mean `patch_60`?"),
        ("patch_60/clip/time-1.mpp", "404 no such path"),
        ("ato_1.2345/clip/Manifest.mpd", "did you mean `ato_1.5`?"),
        ("utc_keep/clip/Manifest.mpd", "400 livesim2's option `utc_keep` has no such value"),
        ("segtimeline_pattern/clip/Manifest.mpd", "did you mean `segtimeline_1`?"),
        (
            "segtimeline_1/segtimelinenr_1/clip/Manifest.mpd",
            "400 livesim2's option `segtimelinenr_1` says again",
        ),
        ("ast_1/start_1/clip/Manifest.mpd", "400 livesim2's option `start_1` says again"),
        ("periods_0/clip/Manifest.mpd", "did you mean `periods_60`?"),
        ("periods_3600001/clip/Manifest.mpd", "did you mean `periods_60`?"),
        ("continuous_0/clip/Manifest.mpd", "did you mean `continuous_1`?"),
        ("timesubswvtt_e/clip/Manifest.mpd", "did you mean `timesubswvtt_en,sv`?"),
        ("snr_-1/clip/Manifest.mpd", "did you mean `snr_0`?"),
    ] {
        check(path, expected);
    }
    check(&"mup_1/".repeat(PARTS_MAX), "400 so long a path");
}

#[test]
fn each_of_livesim2s_keys_is_met_or_refused_by_name() {
    // All that its configuration of URLs knows, beside which it has no options.
    let all = "start ast stop startrel stoprel dur timeoffset init tsbd mup modulo tfdt cont \
        periods xlink etp etpDuration insertad continuous segtimeline segtimelinenr peroff scte35 \
        utc snr ato ltgt spd sidx segtimelineloss chunkdur timesubsstpp timesubswvtt timesubsdur \
        timesubssegnr timesubsreg timecc608 statuscode traffic drm eccp patch annexI ssras \
        chunkdurssr sgai svta steer cdn sid csid";
    let all: Vec<_> = all.split_whitespace().collect();
    assert_eq!(KEYS.iter().map(|key| key.name).collect::<Vec<_>>(), all);
    let (catalogue, now) = (catalogue(), WallTime::from_epoch(Duration::from_secs(1_700_003_700)));
    for key in KEYS {
        let name = key.name;
        if let Sense::Unsupported { near, why } = key.sense {
            assert!(
                KEYS.iter().any(|key| key.name == near && key.is_supported()),
                "{name}: {near}"
            );
            let refused = livesim2(&catalogue, &[], &format!("{name}_1/film/Manifest.mpd"));
            let Err(Refused::BadRequest(said)) = refused else { panic!("{name}: {refused:?}") };
            assert!(said.contains(&format!("`{name}_1` is not supported: {why}")), "{said}");
            assert!(said.contains(&format!("`{near}_")), "{said}");
            continue;
        }
        let plain = mpd(&catalogue, "film/Manifest.mpd", now);
        let needs = match name {
            "continuous" | "xlink" => "periods_60/",
            "patch" => "segtimeline_1/",
            _ => "",
        };
        let path = format!("{needs}{}/film/Manifest.mpd", key.example());
        let given = mpd(&catalogue, &path, now);
        // The scheme of the example is what holds without it, an end is told when it has come, no offset
        // is none, and what goes wrong with segments no MPD tells; all others change the MPD.
        let untold = ["utc", "stoprel", "timeoffset", "statuscode", "traffic"];
        assert_eq!(plain == given, untold.contains(&name), "{name}");
    }
    assert_ne!(
        mpd(&catalogue, "film/Manifest.mpd", now),
        mpd(&catalogue, "utc_head/film/Manifest.mpd", now)
    );
}

fn mpd(catalogue: &Catalogue, path: &str, now: WallTime) -> String {
    // Times that count from now have become times of the clock before livesim2's keys are read.
    let whole = located(&format!("/livesim2/{path}"), now).unwrap();
    let path = whole.as_ref().map_or(path, |one| one.path.strip_prefix("/livesim2/").unwrap());
    let ours = livesim2(catalogue, &[], path).unwrap_or_else(|refused| panic!("{path}: {refused}"));
    // Faults are taken out before.
    let parts: Vec<_> = ours.split('/').filter(|part| !part.starts_with("fault_")).collect();
    match respond_live(catalogue, &parts.join("/"), now) {
        Ok(Found { body: Body::Text(text), .. }) => text,
        other => panic!("{path} is {ours}: {other:?}"),
    }
}

#[test]
fn each_manifest_of_an_asset_is_met_or_refused_by_name() {
    for Manifest { name, .. } in MANIFESTS {
        let expected = match *name {
            "Manifest.mpd" => "clip/mup_2s/number.mpd",
            "Manifest300.mpd" => "clip/mup_2s/only_v1,audio/number.mpd",
            "Manifest_thumbs.mpd" => {
                "400 livesim2's `Manifest_thumbs.mpd`: the film has no thumbnails"
            }
            "Manifest_trickmode.mpd" => "clip/mup_2s/trick_8/number.mpd",
            "audio.mpd" => "clip/mup_2s/only_audio/number.mpd",
            "multi_subs.mpd" => "clip/mup_2s/text_stpp/number.mpd",
            _ => "no captions are put into pictures",
        };
        check(&format!("mup_2/clip/{name}"), expected);
    }
    check(
        "testpic_2s/multi_subs.mpd",
        "400 livesim2's `multi_subs.mpd`: the film has no subtitles",
    );
    check(
        "segtimeline_1/patch_60/clip/audio.mpd",
        "400 livesim2's option `patch_` goes with `Manifest.mpd`, not `audio.mpd`",
    );
    // What leads to a track says which manifest that was.
    for (path, expected) in [
        (
            "clip/v_0000000000000007/stpp-s-en/5.m4s",
            "clip/text_stpp/v_0000000000000007/stpp-s-en/5.m4s",
        ),
        ("mup_2/clip/trick-v1/init.mp4", "clip/mup_2s/trick_8/trick-v1/init.mp4"),
        ("timesubsstpp_en/clip/clock-stpp-en/5.m4s", "clip/clockstpp_en/clock-stpp-en/5.m4s"),
        ("clip/thumbs/1.jpg", "clip/thumbs/1.jpg"),
    ] {
        check(path, expected);
    }
}

#[test]
fn what_a_manifest_leads_to_is_there() {
    let (catalogue, now) = (catalogue(), WallTime::from_epoch(Duration::from_secs(1_790_000_000)));
    for (manifest, track) in [
        ("multi_subs.mpd", "stpp-s-en"),
        ("Manifest_trickmode.mpd", "trick-v1"),
        ("audio.mpd", "a-en"),
        ("Manifest300.mpd", "v1"),
    ] {
        let path = format!("clip/{manifest}");
        assert!(mpd(&catalogue, &path, now).contains(&format!("id=\"{track}\"")), "{path}");
        // Of what this catalogue has, no frames can be cut out: but for text, the header is enough.
        let files = if track.starts_with("stpp") { 2 } else { 1 };
        for file in ["init.mp4", "894999990.m4s"].into_iter().take(files) {
            let ours = livesim2(&catalogue, &[], &format!("clip/{track}/{file}")).unwrap();
            respond_live(&catalogue, &ours, now).unwrap_or_else(|why| panic!("{ours}: {why}"));
        }
    }
}

#[test]
fn an_alias_names_an_asset_and_its_options() {
    for text in ["a=b", "a=b/seg_8s", "testpic_4s=film/seg_4s/chunk_0.5s"] {
        assert!(text.parse::<Alias>().is_ok(), "{text}");
    }
    for text in ["", "a", "a=", "=b", "a=b/", "a=b/loop_2", "a/b=c", "a=../b", "a=b/seg_8s/seg_8s"]
    {
        assert!(text.parse::<Alias>().is_err(), "{text}");
    }
    // What an operator says goes before what holds by default, and before an asset of that name.
    let alias = ["testpic_2s=clip".parse().unwrap(), "film=clip".parse().unwrap()];
    for name in ["testpic_2s", "film"] {
        assert_eq!(aliased(&catalogue(), &alias, name).unwrap(), "clip");
    }
    assert_eq!(aliased(&Catalogue::default(), &[], "testpic_2s"), None);
}
