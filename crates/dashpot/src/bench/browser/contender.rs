//! dash.js as it is typed among the rules.

use anyhow::bail;

/// What every name of a contender in the browser begins with.
pub(in crate::bench) const NAME: &str = "dash.js";

/// The sets of rules that dash.js has; the first is what it does by default.
const STRATEGIES: [&str; 5] = ["dynamic", "throughput", "bola", "l2a", "lolp"];

/// dash.js, and what it is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bench) struct Contender {
    /// Which of its rules choose.
    pub(super) strategy: &'static str,
    /// How much it keeps ahead.
    pub(super) buffer: Buffer,
}

/// How much dash.js keeps ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Buffer {
    /// As much as the others.
    Same,
    /// As much as it does by default.
    Own,
}

/// Says whether `spec` is meant for the browser, right or wrong.
pub(in crate::bench) fn is_one(spec: &str) -> bool {
    spec == NAME || spec.strip_prefix(NAME).is_some_and(|rest| rest.starts_with(':'))
}

impl Contender {
    /// Reads `dash.js` or `dash.js:abr=bola,buffer=own`.
    ///
    /// # Errors
    /// Where it says something else; what may be said is in the message.
    pub(in crate::bench) fn parse(spec: &str) -> anyhow::Result<Self> {
        let mut contender = Self { strategy: STRATEGIES[0], buffer: Buffer::Same };
        let settings = spec.strip_prefix(NAME).and_then(|rest| rest.strip_prefix(':'));
        for setting in settings.into_iter().flat_map(|settings| settings.split(',')) {
            match setting.split_once('=') {
                Some(("abr", name)) => match STRATEGIES.iter().find(|it| **it == name) {
                    Some(strategy) => contender.strategy = strategy,
                    None => {
                        bail!(
                            "dash.js has no strategy `{name}`; there are {}",
                            STRATEGIES.join(", ")
                        )
                    }
                },
                Some(("buffer", "own")) => contender.buffer = Buffer::Own,
                Some(("buffer", "same")) => contender.buffer = Buffer::Same,
                Some(_) | None => bail!(
                    "`{setting}`: dash.js takes abr={} and buffer=same|own",
                    STRATEGIES.join("|")
                ),
            }
        }
        Ok(contender)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contender_is_told_by_its_name_and_its_settings_are_checked() {
        let check = |spec: &str, expected: Result<(&str, Buffer), &str>| match (
            Contender::parse(spec),
            expected,
        ) {
            (Ok(got), Ok(expected)) => assert_eq!((got.strategy, got.buffer), expected, "{spec}"),
            (Err(got), Err(expected)) => assert!(got.to_string().contains(expected), "{got}"),
            (got, expected) => panic!("{spec}: {got:?} instead of {expected:?}"),
        };
        check("dash.js", Ok(("dynamic", Buffer::Same)));
        check("dash.js:abr=bola", Ok(("bola", Buffer::Same)));
        check("dash.js:buffer=own,abr=lolp", Ok(("lolp", Buffer::Own)));
        check("dash.js:abr=bolla", Err("no strategy `bolla`; there are dynamic, throughput"));
        check("dash.js:bola", Err("`bola`: dash.js takes abr=dynamic|"));
        check("dash.js:", Err("dash.js takes"));
        for (spec, expected) in
            [("dash.js", true), ("dash.js:x", true), ("dashjs", false), ("dash.jsx", false)]
        {
            assert_eq!(is_one(spec), expected, "{spec}");
        }
    }
}
