//! Every balancing rule, by the name that a configuration or a command line carries.
//!
//! ```
//! use dashpot_route::rules;
//!
//! let rule = rules::parse("maglev:key=path,bound=1.25").expect("a rule");
//! assert_eq!(rule.name(), "maglev");
//! let error = rules::parse("p2c:decay=fast").unwrap_err().to_string();
//! assert_eq!(error, "`decay=fast`: it is a span from 1ms to 1h");
//! ```

mod hashed;
mod least;
mod p2c;
mod random;
mod round_robin;
mod smooth;

use crate::{Params, Rule, SpecError};

/// A rule that can be asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it does and whom it follows, in a line.
    pub about: &'static str,
    make: fn(&mut Params<'_>) -> Box<dyn Rule>,
}

impl Entry {
    /// Returns its parameters with their defaults, as they would be typed.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut params = Params::default();
        // Made only to hear what it asks for.
        drop((self.make)(&mut params));
        params.into_known()
    }
}

/// Every rule, file by file.
const FILES: &[&[Entry]] = &[
    round_robin::ENTRIES,
    smooth::ENTRIES,
    least::ENTRIES,
    p2c::ENTRIES,
    random::ENTRIES,
    hashed::ENTRIES,
];

/// Returns every rule that [`parse`] knows.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    FILES.iter().copied().flatten()
}

/// Returns a fresh rule as it is typed: its name, or `name:key=value,key=value`.
///
/// # Errors
/// Where there is no such rule, or it has no such parameter or not with that value.
pub fn parse(spec: &str) -> Result<Box<dyn Rule>, SpecError> {
    let (name, params) = spec.split_once(':').unwrap_or((spec, ""));
    let Some(entry) = all().find(|entry| entry.name == name) else {
        let known = all().map(|entry| entry.name).collect::<Vec<_>>().join(", ");
        return Err(SpecError::Unknown { what: "balancing rule", name: name.to_owned(), known });
    };
    Params::read(params, entry.make)
}

#[cfg(test)]
mod tests;
