//! Faults of clocks and of what is live.

use super::{
    Running, config, film,
    http::{Reply, get},
    start,
};
use dashpot_base::WallTime;
use dashpot_http::date;

/// A minute at which segment `NUMBER` of 2 s is half made.
const NOW_MS: u64 = 1_700_000_001_000;
/// The number of that segment: they are counted from 1.
const NUMBER: u64 = 850_000_001;

async fn at(server: &Running, fault: &str, file: &str, now_ms: u64) -> Reply {
    get(server, &format!("/live/film/{fault}{file}?nowMS={now_ms}")).await
}

#[tokio::test]
async fn segments_come_before_or_after_the_mpd_says_so() {
    let server = start(config(film())).await;
    for (fault, number, status) in [
        ("", NUMBER - 1, 200),
        ("", NUMBER, 425),
        ("fault_early_2s/", NUMBER, 200),
        ("fault_early_2s/", NUMBER + 1, 425),
        ("fault_late_2s/", NUMBER - 1, 425),
        ("fault_late_2s/", NUMBER - 2, 200),
        // Of the others it is as it is.
        ("fault_early_2s,rep_v2/", NUMBER, 425),
    ] {
        let reply = at(&server, fault, &format!("v1/{number}.m4s"), NOW_MS).await;
        assert_eq!(reply.status, status, "{fault} {number}: {}", reply.field("dashpot-fault"));
    }
    let reply = at(&server, "fault_late_2s/", &format!("v1/{NUMBER}.m4s"), NOW_MS).await;
    assert_eq!(reply.field("dashpot-fault"), "late;ms=-2000;rule=\"url-1\"");
}

#[tokio::test]
async fn a_stale_mpd_is_the_one_of_then() {
    let server = start(config(film())).await;
    let stale = at(&server, "fault_stale_30s/", "time.mpd", NOW_MS).await;
    let then = at(&server, "", "time.mpd", NOW_MS - 30_000).await;
    let now = at(&server, "", "time.mpd", NOW_MS).await;
    assert_eq!(stale.text(), then.text());
    assert_ne!(stale.text(), now.text());
    assert_eq!(stale.field("dashpot-fault"), "stale;ms=-30000;rule=\"url-1\"");
    assert_eq!(stale.field("cache-control"), "no-store");
}

#[tokio::test]
async fn a_clock_goes_wrong_and_an_mpd_leads_to_it() {
    let server = start(config(film())).await;
    let mpd = get(&server, "/live/film/fault_skew_-1h/fault_delay_1s/number.mpd").await;
    assert!(mpd.text().contains("value=\"/time/fault_skew_-1h/iso\""), "{}", mpd.text());
    assert_eq!(mpd.field("dashpot-fault"), "");
    // RFC 3339 texts of one form are in the order of their times.
    let before = get(&server, "/time/iso").await.text().to_owned();
    let ahead = get(&server, "/time/fault_skew_1h/iso").await;
    let behind = get(&server, "/time/fault_skew_-1h/iso").await;
    let after = get(&server, "/time/iso").await.text().to_owned();
    assert!(behind.text() < before.as_str(), "{} {before}", behind.text());
    assert!(after.as_str() < ahead.text(), "{} {after}", ahead.text());
    let of_date =
        |reply: &Reply| date::parse(WallTime::EPOCH, reply.field("date").as_bytes()).unwrap();
    let skewed = get(&server, "/time/fault_skew_1h/head").await;
    let right = get(&server, "/time/head").await;
    assert!(3_500 < of_date(&skewed).since(of_date(&right)).as_secs());
}

#[tokio::test]
async fn a_gap_of_a_channel_is_in_its_timeline() {
    let server = start(config(film())).await;
    let fault = format!("fault_gap,n_{}/", NUMBER - 5);
    let whole = at(&server, "", "time.mpd", NOW_MS).await;
    let mpd = at(&server, &fault, "time.mpd", NOW_MS).await;
    assert_eq!(mpd.field("dashpot-fault"), "gap;rule=\"url-1\"");
    let count = |reply: &Reply| -> Vec<i64> {
        let (mpd, _) = dashpot_mpd::parse(reply.text()).unwrap();
        let sets = mpd.periods[0].adaptation_sets.iter();
        let templates = sets.filter_map(|set| {
            set.segment_template.clone().or_else(|| set.representations[0].segment_template.clone())
        });
        let timelines = templates.filter_map(|template| template.segment_timeline);
        timelines.map(|timeline| timeline.s.iter().map(|run| run.r + 1).sum()).collect()
    };
    let (all, left) = (count(&whole), count(&mpd));
    assert!(!all.is_empty());
    assert_eq!(left, all.iter().map(|count| count - 1).collect::<Vec<_>>());
    // Where segments have numbers in a timeline, the next one would take the number of the gap.
    let numbered = at(&server, &fault, "timeline.mpd", NOW_MS).await;
    assert_eq!(numbered.field("dashpot-fault"), "");
    for (number, status) in [(NUMBER - 6, 200), (NUMBER - 5, 404), (NUMBER - 4, 200)] {
        let reply = at(&server, &fault, &format!("v1/{number}.m4s"), NOW_MS).await;
        assert_eq!(reply.status, status, "{number}");
    }
}

#[tokio::test]
async fn a_chunked_segment_is_cut_like_any_other() {
    let server = start(config(film())).await;
    let path = format!("chunk_0.5s/v1/{}.m4s", NUMBER - 1);
    let whole = at(&server, "", &path, NOW_MS).await;
    assert_eq!(whole.status, 200);
    let cut = at(&server, "fault_truncate,at_1000B/", &path, NOW_MS).await;
    assert!(cut.body == whole.body[..1_000], "{} bytes", cut.body.len());
}
