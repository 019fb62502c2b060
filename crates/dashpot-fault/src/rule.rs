//! Rules: what goes wrong, and for which requests. One table of words serves URLs, JSON, messages
//! and the documentation.

use crate::{Fault, Position, Select, value};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use strsim::levenshtein;

/// One word that a rule may have: `name` or `name_value` in a URL, a member in JSON.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// Its name.
    pub name: &'static str,
    /// What value it takes, in words; `None` where it takes none.
    pub takes: Option<&'static str>,
    /// Whether it says what goes wrong.
    pub is_fault: bool,
}

const fn fault(name: &'static str, takes: Option<&'static str>) -> Word {
    Word { name, takes, is_fault: true }
}

const fn other(name: &'static str, takes: &'static str) -> Word {
    Word { name, takes: Some(takes), is_fault: false }
}

/// All words: faults, what belongs to one of them, and for which requests it is.
pub const WORDS: &[Word] = &[
    fault("status", Some("a status from 400 to 599")),
    fault("delay", Some("a span from 1ms to 60s")),
    fault("rate", Some("a rate from 8kbps to 10Gbps")),
    fault("stall", Some("a span from 1ms to 60s")),
    fault("truncate", None),
    fault("reset", None),
    fault("flip", Some("a number of bytes from 1 to 1000")),
    fault("length", Some("a difference in bytes from -1048576 to 1048576, not 0")),
    fault("redirect", Some("a number of redirects from 1 to 50")),
    fault("missing", None),
    fault("gap", None),
    fault("stale", Some("a span from 1ms to 24h")),
    fault("skew", Some("a span up to 24h, with a minus where the clock is to be slow")),
    fault("early", Some("a span from 1ms to 24h")),
    fault("late", Some("a span from 1ms to 24h")),
    other("retry", "a span from 1s to 60s"),
    other("at", "a place such as 50pct (up to 99pct) or 1000B"),
    other("on", "objects of mpd, init, segment, chunk, file, text, time, key, steering"),
    other("asset", "names of assets"),
    other("rep", "ids of Representations"),
    other("n", "numbers and ranges such as 3+10-20"),
    other("every", "a number from 1 to 1000000"),
    other("shift", "a number below that of `every`"),
    other("first", "a number of attempts from 1 to 1000"),
    other("p", "a probability such as 0.25, above 0, up to 1"),
    other("draw", "`request` (all viewers meet the same) or `viewer`"),
    other("seed", "a whole number"),
    other("viewer", "CMCD session ids or addresses of clients"),
    other("from", "seconds since 1970"),
    other("until", "seconds since 1970"),
    other("cycle", "a span from 1ms to 24h, with `down`"),
    other("down", "a span from 1ms to 24h, shorter than `cycle`"),
    other("after", "a span from 1ms to 24h, which leaves room for `down` in `cycle`"),
];

/// Bytes of a rule in a URL.
const TEXT_MAX: usize = 512;
/// Letters of what was given that a message repeats.
const GIVEN_MAX: usize = 40;

/// Why a rule is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A word is not in the table.
    #[error("`{given}` is no word of a fault: did you mean `{nearest}`?")]
    Unknown {
        /// As given, cut where it is long.
        given: String,
        /// The word nearest to it.
        nearest: &'static str,
    },
    /// A value cannot be read, or is out of bounds.
    #[error("`{name}` takes {takes}, not `{given}`")]
    Value {
        /// The word.
        name: &'static str,
        /// What it takes.
        takes: &'static str,
        /// As given, cut where it is long.
        given: String,
    },
    /// A word is there twice.
    #[error("`{name}` is given twice")]
    Twice {
        /// The word.
        name: &'static str,
    },
    /// Nothing is to go wrong.
    #[error("it does not say what goes wrong: one of {faults}")]
    NoFault {
        /// What there is.
        faults: String,
    },
    /// Two things are to go wrong at once.
    #[error("`{one}` and `{other}` are two faults: give each a rule of its own")]
    TwoFaults {
        /// One of them.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A word says nothing beside the others.
    #[error("`{name}` goes with {with}")]
    Misplaced {
        /// The word.
        name: &'static str,
        /// What it belongs to.
        with: &'static str,
    },
    /// A fault that cannot happen to what it is `on`.
    #[error("`{fault}` cannot happen to {object}")]
    Impossible {
        /// The fault.
        fault: &'static str,
        /// What it was to happen to.
        object: &'static str,
    },
    /// A URL says more than any rule needs.
    #[error("a fault has at most 512 letters")]
    Long,
}

/// What a rule is called: in `Dashpot-Fault`, in logs, and by the operator.
pub type RuleId = String;

/// What goes wrong, and for which requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What it is called.
    pub id: RuleId,
    /// What goes wrong.
    pub fault: Fault,
    /// For which requests.
    pub select: Select,
    /// The rule as it was given, word by word, in the order of [`WORDS`].
    pub(crate) words: Vec<(&'static str, Option<String>)>,
}

