//! Video codecs and the encoders that ffmpeg may have for them.

use std::str::FromStr;

use crate::error::IngestError;

/// What pictures are coded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// H.264 / AVC.
    H264,
    /// H.265 / HEVC.
    Hevc,
    /// AV1.
    Av1,
    /// VP9.
    Vp9,
}

impl Codec {
    /// Every codec, the most widely played first.
    pub const ALL: [Self; 4] = [Self::H264, Self::Hevc, Self::Av1, Self::Vp9];

    /// Returns the name that people type.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::Hevc => "hevc",
            Self::Av1 => "av1",
            Self::Vp9 => "vp9",
        }
    }

    /// The encoders this crate knows how to drive, the preferred one first.
    const fn encoders(self) -> &'static [&'static str] {
        match self {
            Self::H264 => &["libx264", "libopenh264"],
            Self::Hevc => &["libx265"],
            Self::Av1 => &["libsvtav1", "libaom-av1"],
            Self::Vp9 => &["libvpx-vp9"],
        }
    }

    /// Returns an encoder for the codec out of what `ffmpeg -encoders` lists.
    ///
    /// # Errors
    /// Fails when there is none, and says which codecs there are encoders for.
    pub(crate) fn encoder(self, listed: &str) -> Result<&'static str, IngestError> {
        let find = |codec: Self| codec.encoders().iter().find(|name| lists(listed, name)).copied();
        find(self).ok_or_else(|| {
            let available: Vec<_> =
                Self::ALL.into_iter().filter(|codec| find(*codec).is_some()).collect();
            let names: Vec<_> = available.into_iter().map(Self::name).collect();
            let available =
                if names.is_empty() { "none of ours".to_owned() } else { names.join(", ") };
            IngestError::NoEncoder { codec: self.name(), available }
        })
    }
}

impl FromStr for Codec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|codec| codec.name() == text);
        known.ok_or_else(|| format!("unknown codec {text:?}: h264, hevc, av1 or vp9"))
    }
}

/// `ffmpeg -encoders` has lines of flags, name and description.
fn lists(listed: &str, name: &str) -> bool {
    listed.lines().any(|line| line.split_whitespace().nth(1) == Some(name))
}

/// Returns the options that make `encoder` start a closed group of pictures each `frames` frames and
/// nowhere else, so that the rungs of a ladder can be switched between.
pub(crate) fn options(encoder: &str, frames: u64) -> Vec<String> {
    let frames = frames.to_string();
    let mut options = match encoder {
        "libx264" => strings(&["-preset", "medium", "-sc_threshold", "0", "-flags", "+cgop"]),
        "libx265" => {
            let fixed = format!(
                "keyint={frames}:min-keyint={frames}:scenecut=0:open-gop=0:log-level=error"
            );
            // Players of Apple play `hvc1`, whose parameter sets stand in the movie header, only.
            [strings(&["-preset", "medium", "-tag:v", "hvc1", "-x265-params"]), vec![fixed]]
                .concat()
        }
        "libsvtav1" => strings(&["-preset", "8"]),
        "libaom-av1" => strings(&["-cpu-used", "6", "-row-mt", "1"]),
        "libvpx-vp9" => strings(&["-deadline", "good", "-cpu-used", "4", "-row-mt", "1"]),
        _ => Vec::new(),
    };
    options.extend(strings(&["-g", &frames]));
    if encoder != "libsvtav1" {
        options.extend(strings(&["-keyint_min", &frames]));
    }
    options
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::Codec;

    const LISTED: &str = "Encoders:\n V..... = Video\n ------\n V....D libx264 libx264 H.264 (codec h264)\n \
                          V....D libaom-av1 libaom AV1\n A....D libx265 not a codec of this name\n";

    fn check(codec: Codec, listed: &str, expected: Result<&str, &str>) {
        let found = codec.encoder(listed).map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn encoders_are_chosen_from_what_is_there() {
        check(Codec::H264, LISTED, Ok("libx264"));
        check(Codec::Av1, LISTED, Ok("libaom-av1"));
        let message = "this ffmpeg has no encoder for vp9; it can encode h264, hevc, av1";
        check(Codec::Vp9, LISTED, Err(message));
        check(
            Codec::Vp9,
            "",
            Err("this ffmpeg has no encoder for vp9; it can encode none of ours"),
        );
    }

    #[test]
    fn names_are_read_back() {
        for codec in Codec::ALL {
            assert_eq!(codec.name().parse(), Ok(codec));
        }
        assert!("H264".parse::<Codec>().is_err());
    }
}
