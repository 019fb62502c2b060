use crate::{
    Body, Catalogue, Refused,
    fixture::{Film, drm, film},
    respond, respond_live,
};
use dashpot_base::WallTime;
use dashpot_mpd::{Mpd, Period};

fn catalogue() -> Catalogue {
    let film =
        film(&Film { rate: (25, 1), sampling: 48_000, gops: 5, gop_seconds: 2, missing_frames: 0 });
    Catalogue::new([film]).with_drm(drm(1))
}

fn live(path: &str, seconds: u64) -> Result<String, Refused> {
    Ok(written(respond_live(&catalogue(), path, WallTime::from_unix_seconds(seconds))?.body))
}

fn vod(path: &str) -> Result<String, Refused> {
    Ok(written(respond(&catalogue(), path)?.body))
}

fn written(body: Body) -> String {
    match body {
        Body::Text(text) => text,
        Body::Media(_) | Body::Sealed(_) => panic!("no text"),
    }
}

fn mpd(text: &str) -> Mpd {
    dashpot_mpd::parse(text).unwrap().0
}

/// Returns the initialization sets that the sets of a Period refer to.
fn references(period: &Period) -> Vec<Option<&str>> {
    let name = "initializationSetRef";
    let of = |attributes: &[(String, String)]| attributes.iter().position(|(key, _)| key == name);
    let sets = period.adaptation_sets.iter();
    sets.map(|set| of(&set.extra_attributes).map(|at| set.extra_attributes[at].1.as_str()))
        .collect()
}

#[test]
fn every_set_of_every_period_refers_to_what_decoders_must_do() {
    let check = |text: &str, in_all: &str| {
        let mpd = mpd(text);
        let is_one = |one: &&dashpot_mpd::Element| one.name == "InitializationSet";
        let found: Vec<_> = mpd.extra_children.iter().filter(is_one).collect();
        assert_eq!(found.len(), 2, "{text}");
        for (one, (id, kind, init)) in found.iter().zip([("1", "video", "v"), ("2", "audio", "a")])
        {
            assert_eq!(one.attribute("id"), Some(id));
            assert_eq!(one.attribute("contentType"), Some(kind));
            assert_eq!(one.attribute("inAllPeriods"), Some(in_all));
            let initialization = one.attribute("initialization").unwrap();
            assert!(initialization.starts_with(init) && initialization.ends_with("/init.mp4"));
        }
        for period in &mpd.periods {
            let expected = if period.base_urls.is_empty() {
                vec![Some("1"), Some("2")]
            } else {
                vec![None, None]
            };
            assert_eq!(references(period), expected, "{text}");
        }
        mpd.periods.len()
    };
    assert_eq!(check(&vod("film/initset_on/number.mpd").unwrap(), "true"), 1);
    assert_eq!(check(&vod("film/initset_on/mid_film@4s/time.mpd").unwrap(), "false"), 3);
    assert!(1 < check(&live("film/initset_on/period_4s/time.mpd", 1_000).unwrap(), "true"));
    let path = "film/initset_on/ad_film/every_12s/for_4s/number.mpd";
    assert!(1 < check(&live(path, 1_000).unwrap(), "false"));
}

#[test]
fn it_is_for_segments_in_the_clear() {
    for (answer, words) in [
        (vod("film/initset_on/base.mpd"), "use `number`"),
        (vod("film/initset_on/list.mpd"), "use `number`"),
        (vod("film/initset_on/drm_cenc/number.mpd"), "protected"),
        (live("film/initset_on/drm_cenc/number.mpd", 1_000), "protected"),
        (live("film/initset_off/number.mpd", 1_000), "did you mean `initset_on`"),
    ] {
        let Err(Refused::BadRequest(why)) = answer else { panic!("{words}: {answer:?}") };
        assert!(why.contains("initset_") && why.contains(words), "{why}");
    }
}

#[test]
fn a_patch_brings_periods_that_refer_to_it() {
    let patch = live("film/patch_60s/period_4s/initset_on/time-996000.mpp", 1_000).unwrap();
    assert!(patch.contains("<Patch "), "{patch}");
    assert!(patch.contains("initializationSetRef=\"1\"") && !patch.contains("<InitializationSet"));
}
