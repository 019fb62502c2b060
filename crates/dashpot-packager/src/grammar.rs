//! The options of a path, from one table: what they are called, what values they take, what they
//! mean. It drives parsing, the words of errors, and what documents them.
//!
//! An option is `name_value` in a segment of its own, in any order. Spans of time carry their unit
//! (`tsbd_60s`), points in time are whole seconds since the Unix epoch (`start_1700000000`).

mod ads;
mod bases;
mod events;
mod initset;
mod latency;
mod live;
mod location;
mod nearest;
mod only;
mod patch;
mod period;
mod protect;
mod query;
mod shape;
mod steer;
mod text;
mod trick;
mod xlink;

pub use ads::{AD, EVERY, FOR, MID, OF, POST, PRE};
pub use bases::{BASES, Place};
pub use events::{CUE, CUE_AS, EMSG, EMSG_VERSION, EVENTS, SCTE35};
pub use initset::INITSET;
pub use latency::{ATO, CHUNK, LATENCY, SUB};
pub(crate) use live::WINDOW_MS_MAX;
pub use live::{AST, MUP, SNR, SPD, START, STOP, TSBD, UTC};
pub use location::{LOCATION, START_RELATIVE, STOP_RELATIVE};
pub use only::ONLY;
pub use patch::PATCH;
pub use period::{JOIN, PERIOD};
pub use protect::{DRM, ROTATE};
pub use query::{PARAMETERS, QUERY};
pub(crate) use shape::PASSES_MAX;
pub use shape::{LOOP, SEG, VERSION};
pub use steer::STEER;
pub use text::{CLOCK_STPP, CLOCK_SUBS, TEXT};
pub use trick::TRICK;
pub use xlink::XLINK;

use crate::address::{AddressError, is_name};
pub(crate) use nearest::nearest;

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// What stands before the `_`.
    pub name: &'static str,
    /// What may stand behind it.
    pub values: Values,
    /// What holds where it is not given, in words.
    pub default: &'static str,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

/// The values that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// A whole number from the first to the second.
    Count(u64, u64),
    /// A span in seconds with up to three decimals and an `s`; the range in milliseconds.
    Span(u64, u64),
    /// The same, or `inf`.
    SpanOrInfinite(u64, u64),
    /// A point in time in whole seconds since the Unix epoch.
    Instant,
    /// One or more words of a list, joined by `-`.
    Words(&'static [&'static str]),
    /// One word of a list.
    Word(&'static [&'static str]),
    /// Up to so many language tags (RFC 5646), joined by `,`.
    Languages(usize),
    /// The name of an asset.
    Asset,
    /// One or more names of assets, joined by `,`.
    Assets,
    /// One or more names of assets, each with a time in seconds as in `clip@30s`, joined by `,`.
    Cues,
    /// Names of pathways, each alone or with priority and weight as in `east@1-70`, joined by `,`.
    Places,
    /// Kinds and ids of tracks, joined by `,`.
    Tracks,
    /// Parameters of a query as in `a=X`, joined by `,`.
    Parameters,
    /// The fingerprint of an asset: 16 hexadecimal digits.
    Version,
}

/// The number of a span that is infinite.
pub(crate) const INFINITE: u64 = u64::MAX;
/// The latest point in time that an option can name: the year 2261, which leaves room for a film's
/// length behind it in 64 bits of nanoseconds.
pub(crate) const INSTANT_MAX: u64 = 9_200_000_000;

/// The families of options below `/vod/`.
const VOD: &[&[Spec]] = &[
    shape::FAMILY_VOD,
    shape::FAMILY,
    events::FAMILY,
    query::FAMILY,
    initset::FAMILY,
    text::FAMILY_VOD,
    trick::FAMILY,
    steer::FAMILY,
    bases::FAMILY,
    only::FAMILY,
    protect::FAMILY,
    ads::FAMILY_VOD,
    xlink::FAMILY,
];
/// The families of options below `/live/`. A feature adds its own family here.
const LIVE: &[&[Spec]] = &[
    shape::FAMILY,
    live::FAMILY,
    latency::FAMILY,
    patch::FAMILY,
    events::FAMILY,
    query::FAMILY,
    initset::FAMILY,
    location::FAMILY,
    period::FAMILY,
    text::FAMILY_LIVE,
    trick::FAMILY,
    steer::FAMILY,
    bases::FAMILY,
    only::FAMILY,
    protect::FAMILY,
    ads::FAMILY_LIVE,
    xlink::FAMILY,
];

/// What is asked for: a film on demand, or one that runs by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Below `/vod/`.
    Vod,
    /// Below `/live/`.
    Live,
}

impl Service {
    /// Returns the options that it takes, family by family.
    pub fn options(self) -> impl Iterator<Item = &'static Spec> {
        let families = match self {
            Self::Vod => VOD,
            Self::Live => LIVE,
        };
        families.iter().copied().flatten()
    }
}

