//! Rules by the name that a command line carries.

use crate::{
    Params, Rule, SpecError, bba, bola, bola_enhanced, bola_sized, cache_aware, dashjs, dynamic,
    dynamic_dash, elastic, festive, harmonic, hls, hyb, l2a, lolp, media3, mpc, panda, quetra, rb,
    shaka, throughput,
};

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

impl Entry {
    /// Returns a fresh rule with parameters as they are typed: `key=value,key=value`.
    ///
    /// # Errors
    /// Where it has no such parameter or not with that value.
    pub fn parse(&self, params: &str) -> Result<Box<dyn Rule>, SpecError> {
        let mut params = Params::parse(params)?;
        let rule = (self.make)(&mut params);
        params.finish()?;
        Ok(rule)
    }

    /// Returns its parameters with their defaults, as they would be typed.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut params = Params::default();
        let _rule = (self.make)(&mut params);
        params.into_known()
    }
}

/// Every rule, family by family; each file lists its own.
const FAMILIES: &[&[Entry]] = &[
    dynamic::ENTRIES,
    throughput::ENTRIES,
    bola::ENTRIES,
    harmonic::ENTRIES,
    hls::ENTRIES,
    shaka::ENTRIES,
    media3::ENTRIES,
    dashjs::ENTRIES,
    festive::ENTRIES,
    panda::ENTRIES,
    elastic::ENTRIES,
    cache_aware::ENTRIES,
    l2a::ENTRIES,
    lolp::ENTRIES,
    bba::ENTRIES,
    bola_sized::ENTRIES,
    hyb::ENTRIES,
    mpc::ENTRIES,
    quetra::ENTRIES,
    rb::ENTRIES,
    bola_enhanced::ENTRIES,
    dynamic_dash::ENTRIES,
];

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
    entry.parse(params)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Nominal, Progress, Rung, View, testing};

    #[test]
    fn every_listed_name_makes_the_rule_of_that_name_and_no_other_does() {
        for name in names() {
            assert_eq!(by_name(name).map(|rule| rule.name()), Some(name));
            assert_eq!(names().filter(|other| *other == name).count(), 1, "{name}");
        }
        assert!(by_name("BOLA").is_none());
    }

    #[test]
    fn a_rule_that_gives_up_says_how_long_it_is_patient() {
        let ladder = [300.0, 1_000.0, 3_000.0];
        let film = Nominal { ladder: ladder.to_vec(), segment_ms: 3_000.0, count: Some(100) };
        for name in names() {
            for buffer_ms in [0.0, 3_000.0, 12_000.0] {
                let mut rule = by_name(name).unwrap();
                let throughput_kbps = Some(500.0);
                let (last, index) = (Some(Rung(2)), 20);
                let view = testing::view(&ladder, &film);
                let view = View { index, buffer_ms, throughput_kbps, last, ..view };
                rule.decide(&view);
                let (rung, bits, bits_here) = (Rung(2), 9e6, 5e4);
                let begun = Progress {
                    index,
                    rung,
                    bits,
                    bits_here: 0.0,
                    first_byte_ms: 50.0,
                    since_ms: 50.0,
                };
                let patience_ms = rule.patience_ms(&view, &begun);
                let hopeless = Progress { bits_here, since_ms: 9_000.0, ..begun };
                let is_asked = patience_ms.is_finite();
                assert!(is_asked || !rule.gives_up(&view, &hopeless), "{name} is never asked");
            }
        }
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
        check("bola-basic:safety=1", "the rule has no parameter `safety`; it has gp=5");
        check("throughput:gp", "`gp` is not written key=value");
        check("harmonic:n=9", "harmonic");
        check("harmonic:n=9.5", "`n=9.5`: it is a whole number from 1 to 100");
        let parameters = rules().find(|entry| entry.name == "harmonic").unwrap().parameters();
        assert_eq!(parameters, [("n", "5".to_owned()), ("safety", "1".to_owned())]);
        assert!(parse("nothing").unwrap_err().to_string().starts_with("`nothing` is no rule; "));
    }
}
