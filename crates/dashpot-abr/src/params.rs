//! A rule's parameters, as they are typed: `bola:gp=6,buffer=20000`.

use std::{fmt::Write as _, ops::RangeInclusive};

/// The parameters that a rule is made with. Whoever makes the rule asks for each by name, with
/// its default and the values it may have; what is typed and never asked for is refused.
#[derive(Debug, Default)]
pub struct Params<'a> {
    given: Vec<(&'a str, &'a str)>,
    known: Vec<(&'static str, String)>,
    problem: Option<SpecError>,
}

/// Why a rule cannot be had as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpecError {
    /// No rule is called so.
    UnknownRule {
        /// What was asked for.
        name: String,
    },
    /// The rule has no such parameter.
    UnknownParameter {
        /// What was typed.
        key: String,
        /// The parameters there are, with their defaults.
        known: String,
    },
    /// A parameter's value is none that it may have.
    BadValue {
        /// Its name.
        key: &'static str,
        /// What was typed.
        text: String,
        /// What it may be.
        wanted: String,
    },
    /// What follows the name is not `key=value`.
    NotAPair {
        /// What was typed.
        text: String,
    },
}

impl std::fmt::Display for SpecError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownRule { name } => {
                let names: Vec<_> = crate::names().collect();
                write!(f, "`{name}` is no rule; there are {}", names.join(", "))
            }
            Self::UnknownParameter { key, known } if known.is_empty() => {
                write!(f, "`{key}`: the rule has no parameters")
            }
            Self::UnknownParameter { key, known } => {
                write!(f, "the rule has no parameter `{key}`; it has {known}")
            }
            Self::BadValue { key, text, wanted } => {
                write!(f, "`{key}={text}`: it is {wanted}")
            }
            Self::NotAPair { text } => write!(f, "`{text}` is not written key=value"),
        }
    }
}

impl std::error::Error for SpecError {}

impl<'a> Params<'a> {
    /// Reads `key=value,key=value`.
    ///
    /// # Errors
    /// Where something between two commas is no pair.
    pub(crate) fn parse(text: &'a str) -> Result<Self, SpecError> {
        let pairs = text.split(',').filter(|pair| !pair.is_empty()).map(|pair| {
            let not_a_pair = || SpecError::NotAPair { text: pair.to_owned() };
            let (key, value) = pair.split_once('=').ok_or_else(not_a_pair)?;
            Ok((key.trim(), value.trim()))
        });
        Ok(Self { given: pairs.collect::<Result<_, _>>()?, known: Vec::new(), problem: None })
    }

    /// Returns the parameter `key`, which may be any number in `range`; `default` where it was
    /// not given, or not as such a number, which [`parse`](crate::parse) then refuses.
    pub fn number(&mut self, key: &'static str, default: f64, range: RangeInclusive<f64>) -> f64 {
        let Some(text) = self.take(key, default.to_string()) else { return default };
        match text.parse::<f64>() {
            Ok(value) if range.contains(&value) => value,
            Ok(_) | Err(_) => {
                self.refuse(
                    key,
                    text,
                    format!("a number from {} to {}", range.start(), range.end()),
                );
                default
            }
        }
    }

    /// Returns the parameter `key`, which may be any whole number in `range`; `default` where it
    /// was not given, or not as such a number, which [`parse`](crate::parse) then refuses.
    pub fn count(&mut self, key: &'static str, default: u32, range: RangeInclusive<u32>) -> usize {
        let Some(text) = self.take(key, default.to_string()) else { return default as usize };
        match text.parse::<u32>() {
            Ok(value) if range.contains(&value) => value as usize,
            Ok(_) | Err(_) => {
                let (least, most) = (range.start(), range.end());
                self.refuse(key, text, format!("a whole number from {least} to {most}"));
                default as usize
            }
        }
    }

    /// Returns what the name given for `key` stands for, one of `default` and `others`; that of
    /// `default` where none was given, or no such name, which [`parse`](crate::parse) then refuses.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        default: (&'static str, T),
        others: &[(&'static str, T)],
    ) -> T {
        let Some(text) = self.take(key, default.0.to_owned()) else { return default.1 };
        let names = || std::iter::once(&default).chain(others);
        if let Some((_, chosen)) = names().find(|(name, _)| *name == text) {
            return *chosen;
        }
        let names: Vec<_> = names().map(|(name, _)| *name).collect();
        self.refuse(key, text, format!("one of {}", names.join(", ")));
        default.1
    }

    /// Returns what was typed for `key`, and notes that there is such a parameter.
    fn take(&mut self, key: &'static str, default: String) -> Option<&'a str> {
        self.known.push((key, default));
        self.given.iter().find(|(given, _)| *given == key).map(|(_, text)| *text)
    }

    fn refuse(&mut self, key: &'static str, text: &str, wanted: String) {
        let text = text.to_owned();
        self.problem.get_or_insert(SpecError::BadValue { key, text, wanted });
    }

    /// Returns what was asked for, with defaults, each once.
    pub(crate) fn into_known(self) -> Vec<(&'static str, String)> {
        let mut known: Vec<(&'static str, String)> = Vec::new();
        for (key, default) in self.known {
            if !known.iter().any(|(other, _)| *other == key) {
                known.push((key, default));
            }
        }
        known
    }

    /// Says whether everything typed was asked for and could be used.
    ///
    /// # Errors
    /// Where it was not.
    pub(crate) fn finish(self) -> Result<(), SpecError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let is_known = |key: &str| self.known.iter().any(|(known, _)| *known == key);
        let Some((key, _)) = self.given.iter().find(|(key, _)| !is_known(key)) else {
            return Ok(());
        };
        let mut known = String::new();
        for (name, default) in &self.known {
            let comma = if known.is_empty() { "" } else { ", " };
            // Writing to a string cannot fail.
            write!(known, "{comma}{name}={default}").unwrap_or_default();
        }
        Err(SpecError::UnknownParameter { key: (*key).to_owned(), known })
    }
}