/// Returns the options of a service as a table in Markdown.
#[must_use]
pub fn markdown(service: Service) -> String {
    let row = |spec: &Spec| {
        let Spec { name, default, doc, values } = spec;
        format!("| `{name}_` | {} | {default} | {doc} |\n", values.range())
    };
    let head = "| option | values | default | what it does |\n|---|---|---|---|\n".to_owned();
    service.options().fold(head, |table, spec| table + &row(spec))
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    /// A count, milliseconds, seconds since the epoch or a fingerprint.
    Number(u64),
    /// Words of the list, in the order given.
    Words(Vec<&'static str>),
    /// Names, in the order given.
    Names(Vec<String>),
    /// Assets, each with a time in milliseconds, in the order given.
    Cues(Vec<(String, u64)>),
    /// Pathways, in the order given.
    Places(Vec<Place>),
}

/// The options that a path gives, each at most once and within its range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    given: Vec<(&'static str, Value)>,
}

/// Letters of a wrong option that a message repeats.
const GIVEN_MAX: usize = 40;

impl Options {
    /// Adds the option `given` of a service.
    ///
    /// # Errors
    /// Says that the service has no such option, or which value it takes, or that it is there twice.
    pub(crate) fn with(mut self, service: Service, given: &str) -> Result<Self, AddressError> {
        let cut = || given.chars().take(GIVEN_MAX).collect();
        let unknown =
            || AddressError::Option { given: cut(), nearest: nearest(service, given), service };
        let (name, value) = given.split_once('_').ok_or_else(unknown)?;
        let spec = service.options().find(|spec| spec.name == name).ok_or_else(unknown)?;
        let wrong = || match spec.values {
            Values::Version => AddressError::Version { given: cut() },
            Values::Count(..)
            | Values::Span(..)
            | Values::SpanOrInfinite(..)
            | Values::Instant
            | Values::Words(_)
            | Values::Word(_)
            | Values::Languages(_)
            | Values::Asset
            | Values::Assets
            | Values::Cues
            | Values::Tracks
            | Values::Parameters
            | Values::Places => unknown(),
        };
        let value = spec.values.parse(value).ok_or_else(wrong)?;
        if self.given.iter().any(|(given, _)| *given == spec.name) {
            return Err(AddressError::Twice { name: spec.name });
        }
        self.given.push((spec.name, value));
        Ok(self)
    }

    /// Returns the number that an option has: a count, milliseconds, or seconds since the epoch.
    #[must_use]
    pub fn number(&self, spec: &Spec) -> Option<u64> {
        match self.value(spec)? {
            Value::Number(number) => Some(*number),
            Value::Words(_) | Value::Names(_) | Value::Cues(_) | Value::Places(_) => None,
        }
    }

    /// Returns the words that an option has.
    #[must_use]
    pub fn words(&self, spec: &Spec) -> Option<&[&'static str]> {
        match self.value(spec)? {
            Value::Words(words) => Some(words),
            Value::Number(_) | Value::Names(_) | Value::Cues(_) | Value::Places(_) => None,
        }
    }

    /// Returns the names that an option has.
    #[must_use]
    pub fn names(&self, spec: &Spec) -> Option<&[String]> {
        match self.value(spec)? {
            Value::Names(names) => Some(names),
            Value::Number(_) | Value::Words(_) | Value::Cues(_) | Value::Places(_) => None,
        }
    }

    /// Returns the assets that an option names, each with its time in milliseconds, 0 where the option
    /// has none.
    pub fn assets(&self, spec: &Spec) -> impl Iterator<Item = (&str, u64)> {
        let cues = match self.value(spec) {
            Some(Value::Cues(cues)) => cues.as_slice(),
            Some(Value::Number(_) | Value::Words(_) | Value::Names(_) | Value::Places(_))
            | None => &[],
        };
        cues.iter().map(|(name, ms)| (name.as_str(), *ms))
    }

    /// Returns the pathways that an option names.
    #[must_use]
    pub fn places(&self, spec: &Spec) -> Option<&[Place]> {
        match self.value(spec)? {
            Value::Places(places) => Some(places),
            Value::Number(_) | Value::Words(_) | Value::Names(_) | Value::Cues(_) => None,
        }
    }

    /// Returns the word that an option has which takes one.
    #[must_use]
    pub fn word(&self, spec: &Spec) -> Option<&'static str> {
        self.words(spec)?.first().copied()
    }

    /// Says whether an option is given.
    pub(crate) fn has(&self, spec: &Spec) -> bool {
        self.value(spec).is_some()
    }

    fn value(&self, spec: &Spec) -> Option<&Value> {
        self.given.iter().find(|(name, _)| *name == spec.name).map(|(_, value)| value)
    }
}

