//! Ladders: which sizes and rates to encode.

use std::str::FromStr;

use dashpot_base::Bitrate;
use serde::Deserialize;

use crate::error::IngestError;

/// One rung: a box that the picture is fitted into, and its rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// Greatest width in pixels.
    pub width: u32,
    /// Greatest height in pixels.
    pub height: u32,
    /// Average rate; peaks stay within a tenth of it.
    pub rate: Bitrate,
}

/// Rungs by rising rate, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder(Vec<Rung>);

/// More rungs than anyone offers, and few enough for one ffmpeg process to encode at once.
const MAX_RUNGS: usize = 16;

impl Ladder {
    /// Returns a ladder of the rungs.
    ///
    /// # Errors
    /// Fails when there is none, too many, or one of no size or rate.
    pub fn new(mut rungs: Vec<Rung>) -> Result<Self, IngestError> {
        if rungs.is_empty() || MAX_RUNGS < rungs.len() {
            return Err(ladder_error(format!("it needs 1 to {MAX_RUNGS} rungs")));
        }
        // 8K is 7680 pixels wide; encoders refuse sizes beyond 16384.
        let sound = |rung: &&Rung| {
            (16..=16_384).contains(&rung.width)
                && (16..=16_384).contains(&rung.height)
                && rung.rate.bps() != 0
        };
        if !rungs.iter().all(|rung| sound(&rung)) {
            return Err(ladder_error("sizes are 16 to 16384 pixels, rates not zero".to_owned()));
        }
        rungs.sort_by_key(|rung| rung.rate);
        Ok(Self(rungs))
    }

    /// Reads a ladder file: `[[rung]]` tables with `size = "640x360"` and `rate = "500kbps"`.
    ///
    /// # Errors
    /// Fails when the text is no such file, or as [`Ladder::new`] does.
    pub fn from_toml(text: &str) -> Result<Self, IngestError> {
        let file: LadderFile =
            toml::from_str(text).map_err(|error| ladder_error(error.to_string()))?;
        let rungs = file.rung.iter().map(|line| rung(&line.size, &line.rate));
        Self::new(rungs.collect::<Result<_, _>>()?)
    }

    /// Returns the rungs for a source of the given size: fitted to its shape, with even sides, and no
    /// larger than it. The first one that is too large gives way to one of the source's own size, at a rate
    /// between its own and that of the rung below, unless that is nearly as large.
    #[must_use]
    pub fn fit(&self, width: u32, height: u32) -> Vec<Rung> {
        let source = Rung { width: even(width), height: even(height), rate: Bitrate::default() };
        let shaped: Vec<_> = self.0.iter().filter_map(|rung| rung.shaped(width, height)).collect();
        let is_larger = |rung: &Rung| source.pixels() < rung.pixels();
        let mut rungs: Vec<_> = shaped.iter().copied().filter(|rung| !is_larger(rung)).collect();
        let below = rungs.last().map_or((0, 0), |rung| (rung.pixels(), rung.rate.bps()));
        if let Some(larger) = shaped.iter().find(|rung| is_larger(rung))
            && below.0.saturating_mul(OWN_SIZE_GAIN_PERCENT) <= source.pixels().saturating_mul(100)
        {
            let share = |of: u64| u128::from(of.saturating_sub(below.0));
            let more = u128::from(larger.rate.bps().saturating_sub(below.1))
                * share(source.pixels())
                / share(larger.pixels()).max(1);
            let more = u64::try_from(more).unwrap_or(u64::MAX);
            let rate = Bitrate::from_bps(below.1.saturating_add(more).max(1));
            rungs.push(Rung { rate, ..source });
        }
        rungs
    }
}

/// How many percent of the largest rung's pixels the source must have to get a rung of its own: a
/// smaller step would not be seen, and every rung costs an encoding.
const OWN_SIZE_GAIN_PERCENT: u64 = 130;

impl Default for Ladder {
    /// Returns the rates of the test film, and one above them for 1080 lines.
    fn default() -> Self {
        let rungs = [
            (320, 180, 120),
            (480, 270, 250),
            (640, 360, 500),
            (960, 540, 1000),
            (1280, 720, 1800),
            (1920, 1080, 3500),
        ];
        let rung = |(width, height, kbps)| Rung { width, height, rate: Bitrate::from_kbps(kbps) };
        Self(rungs.map(rung).to_vec())
    }
}

impl FromStr for Ladder {
    type Err = IngestError;

    /// Reads `320x180@120kbps,640x360@500kbps`.
    fn from_str(text: &str) -> Result<Self, IngestError> {
        let rungs = text.split(',').map(|part| {
            let (size, rate) = part
                .split_once('@')
                .ok_or_else(|| ladder_error(format!("{part:?} is not like 640x360@500kbps")))?;
            rung(size, rate)
        });
        Self::new(rungs.collect::<Result<_, _>>()?)
    }
}

