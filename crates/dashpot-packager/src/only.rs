//! MPDs of some tracks alone.

use crate::{
    catalogue::{Asset, Kind},
    grammar::{AD, MID, ONLY, Options, POST, PRE},
    options::OptionError,
    text,
};
use dashpot_mpd::AdaptationSet;

/// What is named in place of tracks: all of a kind.
const KINDS: [&str; 4] = ["video", "audio", "text", "image"];

/// Refuses names that no track has, and what would leave nothing.
///
/// # Errors
/// Names the option.
pub(crate) fn checked(asset: &Asset, options: &Options) -> Result<(), OptionError> {
    let Some(names) = options.names(&ONLY) else { return Ok(()) };
    let refused = |why: String| {
        Err(OptionError::Fit { given: format!("{}_{}", ONLY.name, names.join(",")), why })
    };
    if let Some(breaks) = [AD, PRE, MID, POST].iter().find(|spec| options.has(spec)) {
        return refused(format!("breaks have all tracks: leave `{}_` out", breaks.name));
    }
    let is_track = |name: &&String| asset.tracks().iter().any(|track| track.id == **name);
    let unknown = |name: &&String| !KINDS.contains(&name.as_str()) && !is_track(name);
    if let Some(name) = names.iter().find(unknown) {
        return refused(format!("`{name}` is no track, and none of {}", KINDS.join(", ")));
    }
    if names.iter().any(|name| is_track(&name) || has(asset, options, name)) {
        return Ok(());
    }
    refused("nothing would be left of the film".to_owned())
}

/// Says whether there is a track of that kind.
fn has(asset: &Asset, options: &Options, kind: &str) -> bool {
    let any = |of: fn(Kind) -> bool| asset.tracks().iter().any(|track| of(track.kind));
    match kind {
        "video" => any(|kind| matches!(kind, Kind::Video { .. })),
        "audio" => any(|kind| matches!(kind, Kind::Audio { .. })),
        "text" => !text::tracks(asset, options).is_empty() || text::has_sidecars(options),
        "image" => asset.thumbnails.is_some(),
        _ => false,
    }
}

/// Leaves the tracks that the options name in the sets of a Period.
pub(crate) fn keep(options: &Options, sets: &mut Vec<AdaptationSet>) {
    let Some(names) = options.names(&ONLY) else { return };
    let named = |name: &str| names.iter().any(|held| held == name);
    for set in sets.iter_mut() {
        if set.content_type.as_deref().is_some_and(named) {
            continue;
        }
        set.representations.retain(|one| one.id.as_deref().is_some_and(named));
        let all = || set.representations.iter();
        set.max_width = all().filter_map(|one| one.width).max().or(set.max_width);
        set.max_height = all().filter_map(|one| one.height).max().or(set.max_height);
    }
    sets.retain(|set| !set.representations.is_empty());
}

/// Refuses playlists, which have all tracks.
///
/// # Errors
/// Names the option.
pub(crate) fn unlisted(options: &Options) -> Result<(), OptionError> {
    let Some(names) = options.names(&ONLY) else { return Ok(()) };
    let why = "playlists have all tracks: use an MPD, or leave it out".to_owned();
    Err(OptionError::Fit { given: format!("{}_{}", ONLY.name, names.join(",")), why })
}

#[cfg(test)]
mod tests {
    use crate::{Body, Catalogue, Found, Refused, fixture, respond, respond_live};
    use dashpot_base::WallTime;
    use std::time::Duration;

    fn answered(path: &str) -> [Result<Found, Refused>; 2] {
        let catalogue = Catalogue::new([fixture::clip(6)]);
        let now = WallTime::from_epoch(Duration::from_secs(1_790_000_000));
        [respond(&catalogue, path), respond_live(&catalogue, path, now)]
    }

    fn check(path: &str, expected: &[&str]) {
        for found in answered(path) {
            let Ok(Found { body: Body::Text(text), .. }) = found else { panic!("{found:?}") };
            let (mpd, _) = dashpot_mpd::parse(&text).unwrap();
            let sets = mpd.periods.iter().flat_map(|period| &period.adaptation_sets);
            let all = sets.flat_map(|set| &set.representations);
            let ids: Vec<_> = all.filter_map(|one| one.id.as_deref()).collect();
            assert_eq!(ids, expected, "{path}");
        }
    }

    #[test]
    fn what_is_named_is_left() {
        check("clip/only_audio/number.mpd", &["a-en", "a-ko"]);
        check("clip/only_v1,audio/time.mpd", &["v1", "a-en", "a-ko"]);
        check("clip/only_a-ko,v2/number.mpd", &["v2", "a-ko"]);
        check("clip/only_text/text_stpp/number.mpd", &["stpp-s-en"]);
        check("clip/only_image,video/trick_8/number.mpd", &["v1", "v2", "trick-v1"]);
    }

    #[test]
    fn a_set_says_how_large_its_own_pictures_are() {
        let [_, live] = answered("clip/only_v1/number.mpd");
        let Ok(Found { body: Body::Text(text), .. }) = live else { panic!("{live:?}") };
        assert!(text.contains("maxWidth=\"320\" maxHeight=\"180\""), "{text}");
    }

    #[test]
    fn what_is_none_or_leaves_nothing_is_refused() {
        for (path, expected) in [
            ("clip/only_v9/number.mpd", "option `only_v9` does not fit: `v9` is no track"),
            ("clip/only_image/number.mpd", "nothing would be left"),
            ("clip/only_audio/hls.m3u8", "playlists have all tracks"),
            ("clip/only_audio,audio/number.mpd", "option `only_audio,audio` is not one"),
            ("clip/only_/number.mpd", "did you mean `only_audio`?"),
        ] {
            for found in answered(path) {
                let why = found.unwrap_err().to_string();
                assert!(why.contains(expected), "{path}: {why}");
            }
        }
        let [_, live] = answered("clip/only_audio/ad_clip/number.mpd");
        assert!(live.unwrap_err().to_string().contains("leave `ad_` out"));
    }
}
