//! The parameters of a rule or a policy, as they are typed: `p2c:decay=10s,penalty=1s`.

use dashpot_base::parse_duration;
use std::{ops::RangeInclusive, time::Duration};

/// The parameters that something is made with. Whoever makes it asks for each by name, with its
/// default and the values it may have; what is typed and never asked for is refused.
#[derive(Debug, Default)]
pub(crate) struct Params<'a> {
    given: Vec<(&'a str, &'a str)>,
    known: Vec<(&'static str, String)>,
    problem: Option<SpecError>,
}

/// Why a rule or a policy cannot be had as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Nothing is called so.
    #[error("`{name}` is no {what}; there are {known}")]
    Unknown {
        /// What kind of thing was asked for.
        what: &'static str,
        /// What was typed.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// There is no such parameter.
    #[error("there is no parameter `{key}`; there are {known}")]
    UnknownParameter {
        /// What was typed.
        key: String,
        /// The parameters there are, with their defaults.
        known: String,
    },
    /// A parameter's value is none that it may have.
    #[error("`{key}={text}`: it is {wanted}")]
    BadValue {
        /// Its name.
        key: &'static str,
        /// What was typed.
        text: String,
        /// What it may be.
        wanted: String,
    },
    /// A parameter is given twice.
    #[error("`{key}` is given twice")]
    Twice {
        /// Its name.
        key: String,
    },
    /// What follows the name is not `key=value`.
    #[error("`{text}` is not written key=value")]
    NotAPair {
        /// What was typed.
        text: String,
    },
}

impl<'a> Params<'a> {
    /// Returns what `make` makes of `key=value,key=value`.
    ///
    /// # Errors
    /// Where something between two commas is no pair, or was never asked for, or is none of the
    /// values that it may have.
    pub(crate) fn read<T>(
        text: &'a str,
        make: impl FnOnce(&mut Self) -> T,
    ) -> Result<T, SpecError> {
        let mut params = Self::default();
        for pair in text.split(',').filter(|pair| !pair.is_empty()) {
            let not_a_pair = || SpecError::NotAPair { text: pair.to_owned() };
            let (key, value) = pair.split_once('=').ok_or_else(not_a_pair)?;
            let (key, value) = (key.trim(), value.trim());
            if params.given.iter().any(|(other, _)| *other == key) {
                return Err(SpecError::Twice { key: key.to_owned() });
            }
            params.given.push((key, value));
        }
        let made = make(&mut params);
        params.finish()?;
        Ok(made)
    }

    /// Returns a number; `default` where none was given, or none in `range`.
    pub(crate) fn number(
        &mut self,
        key: &'static str,
        default: f64,
        range: RangeInclusive<f64>,
    ) -> f64 {
        let wanted = || format!("a number from {} to {}", range.start(), range.end());
        let read = |text: &str| text.parse().ok().filter(|value| range.contains(value));
        self.read_one(key, (default, default.to_string()), read, wanted)
    }

    /// Returns a whole number; `default` where none was given, or none in `range`.
    pub(crate) fn count(
        &mut self,
        key: &'static str,
        default: usize,
        range: RangeInclusive<usize>,
    ) -> usize {
        let wanted = || format!("a whole number from {} to {}", range.start(), range.end());
        let read = |text: &str| text.parse().ok().filter(|value| range.contains(value));
        self.read_one(key, (default, default.to_string()), read, wanted)
    }

    /// Returns a span from a millisecond to an hour; the one that `default` says where none was
    /// given, or none of these.
    pub(crate) fn span(&mut self, key: &'static str, default: (Duration, &str)) -> Duration {
        let range = Duration::from_millis(1)..=Duration::from_secs(3_600);
        let read = |text: &str| parse_duration(text).ok().filter(|span| range.contains(span));
        let default = (default.0, default.1.to_owned());
        self.read_one(key, default, read, || "a span from 1ms to 1h".to_owned())
    }

    /// Returns what the name given for `key` stands for, one of `names`; that of the first where
    /// none was given, or no such name.
    pub(crate) fn choice<T: Copy>(&mut self, key: &'static str, names: &[(&'static str, T)]) -> T {
        let all = || names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let read = |text: &str| names.iter().find(|(name, _)| *name == text).map(|(_, it)| *it);
        self.read_one(key, (names[0].1, names[0].0.to_owned()), read, || {
            format!("one of {}", all())
        })
    }

    /// Notes that there is such a parameter, and returns its value.
    pub(crate) fn read_one<T>(
        &mut self,
        key: &'static str,
        (default, default_text): (T, String),
        read: impl Fn(&str) -> Option<T>,
        wanted: impl Fn() -> String,
    ) -> T {
        self.known.push((key, default_text));
        let Some((_, text)) = self.given.iter().find(|(given, _)| *given == key) else {
            return default;
        };
        let value = read(text);
        if value.is_none() {
            let problem = SpecError::BadValue { key, text: (*text).to_owned(), wanted: wanted() };
            self.problem.get_or_insert(problem);
        }
        value.unwrap_or(default)
    }

    /// Returns what was asked for, with defaults.
    pub(crate) fn into_known(self) -> Vec<(&'static str, String)> {
        self.known
    }

    fn finish(self) -> Result<(), SpecError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let is_known = |key: &str| self.known.iter().any(|(known, _)| *known == key);
        let Some((key, _)) = self.given.iter().find(|(key, _)| !is_known(key)) else {
            return Ok(());
        };
        let known: Vec<_> =
            self.known.iter().map(|(key, default)| format!("{key}={default}")).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Err(SpecError::UnknownParameter { key: (*key).to_owned(), known })
    }
}