impl Rung {
    pub(crate) const fn pixels(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Returns the largest size of the source's shape within this one.
    fn shaped(&self, width: u32, height: u32) -> Option<Self> {
        let (wide, high) = (u64::from(width), u64::from(height));
        let (max_wide, max_high) = (u64::from(self.width), u64::from(self.height));
        // The tighter side decides: compare max_wide/wide with max_high/high without dividing.
        let (numerator, denominator) =
            if max_wide * high < max_high * wide { (max_wide, wide) } else { (max_high, high) };
        let scale = |side: u64| {
            let scaled = (side * numerator + denominator / 2).checked_div(denominator)?;
            u32::try_from(scaled).ok().map(even)
        };
        Some(Self { width: scale(wide)?, height: scale(high)?, rate: self.rate })
    }
}

/// Chroma of 4:2:0 needs even sides.
fn even(side: u32) -> u32 {
    (side / 2 * 2).max(2)
}

fn rung(size: &str, rate: &str) -> Result<Rung, IngestError> {
    let sides = size.split_once('x').and_then(|(width, height)| {
        Some((width.trim().parse().ok()?, height.trim().parse().ok()?))
    });
    let Some((width, height)) = sides else {
        return Err(ladder_error(format!("the size {size:?} is not like 640x360")));
    };
    let rate =
        rate.trim().parse().map_err(|error| ladder_error(format!("the rate {rate:?}: {error}")))?;
    Ok(Rung { width, height, rate })
}

fn ladder_error(why: String) -> IngestError {
    IngestError::Ladder(why)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderFile {
    rung: Vec<LadderLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderLine {
    size: String,
    rate: String,
}

#[cfg(test)]
mod tests {
    use super::{Ladder, Rung};

    fn text(rungs: &[Rung]) -> String {
        let text =
            rungs.iter().map(|rung| format!("{}x{}@{}", rung.width, rung.height, rung.rate.bps()));
        text.collect::<Vec<_>>().join(" ")
    }

    fn check_parse(typed: &str, expected: &str) {
        let said = typed
            .parse::<Ladder>()
            .map_or_else(|error| error.to_string(), |ladder| text(&ladder.0));
        assert_eq!(said, expected);
    }

    #[test]
    fn ladders_are_typed_as_sizes_and_rates() {
        check_parse("640x360@500kbps,320x180@120kbps", "320x180@120000 640x360@500000");
        check_parse("640x360@0.5Mbps", "640x360@500000");
        check_parse("640x360", "ladder: \"640x360\" is not like 640x360@500kbps");
        check_parse("640@1Mbps", "ladder: the size \"640\" is not like 640x360");
        check_parse("0x9@1Mbps", "ladder: sizes are 16 to 16384 pixels, rates not zero");
        check_parse("640x360@0bps", "ladder: sizes are 16 to 16384 pixels, rates not zero");
        assert!("640x360@500".parse::<Ladder>().is_err());
        check_parse(&["64x64@1kbps"; 17].join(","), "ladder: it needs 1 to 16 rungs");
    }

    #[test]
    fn ladders_are_read_from_files() {
        let file = "[[rung]]\nsize = \"640x360\"\nrate = \"500kbps\"\n";
        assert_eq!(text(&Ladder::from_toml(file).unwrap().0), "640x360@500000");
        for broken in
            ["", "[[rung]]\nsize = \"640x360\"\n", "[[rung]]\nsize=\"1x1\"\nrate=\"1bps\"\nfps=1\n"]
        {
            assert!(Ladder::from_toml(broken).is_err(), "{broken}");
        }
    }

    fn check_fit(source: (u32, u32), expected: &str) {
        let ladder: Ladder = "320x180@1kbps,640x360@2kbps,1280x720@3kbps".parse().unwrap();
        assert_eq!(text(&ladder.fit(source.0, source.1)), expected);
    }

    #[test]
    fn rungs_fit_the_source_and_never_enlarge_it() {
        check_fit((1920, 1080), "320x180@1000 640x360@2000 1280x720@3000");
        check_fit((1280, 720), "320x180@1000 640x360@2000 1280x720@3000");
        // Below a rung: the source's own size, at a rate by its pixels between the two around it.
        check_fit((1279, 719), "320x180@1000 640x360@2000 1278x718@2994");
        check_fit((854, 480), "320x180@1000 640x360@2000 854x480@2260");
        // Nearly as large as the rung below: nothing to gain.
        check_fit((700, 394), "320x180@1000 640x360@2000");
        // Wider and taller shapes than the rung keep their shape.
        check_fit((1920, 800), "320x132@1000 640x266@2000 1280x532@3000");
        check_fit((1080, 1920), "100x180@1000 202x360@2000 404x720@3000");
        check_fit((101, 51), "100x50@96");
    }
}
