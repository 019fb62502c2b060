//! livesim2's grammar on the wire.

use super::{config, film, http::get, start};
use crate::Config;

#[tokio::test]
async fn what_an_mpd_in_livesim2s_grammar_leads_to_is_what_ours_leads_to() {
    let livesim2_asset = vec!["testpic_4s=film/seg_4s".parse().unwrap()];
    let server = start(Config { livesim2: livesim2_asset, ..config(film()) }).await;
    for (theirs, ours) in [
        ("segtimeline_1/tsbd_120/testpic_2s/Manifest.mpd", "film/seg_2s/tsbd_120s/time.mpd"),
        ("snr_0/testpic_4s/Manifest.mpd", "film/seg_4s/snr_0/number.mpd"),
        ("ato_inf/tsbd_120/testpic_2s/Manifest.mpd", "film/seg_2s/ato_inf/tsbd_120s/number.mpd"),
        ("eccp_cbcs/tsbd_120/testpic_2s/Manifest.mpd", "film/seg_2s/drm_cbcs/tsbd_120s/number.mpd"),
    ] {
        let folder = |path: &str| path.rsplit_once('/').unwrap().0.to_owned();
        let at = "?nowMS=210000";
        let mpd = get(&server, &format!("/livesim2/{theirs}{at}")).await;
        let same = get(&server, &format!("/live/{ours}{at}")).await;
        assert_eq!((mpd.status, same.status), (200, 200), "{}", mpd.text());
        assert_eq!(mpd.text(), same.text());
        assert_eq!(mpd.field("etag"), same.field("etag"));
        // Relative to the MPD, in the version that it names.
        let (_, base) = mpd.text().split_once("<BaseURL>").unwrap();
        let base = base.split_once("</BaseURL>").unwrap().0;
        for file in ["v1/init.mp4", "v1/50.m4s", "a-en/50.m4s"] {
            let media =
                get(&server, &format!("/livesim2/{}/{base}{file}{at}", folder(theirs))).await;
            let same = get(&server, &format!("/live/{}/{base}{file}{at}", folder(ours))).await;
            assert_eq!((media.status, same.status), (200, 200), "{theirs} {file}");
            assert_eq!(media.body, same.body, "{theirs} {file}");
            assert_eq!(media.field("etag"), same.field("etag"));
        }
    }
}

#[tokio::test]
async fn keys_and_faults_are_met_or_named() {
    let server = start(config(film())).await;
    for (path, status, says) in [
        ("etp_60/film/Manifest.mpd", 400, "`etp_60` is not supported"),
        ("tsdb_60/film/Manifest.mpd", 400, "did you mean `tsbd_120`?"),
        ("nofilm/Manifest.mpd", 404, "no asset `nofilm`"),
        ("chunkdur_1/ato_10/film/Manifest.mpd", 400, "`ato_10s` does not fit"),
        ("fault_status_503,on_mpd/film/Manifest.mpd", 503, ""),
        ("statuscode_%5B%7Bcycle:30,rsq:0,code:404%7D%5D/film/v1/15.m4s?nowMS=40000", 200, ""),
        ("statuscode_%5B%7Bcycle:30,rsq:0,code:404%7D%5D/film/v1/16.m4s?nowMS=40000", 404, ""),
        ("statuscode_[{cycle:30,rsq:0,code:404}]/film/v1/16.m4s?nowMS=40000", 404, ""),
        ("traffic_d10/film/v1/16.m4s?nowMS=40000", 404, ""),
        ("traffic_d10/film/Manifest.mpd", 200, ""),
    ] {
        let reply = get(&server, &format!("/livesim2/{path}")).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        assert!(says.is_empty() || reply.text().contains(says), "{path}: {}", reply.text());
    }
}
