//! The grammar of paths below `/vod/`: `{asset}/[{option}/…]{file}`.
//!
//! Each option is a segment of its own, in any order: `loop_N`, `seg_Ns`, and `v_` with the version
//! of the asset's content. Manifests are asked for without a version. Their `BaseURL` puts it into
//! every URL that they lead to, so that no such URL ever names two contents; what is asked for
//! without a version is whatever the asset holds today.

/// The most passes that `loop_N` may ask for.
pub(crate) const PASSES_MAX: u32 = 1_000;

/// A path that was understood; whether its parts exist is another question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// The asset's name.
    pub asset: &'a str,
    /// The options between the asset and the file.
    pub options: Options,
    /// The file.
    pub target: Target<'a>,
}

/// What the options of a path ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `loop_N`: how often the asset is played, 1 to 1,000.
    pub passes: Option<u32>,
    /// `seg_Ns`: length of a segment in milliseconds.
    pub segment_ms: Option<u64>,
    /// `v_` and 16 hexadecimal digits: the fingerprint that the asset is to have.
    pub version: Option<u64>,
}

/// The manifests there are of an asset, by how they address segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// `SegmentTemplate` with `$Number$`.
    Number,
    /// `SegmentTemplate` with `$Time$` and a `SegmentTimeline`.
    Time,
    /// `SegmentBase`: one file and its `sidx`.
    Base,
    /// `SegmentList` of byte ranges.
    List,
}

impl Form {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Number, Self::Time, Self::Base, Self::List];

    /// Returns the name in URLs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Time => "time",
            Self::Base => "base",
            Self::List => "list",
        }
    }
}

/// A file of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// `{form}.mpd`
    Manifest(Form),
    /// `{representation}/init.mp4`
    Init(&'a str),
    /// `{representation}/{number}.m4s`
    Number(&'a str, u64),
    /// `{representation}/t{time}.m4s`
    Time(&'a str, u64),
    /// `{representation}.mp4`
    File(&'a str),
    /// `{representation}.vtt`
    Text(&'a str),
}

/// Why a path was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// No file of an asset has such a path.
    #[error("no such path: an asset has {FILES}")]
    Shape,
    /// An option is unknown or malformed.
    #[error("option `{given}` is not one: did you mean `{nearest}`? ({OPTIONS})")]
    Option {
        /// As given, cut where it is long.
        given: String,
        /// The valid option nearest to it.
        nearest: String,
    },
    /// A version is malformed.
    #[error(
        "option `{given}` is no version: that is `v_` and 16 digits of 0-9 and a-f, as the MPD has it"
    )]
    Version {
        /// As given, cut where it is long.
        given: String,
    },
    /// A manifest is asked for by version.
    #[error("an MPD has no version, it says which one its segments have: ask for it without `v_`")]
    Versioned,
    /// An option is there twice.
    #[error("option `{name}` is given twice")]
    Twice {
        /// Its name.
        name: &'static str,
    },
}

const FILES: &str = "{number|time|base|list}.mpd, {track}/init.mp4, {track}/{number}.m4s, {track}/t{time}.m4s, {track}.mp4 and {track}.vtt";
const OPTIONS: &str = "options are loop_1 to loop_1000 and seg_4s: a multiple of the GOP length";
/// Letters of a wrong option that a message repeats.
const GIVEN_MAX: usize = 40;

/// Says whether a name may be an asset's or a track's: it needs no escape in a URL, hides no file,
/// and cannot climb out of its directory.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len())
        && !name.starts_with('.')
        && name != "init"
        && name.bytes().all(allowed)
}

impl<'a> Address<'a> {
    /// Reads what follows `/vod/` in a path.
    ///
    /// # Errors
    /// Names the option that is wrong, or says what paths there are.
    pub fn parse(path: &'a str) -> Result<Self, AddressError> {
        let mut parts = path.split('/');
        let asset = parts.next().filter(|name| is_name(name)).ok_or(AddressError::Shape)?;
        let last = parts.next_back().ok_or(AddressError::Shape)?;
        let target = target(last, &mut parts)?;
        let options = parts.try_fold(Options::default(), Options::with)?;
        if options.version.is_some() && matches!(target, Target::Manifest(_)) {
            return Err(AddressError::Versioned);
        }
        Ok(Self { asset, options, target })
    }
}

