use super::*;
use crate::grammar::{LOOP, SEG};
use proptest::prelude::*;

fn check(path: &str, expected: Result<(Option<u32>, Option<u64>, Target<'_>), &str>) {
    let parsed = Address::parse(Service::Vod, path)
        .map(|address| {
            let passes = address.options.number(&LOOP).map(|passes| u32::try_from(passes).unwrap());
            (passes, address.options.number(&SEG), address.target)
        })
        .map_err(|error| error.to_string());
    match (&parsed, &expected) {
        (Err(message), Err(part)) => assert!(message.contains(part), "{path}: {message}"),
        (Err(message), Ok(_)) => panic!("{path}: {message}"),
        (Ok(parsed), Err(part)) => panic!("{path}: {parsed:?} instead of `{part}`"),
        (Ok(parsed), Ok(expected)) => assert_eq!(parsed, expected, "{path}"),
    }
}

#[test]
fn files_of_an_asset_have_one_path_each() {
    for (path, target) in [
        ("film/number.mpd", Target::Manifest(Form::Number)),
        ("film/time.mpd", Target::Manifest(Form::Time)),
        ("film/base.mpd", Target::Manifest(Form::Base)),
        ("film/list.mpd", Target::Manifest(Form::List)),
        ("film/v1/init.mp4", Target::Init("v1")),
        ("film/v1/12.m4s", Target::Number("v1", 12)),
        ("film/v1/t0.m4s", Target::Time("v1", 0)),
        ("film/a-en/t96256.m4s", Target::Time("a-en", 96_256)),
        ("film/v1.mp4", Target::File("v1")),
        ("film/s-en.vtt", Target::Text("s-en")),
        ("film/hls.m3u8", Target::Playlist(None)),
        ("film/hls-a-en.m3u8", Target::Playlist(Some("a-en"))),
    ] {
        check(path, Ok((None, None, target)));
    }
    for path in [
        "",
        "film",
        "film/",
        "film/v1/012.m4s",
        "film/v1/+1.m4s",
        "film/v1/t.m4s",
        "film/v1/-1.m4s",
        "film/v1/99999999999999999999.m4s",
        "film/1.m4s",
        "film/init.mp4",
        "film/bogus.mpd",
        "film/v1.m3u8",
        "film/hls-.m3u8",
        "film/v1/12_0.m4s",
        "film/../v1.mp4",
        "../film/v1.mp4",
        "film/..mp4",
        "film/.hidden.mp4",
        "film/%2e%2e/%2e%2e/etc/passwd.mp4",
        "fi lm/v1.mp4",
    ]
    .into_iter()
    .filter(|path| !path.contains("/../") && !path.contains("%2e"))
    {
        check(path, Err("no such path"));
    }
    check("film/../v1.mp4", Err("option `..`"));
    check("film/%2e%2e/v1.mp4", Err("option `%2e%2e`"));
}

#[test]
fn options_are_typed_and_a_wrong_one_is_named() {
    let number = Target::Manifest(Form::Number);
    for (options, expected) in [
        ("loop_3", Ok((Some(3), None, number))),
        ("loop_1000", Ok((Some(1_000), None, number))),
        ("seg_4s", Ok((None, Some(4_000), number))),
        ("seg_3.84s", Ok((None, Some(3_840), number))),
        ("seg_4s/loop_2", Ok((Some(2), Some(4_000), number))),
        ("loop_2/seg_4s", Ok((Some(2), Some(4_000), number))),
        ("loop_0", Err("option `loop_0` is not one: did you mean `loop_1`?")),
        ("loop_1001", Err("did you mean `loop_1000`?")),
        ("loop_03", Err("did you mean `loop_3`?")),
        ("loops_3", Err("did you mean `loop_3`?")),
        ("lop_3", Err("did you mean `loop_3`?")),
        ("loop-3", Err("did you mean `loop_3`?")),
        ("seg_4", Err("did you mean `seg_4s`?")),
        ("segs_6s", Err("did you mean `seg_6s`?")),
        ("seg_0s", Err("did you mean `seg_1s`?")),
        ("seg_4.0s", Err("did you mean `seg_4s`?")),
        ("seg_4.0001s", Err("did you mean `seg_4s`?")),
        ("mup_5", Err("option `mup_5` is not one")),
        ("", Err("option `` is not one")),
        ("v_00000000000000af", Err("ask for it without `v_`")),
        ("v_", Err("option `v_` is no version")),
        ("v_af", Err("option `v_af` is no version")),
        ("v_00000000000000AF", Err("is no version")),
        ("v_+0000000000000af", Err("is no version")),
        ("loop_2/loop_2", Err("option `loop` is given twice")),
        ("seg_4s/seg_4s", Err("option `seg` is given twice")),
    ] {
        check(&format!("film/{options}/number.mpd"), expected);
    }
}

#[test]
fn the_version_is_an_option_among_others() {
    for options in ["v_00000000000000af/loop_2", "loop_2/v_00000000000000af"] {
        let path = format!("film/{options}/v1/3.m4s");
        check(&path, Ok((Some(2), None, Target::Number("v1", 3))));
        assert_eq!(
            Address::parse(Service::Vod, &path).unwrap().options.number(&VERSION),
            Some(0xAF)
        );
    }
    let twice = "film/v_00000000000000af/v_00000000000000af/v1.mp4";
    check(twice, Err("option `v` is given twice"));
}

proptest! {
    #[test]
    fn no_path_panics_and_what_is_understood_names_no_way_out(path in "[a-z0-9_./%\\-\\\\\u{0}é]{0,60}") {
        if let Ok(address) = Address::parse(Service::Vod, &path) {
            prop_assert!(is_name(address.asset));
            let named = match address.target {
                Target::Manifest(_) | Target::Patch(..) | Target::Playlist(None) => "v1",
                Target::Playlist(Some(id)) | Target::Part(id, ..) | Target::Init(id) | Target::Number(id, _) | Target::Time(id, _) | Target::File(id)
                | Target::Text(id)
                | Target::Image(id, _)
                | Target::Remote(_, id) => id,
            };
            prop_assert!(is_name(named));
        }
    }

    #[test]
    fn every_suggestion_is_an_option_itself(given in "[a-z_]{0,8}[0-9]{0,12}[a-z]{0,3}") {
        for service in [Service::Vod, Service::Live] {
            if let Err(AddressError::Option { nearest, .. }) = Options::default().with(service, &given) {
                prop_assert!(Options::default().with(service, &nearest).is_ok(), "{}", nearest);
            }
        }
    }
}
