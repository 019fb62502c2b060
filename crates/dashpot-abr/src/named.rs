//! Rules by the name that a command line carries.

use crate::{Bola, BolaBasic, BolaO, Dynamic, DynamicO, Rule, Throughput};

/// The names that [`by_name`] knows, for help texts and error messages.
pub const NAMES: &[&str] = &["dynamic-o", "dynamic", "throughput", "bola", "bola-o", "bola-basic"];

/// Returns a fresh rule of that name, or `None` for a name outside [`NAMES`].
#[must_use]
pub fn by_name(name: &str) -> Option<Box<dyn Rule>> {
    match name {
        "dynamic-o" => Some(Box::new(DynamicO::default())),
        "dynamic" => Some(Box::new(Dynamic::default())),
        "throughput" => Some(Box::new(Throughput)),
        "bola" => Some(Box::new(Bola)),
        "bola-o" => Some(Box::new(BolaO)),
        "bola-basic" => Some(Box::new(BolaBasic)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_name_makes_the_rule_of_that_name_and_no_other_does() {
        for name in NAMES {
            assert_eq!(by_name(name).map(|rule| rule.name()), Some(*name));
        }
        assert!(by_name("BOLA").is_none());
    }
}