fn target<'a>(
    last: &'a str,
    parts: &mut impl DoubleEndedIterator<Item = &'a str>,
) -> Result<Target<'a>, AddressError> {
    let (stem, ending) = last.rsplit_once('.').ok_or(AddressError::Shape)?;
    let form = |form: &&Form| form.name() == stem;
    let found = match ending {
        "mpd" => Form::ALL.iter().find(form).copied().map(Target::Manifest),
        "vtt" => is_name(stem).then_some(Target::Text(stem)),
        "mp4" if stem == "init" => parts.next_back().filter(|name| is_name(name)).map(Target::Init),
        "mp4" => is_name(stem).then_some(Target::File(stem)),
        "m4s" => {
            let track = parts.next_back().filter(|name| is_name(name));
            track.and_then(|track| match stem.strip_prefix('t') {
                Some(time) => decimal(time).map(|time| Target::Time(track, time)),
                None => decimal(stem).map(|number| Target::Number(track, number)),
            })
        }
        _ => None,
    };
    found.ok_or(AddressError::Shape)
}

/// Reads a number written in the one way that has no leading zeros, so that a thing has one URL.
fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with(['0', '+']);
    text.parse().ok().filter(|_| canonical)
}

/// Reads a version as [`Asset::version`](crate::Asset::version) writes it, and in no other way.
fn version(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(text, 16).ok().filter(|_| digits && text.len() == 16)
}

impl Options {
    fn with(mut self, given: &str) -> Result<Self, AddressError> {
        let cut = || given.chars().take(GIVEN_MAX).collect();
        let unknown = || AddressError::Option { given: cut(), nearest: nearest(given) };
        let (name, value) = given.split_once('_').ok_or_else(unknown)?;
        match name {
            "loop" => {
                let passes = decimal(value).and_then(|passes| u32::try_from(passes).ok());
                let passes = passes.filter(|passes| (1..=PASSES_MAX).contains(passes));
                let before = self.passes.replace(passes.ok_or_else(unknown)?);
                before.map_or(Ok(self), |_| Err(AddressError::Twice { name: "loop" }))
            }
            "seg" => {
                let length = value.strip_suffix('s').and_then(milliseconds);
                let before = self.segment_ms.replace(length.ok_or_else(unknown)?);
                before.map_or(Ok(self), |_| Err(AddressError::Twice { name: "seg" }))
            }
            "v" => {
                let version = version(value).ok_or_else(|| AddressError::Version { given: cut() });
                let before = self.version.replace(version?);
                before.map_or(Ok(self), |_| Err(AddressError::Twice { name: "v" }))
            }
            _ => Err(unknown()),
        }
    }
}

/// Reads seconds with up to three decimals, such as `4` or `3.84`; not zero, no needless zeros.
fn milliseconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let needless = text.contains('.') && fraction.ends_with('0');
    if needless || 3 < fraction.len() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
    let all = decimal(whole)?.checked_mul(1_000)?.checked_add(thousandths)?;
    (all != 0).then_some(all)
}

/// Returns the valid option that looks most like `given`.
fn nearest(given: &str) -> String {
    let start = given.find(|byte: char| byte.is_ascii_digit()).unwrap_or(given.len());
    let (name, value) = given.split_at(start);
    let name = name.trim_end_matches(['_', '=', '-', ':']);
    let digits: String = value.chars().take_while(char::is_ascii_digit).take(9).collect();
    let number: Option<u32> = digits.parse().ok();
    let name: String = name.chars().take(16).collect();
    if distance(&name, "seg") < distance(&name, "loop") {
        format!("seg_{}s", number.unwrap_or(4).max(1))
    } else {
        format!("loop_{}", number.unwrap_or(2).clamp(1, PASSES_MAX))
    }
}

/// Returns how many letters must be put in, taken out or changed (the Levenshtein distance).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (above, letter) in one.chars().enumerate() {
        let mut corner = above;
        row[0] = above + 1;
        for (at, same) in other.chars().map(|its| its == letter).enumerate() {
            let changed = corner + usize::from(!same);
            corner = row[at + 1];
            row[at + 1] = changed.min(corner + 1).min(row[at] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests;
