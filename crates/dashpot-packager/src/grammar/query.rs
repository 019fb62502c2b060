//! The options of parameters in the queries of URLs.

use super::{Spec, Values};

/// Which parameter players are to send, and how they are told.
pub const QUERY: Spec = Spec {
    name: "query",
    values: Values::Words(&["own", "mpd", "ext"]),
    default: "none",
    doc: "Segments want a parameter: the MPD's own, or one of the MPD's URL; `ext` tells it as in 2016.",
};
/// The parameters themselves.
pub const PARAMETERS: Spec = Spec {
    name: "param",
    values: Values::Parameters,
    default: "`dashpot=annex-i`",
    doc: "With `query_`: the parameters that are wanted, in place of the usual one.",
};

pub(super) const FAMILY: &[Spec] = &[QUERY, PARAMETERS];

/// Parameters of one URL, and letters of one.
const PARAMETERS_MAX: usize = 8;
const LETTERS_MAX: usize = 64;

/// Reads `a=X,b=Y`: parameters with values that need no escape in an URL, each name there once.
pub(super) fn parameters(text: &str) -> Option<Vec<String>> {
    let mut names: Vec<&str> = Vec::new();
    for one in text.split(',') {
        let (name, value) = one.split_once('=')?;
        // RFC 3986 §2.3: unreserved.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let known = !name.is_empty() && one.len() <= LETTERS_MAX;
        if !known || names.contains(&name) || !name.bytes().chain(value.bytes()).all(plain) {
            return None;
        }
        names.push(name);
    }
    (names.len() <= PARAMETERS_MAX).then(|| text.split(',').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_names_with_values() {
        let check = |text: &str, expected: Option<&[&str]>| {
            let got = parameters(text);
            let got: Option<Vec<&str>> =
                got.as_ref().map(|all| all.iter().map(String::as_str).collect());
            assert_eq!(got.as_deref(), expected, "{text}");
        };
        check("dashjs=rocks", Some(&["dashjs=rocks"]));
        check("a=X,b=", Some(&["a=X", "b="]));
        for wrong in ["", "a", "=b", "a=1,a=2", "a=1,", "a=%41", "a=b=c", "a=ä", "nowMS=1&b=2"] {
            check(wrong, None);
        }
        let many = |count| (0..count).map(|at| format!("p{at}=1")).collect::<Vec<_>>().join(",");
        assert!(parameters(&many(8)).is_some());
        check(&many(9), None);
        check(&format!("a={}", "x".repeat(63)), None);
    }
}