impl Values {
    fn parse(self, text: &str) -> Option<Value> {
        let within = |number: u64, least, most| (least..=most).contains(&number).then_some(number);
        let number = match self {
            Self::Count(least, most) => decimal(text).and_then(|n| within(n, least, most)),
            Self::Span(least, most) => {
                text.strip_suffix('s').and_then(milliseconds).and_then(|n| within(n, least, most))
            }
            Self::SpanOrInfinite(..) if text == "inf" => Some(INFINITE),
            Self::SpanOrInfinite(least, most) => {
                text.strip_suffix('s').and_then(milliseconds).and_then(|n| within(n, least, most))
            }
            Self::Instant => decimal(text).and_then(|n| within(n, 0, INSTANT_MAX)),
            Self::Version => version(text),
            Self::Words(known) => {
                let word = |word: &str| known.iter().copied().find(|known| *known == word);
                let words: Vec<_> = text.split('-').map(word).collect::<Option<_>>()?;
                let twice = (1..words.len()).any(|at| words[..at].contains(&words[at]));
                return (!twice).then_some(Value::Words(words));
            }
            Self::Places => return bases::places(text).map(Value::Places),
            Self::Tracks => return only::tracks(text).map(Value::Names),
            Self::Parameters => return query::parameters(text).map(Value::Names),
            Self::Asset => return asset(text).map(|name| Value::Cues(vec![(name, 0)])),
            Self::Assets => {
                let all = text.split(',').map(|one| Some((asset(one)?, 0)));
                return all.collect::<Option<Vec<_>>>().and_then(few).map(Value::Cues);
            }
            Self::Cues => {
                return text
                    .split(',')
                    .map(cue)
                    .collect::<Option<_>>()
                    .and_then(few)
                    .map(Value::Cues);
            }
            Self::Word(known) => {
                let word = known.iter().copied().find(|known| *known == text)?;
                return Some(Value::Words(vec![word]));
            }
            Self::Languages(most) => {
                let tags: Vec<_> = text.split(',').map(str::to_owned).collect();
                let twice = (1..tags.len()).any(|at| tags[..at].contains(&tags[at]));
                let known = tags.len() <= most && tags.iter().all(|tag| is_language(tag));
                return (known && !twice).then_some(Value::Names(tags));
            }
        };
        number.map(Value::Number)
    }

    /// Says whether a text is such a value.
    pub(crate) fn takes(self, text: &str) -> bool {
        self.parse(text).is_some()
    }

    /// Returns what values there are, in words.
    #[must_use]
    pub fn range(self) -> String {
        match self {
            Self::Span(1, u64::MAX) => "seconds, as in `4s`".to_owned(),
            Self::Count(least, most) => format!("{least} to {most}"),
            Self::Span(least, most) => format!("{}s to {}s", seconds(least), seconds(most)),
            Self::SpanOrInfinite(least, most) => {
                format!("{}s to {}s, or `inf`", seconds(least), seconds(most))
            }
            Self::Instant => "seconds since 1970".to_owned(),
            Self::Words(words) => format!("of {}, joined by `-`", words.join(", ")),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Languages(most) => format!("up to {most} language tags, joined by `,`"),
            Self::Places => "pathways as in `east`, or with priority and weight as in `east@1-70`, joined by `,`".to_owned(),
            Self::Asset => "the name of an asset".to_owned(),
            Self::Assets => "names of assets, joined by `,`".to_owned(),
            Self::Cues => "assets and times as in `clip@30s`, joined by `,`".to_owned(),
            Self::Tracks => "kinds and ids of tracks, joined by `,`".to_owned(),
            Self::Parameters => "as in `a=X`, joined by `,`".to_owned(),
            Self::Version => "16 digits of 0-9 and a-f".to_owned(),
        }
    }
}

/// Reads a number written in the one way that has no leading zeros, so that a thing has one URL.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with(['0', '+']);
    text.parse().ok().filter(|_| canonical)
}

/// Says whether a text has the shape of a language tag (RFC 5646 §2.1); whether there is such a
/// language is not looked at.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let further = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    (2..=8).contains(&primary.len()) && letters(primary) && parts.all(further) && text.len() <= 35
}

/// Assets that an option may name.
const ASSETS_MAX: usize = 32;

fn few(cues: Vec<(String, u64)>) -> Option<Vec<(String, u64)>> {
    (cues.len() <= ASSETS_MAX).then_some(cues)
}

fn asset(text: &str) -> Option<String> {
    is_name(text).then(|| text.to_owned())
}

fn cue(text: &str) -> Option<(String, u64)> {
    let (name, time) = text.split_once('@')?;
    Some((asset(name)?, milliseconds(time.strip_suffix('s')?)?))
}

/// Reads a version as [`Asset::version`](crate::Asset::version) writes it, and in no other way.
fn version(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(text, 16).ok().filter(|_| digits && text.len() == 16)
}

/// Reads seconds with up to three decimals, such as `4` or `3.84`; no needless zeros.
fn milliseconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let needless = text.contains('.') && fraction.ends_with('0');
    if needless || 3 < fraction.len() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
    decimal(whole)?.checked_mul(1_000)?.checked_add(thousandths)
}

/// Writes milliseconds as the seconds of an option.
pub(crate) fn seconds(milliseconds: u64) -> String {
    let (whole, rest) = (milliseconds / 1_000, milliseconds % 1_000);
    let text = format!("{whole}.{rest:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