impl Rule {
    /// Reads a rule as it stands in a URL after `fault_`: words joined by commas.
    ///
    /// # Errors
    /// Names the word that is wrong and what it takes.
    pub fn parse(id: impl Into<RuleId>, text: &str) -> Result<Self, RuleError> {
        if TEXT_MAX < text.len() {
            return Err(RuleError::Long);
        }
        let words = text.split(',').map(|word| match word.split_once('_') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        });
        Self::of_words(id.into(), words)
    }

    /// Reads a rule of words and their values.
    pub(crate) fn of_words<'a>(
        id: RuleId,
        given: impl Iterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Result<Self, RuleError> {
        let mut words: Vec<(usize, Option<&str>)> = Vec::new();
        for (name, value) in given {
            let Some(at) = WORDS.iter().position(|word| word.name == name) else {
                let given = cut(name);
                let names = WORDS.iter().map(|word| word.name);
                let nearest =
                    names.min_by_key(|name| levenshtein(&given, name)).unwrap_or_default();
                return Err(RuleError::Unknown { given, nearest });
            };
            if words.iter().any(|(held, _)| *held == at) {
                return Err(RuleError::Twice { name: WORDS[at].name });
            }
            match (WORDS[at].takes, value) {
                (Some(_), Some(_)) | (None, None) => words.push((at, value)),
                (takes, _) => {
                    let (name, takes) = (WORDS[at].name, takes.unwrap_or("no value"));
                    let given = cut(value.unwrap_or_default());
                    return Err(RuleError::Value { name, takes, given });
                }
            }
        }
        words.sort_unstable_by_key(|(at, _)| *at);
        let given = Given(words);
        let fault = given.fault()?;
        let select = Select::read(&given, &fault)?;
        let words = given.0.iter().map(|(at, value)| (WORDS[*at].name, value.map(str::to_owned)));
        Ok(Self { id, fault, select, words: words.collect() })
    }

    /// Returns the rule as it stands in a URL after `fault_`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let word = |(name, value): &(&str, Option<String>)| match value {
            Some(value) => format!("{name}_{value}"),
            None => (*name).to_owned(),
        };
        self.words.iter().map(word).collect::<Vec<_>>().join(",")
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.words.len() + 1))?;
        map.serialize_entry("id", &self.id)?;
        for (name, value) in &self.words {
            match value {
                Some(value) => map.serialize_entry(name, value)?,
                None => map.serialize_entry(name, &true)?,
            }
        }
        map.end()
    }
}

fn cut(given: &str) -> String {
    given.chars().take(GIVEN_MAX).collect()
}

/// The words that were given, by their places in [`WORDS`], in order.
pub(crate) struct Given<'a>(Vec<(usize, Option<&'a str>)>);

impl Given<'_> {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(at, _)| WORDS[*at].name == name)
    }

    /// Reads the value of a word, where it was given.
    pub(crate) fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, RuleError> {
        let Some((at, value)) = self.0.iter().find(|(at, _)| WORDS[*at].name == name) else {
            return Ok(None);
        };
        let (word, value) = (WORDS[*at], value.unwrap_or_default());
        let takes = word.takes.unwrap_or("no value");
        let refused = || RuleError::Value { name: word.name, takes, given: cut(value) };
        read(value).map(Some).ok_or_else(refused)
    }

    /// Reads the value of a word that is there.
    fn need<T>(&self, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, RuleError> {
        self.read(name, read)?.ok_or_else(no_fault)
    }

    fn fault(&self) -> Result<Fault, RuleError> {
        let mut named = self.0.iter().map(|(at, _)| WORDS[*at]).filter(|word| word.is_fault);
        let name = named.next().ok_or_else(no_fault)?.name;
        if let Some(other) = named.next() {
            return Err(RuleError::TwoFaults { one: name, other: other.name });
        }
        if self.has("at") && !["stall", "truncate", "reset"].contains(&name) {
            return Err(RuleError::Misplaced { name: "at", with: "stall, truncate and reset" });
        }
        if self.has("retry") && name != "status" {
            return Err(RuleError::Misplaced { name: "retry", with: "status" });
        }
        let at = self.read("at", value::position)?.unwrap_or(Position::Percent(50));
        let upto = |most: u32| {
            move |text: &str| u32::try_from(value::integer(text, 1..=most.into())?).ok()
        };
        Ok(match name {
            "status" => Fault::Status {
                code: self
                    .need(name, |text| u16::try_from(value::integer(text, 400..=599)?).ok())?,
                retry_after: self.read("retry", value::span)?,
            },
            "delay" => Fault::Delay(self.need(name, value::span)?),
            "rate" => Fault::Rate(self.need(name, value::rate)?),
            "stall" => Fault::Stall { at, span: self.need(name, value::span)? },
            "truncate" => Fault::Truncate { at },
            "reset" => Fault::Reset { at },
            "flip" => Fault::Flip { bytes: self.need(name, upto(1_000))? },
            "length" => Fault::Length { by: self.need(name, value::difference)? },
            "redirect" => Fault::Redirect { hops: self.need(name, upto(50))? },
            "missing" => Fault::Missing,
            "gap" => Fault::Gap,
            "stale" => Fault::Stale(self.need(name, value::moved)?),
            "skew" => Fault::Skew(self.need(name, value::moved_either_way)?),
            "early" => Fault::Early(self.need(name, value::moved)?),
            "late" => Fault::Late(self.need(name, value::moved)?),
            _ => return Err(no_fault()),
        })
    }
}

fn no_fault() -> RuleError {
    let faults = WORDS.iter().filter(|word| word.is_fault).map(|word| word.name);
    RuleError::NoFault { faults: faults.collect::<Vec<_>>().join(", ") }
}

#[cfg(test)]
mod tests;
