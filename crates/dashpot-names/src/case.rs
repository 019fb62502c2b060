//! Names spelled in a case that nobody foresees ("0x20"): a forger who does not see the query has to
//! guess it, besides the id and the port.

/// Writes each letter of `name` in upper or lower case, as `bit` says.
#[must_use]
pub fn spell(name: &str, mut bit: impl FnMut() -> bool) -> String {
    let spelled = name.chars().map(|char| match char {
        letter if letter.is_ascii_alphabetic() && bit() => letter.to_ascii_uppercase(),
        other => other.to_ascii_lowercase(),
    });
    spelled.collect()
}

/// Returns how many letters a name has: each of them doubles the guesses that a forger needs.
#[must_use]
pub fn letters(name: &str) -> usize {
    name.chars().filter(char::is_ascii_alphabetic).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_letters_are_spelled() {
        let mut upper = false;
        let alternating = || {
            upper = !upper;
            upper
        };
        assert_eq!(spell("ab-9.cD.", alternating), "Ab-9.Cd.");
        assert_eq!(letters("ab-9.cD."), 4);
    }

    proptest! {
        #[test]
        fn law_a_spelled_name_is_the_same_name(name in "[a-zA-Z0-9.-]{0,40}", bits: u64) {
            let mut index = 0;
            let spelled = spell(&name, || { index += 1; bits >> (index % 64) & 1 == 1 });
            prop_assert!(spelled.eq_ignore_ascii_case(&name));
        }
    }
}
