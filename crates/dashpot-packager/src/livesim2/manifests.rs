//! The manifests of livesim2's own assets, each with what it is here.

use crate::{
    catalogue::{Asset, Kind},
    respond::Refused,
    trick,
};

/// A manifest by its name.
pub(super) struct Manifest {
    pub(super) name: &'static str,
    pub(super) shows: Shows,
}

/// What a manifest shows of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// All of it.
    All,
    /// What it shows with an option.
    With(&'static str),
    /// Its subtitles, too.
    Text,
    /// Sound, and of the pictures the rung next to so many bits per second.
    Rung(u64),
    /// Its thumbnails, too.
    Sheets,
    /// Nothing that there is here.
    Nothing(&'static str),
}

/// The option of text that one of them stands for, and that of the track for fast play.
const TEXT: &str = "text_stpp";
const TRICK: &str = "trick_8";
const CAPTIONS: &str = "no captions are put into pictures";

/// All of them, in the order in which they are shown.
pub(super) const MANIFESTS: &[Manifest] = &[
    Manifest { name: "Manifest.mpd", shows: Shows::All },
    Manifest { name: "Manifest300.mpd", shows: Shows::Rung(300_000) },
    Manifest { name: "Manifest_thumbs.mpd", shows: Shows::Sheets },
    Manifest { name: "Manifest_trickmode.mpd", shows: Shows::With(TRICK) },
    Manifest { name: "audio.mpd", shows: Shows::With("only_audio") },
    Manifest { name: "multi_subs.mpd", shows: Shows::Text },
    Manifest { name: "cea608.mpd", shows: Shows::Nothing(CAPTIONS) },
    Manifest { name: "cea608_and_segs.mpd", shows: Shows::Nothing(CAPTIONS) },
];

impl Manifest {
    /// Returns the option that it stands for, if any.
    ///
    /// # Errors
    /// Says what the asset has not.
    pub(super) fn option(&self, asset: &Asset) -> Result<Option<String>, Refused> {
        let refused =
            |why: &str| Err(Refused::BadRequest(format!("livesim2's `{}`: {why}", self.name)));
        match self.shows {
            Shows::All => Ok(None),
            Shows::With(option) => Ok(Some(option.to_owned())),
            Shows::Text if asset.subtitles().is_empty() => refused("the film has no subtitles"),
            Shows::Text => Ok(Some(TEXT.to_owned())),
            Shows::Sheets if asset.thumbnails.is_none() => {
                refused("the film has no thumbnails: `dashpot ingest --thumbnails` makes them")
            }
            Shows::Sheets => Ok(None),
            Shows::Rung(bps) => Ok(rung(asset, bps).map(|id| format!("only_{id},audio"))),
            Shows::Nothing(why) => refused(why),
        }
    }

    /// Returns what it is here, in words.
    pub(super) fn meaning(&self) -> String {
        match self.shows {
            Shows::All => "all tracks".to_owned(),
            Shows::With(option) => format!("`{option}`"),
            Shows::Text => format!("`{TEXT}`, of a film with subtitles"),
            Shows::Rung(bps) => {
                format!(
                    "`only_{{track}},audio`: sound, and the rung next to {} kbit/s",
                    bps / 1_000
                )
            }
            Shows::Sheets => "all tracks of a film with thumbnails; else a 400".to_owned(),
            Shows::Nothing(why) => format!("a 400: {why}"),
        }
    }
}

/// Returns the track of pictures whose rate is next to `bps`.
fn rung(asset: &Asset, bps: u64) -> Option<&str> {
    let pictures = asset.tracks().iter().zip(&asset.layouts);
    let pictures = pictures.filter(|(track, _)| matches!(track.kind, Kind::Video { .. }));
    let next = pictures.min_by_key(|(_, layout)| layout.peak_bps.abs_diff(bps));
    next.map(|(track, _)| track.id.as_str())
}

/// Returns the option without which there is no such track, which the manifest that leads to it stood
/// for.
pub(super) fn option_of(track: &str) -> Option<&'static str> {
    let of = [("stpp-", TEXT), (trick::PREFIX, TRICK)];
    of.into_iter().find(|(prefix, _)| track.starts_with(prefix)).map(|(_, option)| option)
}
