//! The file beside an asset's tracks that says how like the film their segments are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How like the film each segment is: the mean over its frames of the structural similarity
/// (Wang et al., IEEE Transactions on Image Processing 13(4), 2004) of all planes, weighed by their
/// sizes, as ffmpeg's `ssim` filter has it.
///
/// Rungs are scaled to the size of the largest one and compared with the film at that size, so that
/// they are seen on one screen: Puffer (Yan et al., NSDI 2020) scales to the source's size likewise.
#[derive(Debug, Clone, PartialEq)]
pub struct Ssim {
    /// Width and height at which pictures were compared.
    pub size: (u32, u32),
    /// Each track's segments by the track's name, from -1 to 1.
    pub tracks: BTreeMap<String, Vec<f64>>,
}

/// Why a file says nothing of segments.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SsimError {
    /// It has more bytes than any such file.
    #[error("it has {0} bytes; at most {max} are read", max = Ssim::BYTES_MAX)]
    TooLarge(usize),
    /// It is not JSON of the shape.
    #[error("it is not of the shape that `dashpot ingest --ssim` writes")]
    Shape(#[source] serde_json::Error),
    /// It is of another kind or version.
    #[error("it is `{kind}` of version {version}; `{KIND}` of version {VERSION} is read")]
    Version {
        /// The kind.
        kind: String,
        /// The version.
        version: u32,
    },
    /// A number is no similarity.
    #[error("segment {index} of `{track}` has {value}, which is none of -1 to 1")]
    Value {
        /// Of which track.
        track: String,
        /// Of which segment, counted from 0.
        index: usize,
        /// The number.
        value: f64,
    },
}

const KIND: &str = "dashpot-ssim";
const VERSION: u32 = 1;

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: String,
    version: u32,
    width: u32,
    height: u32,
    tracks: BTreeMap<String, Vec<f64>>,
}

/// What every version of the file has.
#[derive(Deserialize)]
struct Mark {
    kind: String,
    version: u32,
}

impl Ssim {
    /// The file's name in an asset's folder.
    pub const FILE: &str = "ssim.json";

    /// The largest file that is read: sixteen rungs of as many segments as an index can have take
    /// two thirds of it.
    pub const BYTES_MAX: usize = 16 << 20;

    /// Reads the file.
    ///
    /// # Errors
    /// Where it is none; the place is in the message.
    pub fn parse(text: &str) -> Result<Self, SsimError> {
        if Self::BYTES_MAX < text.len() {
            return Err(SsimError::TooLarge(text.len()));
        }
        let Mark { kind, version } = serde_json::from_str(text).map_err(SsimError::Shape)?;
        if kind != KIND || version != VERSION {
            return Err(SsimError::Version { kind, version });
        }
        let file: File = serde_json::from_str(text).map_err(SsimError::Shape)?;
        for (track, values) in &file.tracks {
            if let Some(index) = values.iter().position(|value| !(-1.0..=1.0).contains(value)) {
                let (track, value) = (track.clone(), values[index]);
                return Err(SsimError::Value { track, index, value });
            }
        }
        Ok(Self { size: (file.width, file.height), tracks: file.tracks })
    }

    /// Returns the file's text.
    ///
    /// # Panics
    /// Never: numbers and names are always JSON.
    #[must_use]
    pub fn text(&self) -> String {
        let (width, height) = self.size;
        // ffmpeg prints six decimals of each frame.
        let round = |value: &f64| (value * 1e6).round() / 1e6;
        let tracks = self
            .tracks
            .iter()
            .map(|(name, values)| (name.clone(), values.iter().map(round).collect::<Vec<_>>()));
        let tracks = tracks.collect();
        let file = File { kind: KIND.to_owned(), version: VERSION, width, height, tracks };
        serde_json::to_string(&file).expect("numbers and names are always JSON") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let tracks = [("v1".to_owned(), vec![0.912_345_67, -1.0]), ("v2".to_owned(), vec![])];
        let ssim = Ssim { size: (1280, 720), tracks: tracks.into() };
        let text = ssim.text();
        assert_eq!(
            text,
            "{\"kind\":\"dashpot-ssim\",\"version\":1,\"width\":1280,\"height\":720,\
             \"tracks\":{\"v1\":[0.912346,-1.0],\"v2\":[]}}\n"
        );
        assert_eq!(Ssim::parse(&text).unwrap().text(), text);
    }

    fn refused(text: &str) -> String {
        let error = Ssim::parse(text).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        [error.to_string(), cause.unwrap_or_default()].join(": ")
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_the_place() {
        let file = |version: u32, tracks: &str| {
            format!(
                r#"{{"kind":"dashpot-ssim","version":{version},"width":1,"height":1,"tracks":{tracks}}}"#
            )
        };
        let check = |text: &str, expected: &str| {
            let told = refused(text);
            assert!(told.contains(expected), "{told}");
        };
        check("", "line 1 column 0");
        check("{}", "missing field `kind`");
        check(&file(2, "[]"), "`dashpot-ssim` of version 2; `dashpot-ssim` of version 1 is read");
        check(r#"{"kind":"other","version":1}"#, "`other` of version 1");
        check(&file(1, r#"{"v1":[0.5,1.5]}"#), "segment 1 of `v1` has 1.5");
        check(&file(1, r#"{"v1":[-2]}"#), "segment 0 of `v1` has -2");
        check(&file(1, r#"{"v1":[0.5,null]}"#), "invalid type: null, expected f64 at line 1");
        check(&file(1, r#"{"v1":[1e999]}"#), "number out of range");
        check(r#"{"kind":"dashpot-ssim","version":1,"tracks":{"v1":"#, "EOF while parsing");
        check(&" ".repeat(Ssim::BYTES_MAX + 1), "at most 16777216 are read");
        check(&("[".repeat(100_000)), "expected");
    }
}
