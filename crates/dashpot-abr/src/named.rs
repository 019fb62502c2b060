//! Rules by the name that a command line carries.

use crate::{Params, Rule, SpecError, bola, dynamic, throughput};

/// A rule that can be asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// The paper or player that it follows, in a few words for help texts.
    pub follows: &'static str,
    /// Makes one, with its parameters.
    pub make: fn(&mut Params<'_>) -> Box<dyn Rule>,
}

/// Every rule, family by family; each file lists its own.
const FAMILIES: &[&[Entry]] = &[dynamic::ENTRIES, throughput::ENTRIES, bola::ENTRIES];

/// Returns every rule that [`parse`] knows.
pub fn rules() -> impl Iterator<Item = &'static Entry> {
    FAMILIES.iter().copied().flatten()
}

/// Returns the names that [`parse`] knows, for help texts and error messages.
pub fn names() -> impl Iterator<Item = &'static str> {
    rules().map(|entry| entry.name)
}

/// Returns a fresh rule of that name with its default parameters, or `None` for a name outside
/// [`names`].
#[must_use]
pub fn by_name(name: &str) -> Option<Box<dyn Rule>> {
    parse(name).ok().filter(|rule| rule.name() == name)
}

/// Returns a fresh rule as it is typed: its name, or `name:key=value,key=value`.
///
/// # Errors
/// Where there is no such rule, or it has no such parameter or not with that value.
pub fn parse(spec: &str) -> Result<Box<dyn Rule>, SpecError> {
    let (name, params) = spec.split_once(':').unwrap_or((spec, ""));
    let entry = rules().find(|entry| entry.name == name);
    let entry = entry.ok_or_else(|| SpecError::UnknownRule { name: name.to_owned() })?;
    let mut params = Params::parse(params)?;
    let rule = (entry.make)(&mut params);
    params.finish()?;
    Ok(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_makes_the_rule_of_that_name_and_no_other_does() {
        for name in names() {
            assert_eq!(by_name(name).map(|rule| rule.name()), Some(name));
            assert_eq!(names().filter(|other| *other == name).count(), 1, "{name}");
        }
        assert!(by_name("BOLA").is_none());
    }

    fn check(spec: &str, expected: &str) {
        let got = parse(spec).map(|rule| rule.name().to_owned());
        assert_eq!(got.unwrap_or_else(|error| error.to_string()), expected, "{spec}");
    }

    #[test]
    fn parameters_are_typed_after_the_name_and_what_is_wrong_is_named() {
        check("throughput", "throughput");
        check("throughput:safety=0.8", "throughput");
        check("throughput:safety=8", "`safety=8`: it is a number from 0.01 to 2");
        check("throughput:safety=x", "`safety=x`: it is a number from 0.01 to 2");
        check("throughput:gp=1", "the rule has no parameter `gp`; it has safety=0.9");
        check("throughput:gp", "`gp` is not written key=value");
        assert!(parse("nothing").unwrap_err().to_string().starts_with("`nothing` is no rule; "));
    }
}
