//! An MPD from anywhere: reading, writing and resolving never panic, and a round trip is lossless.
#![no_main]

use dashpot_mpd::{parse, timeline::Presentation};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let Ok((mpd, _)) = parse(data) else { return };
    let written = mpd.write();
    let (again, _) = parse(&written).expect("what was written can be read");
    assert_eq!(again, mpd);
    let url = Url::parse("http://localhost/vod/film/number.mpd").expect("a URL");
    drop(Presentation::resolve(&mpd, &url));
});
