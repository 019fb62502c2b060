//! The valid option that someone may have meant.

use super::{INSTANT_MAX, Service, Spec, Values, seconds};
use crate::address::is_name;
use strsim::levenshtein;

/// Returns the valid option that looks most like `given`.
pub(crate) fn nearest(service: Service, given: &str) -> String {
    let start = given.find(|letter: char| letter.is_ascii_digit()).unwrap_or(given.len());
    let (before, value) = given.split_at(start);
    let name = given.split_once('_').map_or(before, |(name, _)| name);
    let name: String = name.trim_end_matches(['_', '=', '-', ':']).chars().take(16).collect();
    let digits: String = value.chars().take_while(char::is_ascii_digit).take(12).collect();
    let known = service.options().filter(|spec| spec.values != Values::Version);
    let Some(spec) = known.min_by_key(|spec| levenshtein(&name, spec.name)) else {
        return String::new();
    };
    let word = given.split_once('_').map_or("", |(_, word)| word);
    format!("{}_{}", spec.name, example(spec, digits.parse().ok(), word))
}

/// Returns the name with which a word begins, or else one that there may be.
fn named(word: &str) -> &str {
    let name = word.split(['@', ',', '/']).next().filter(|name| is_name(name));
    name.unwrap_or("film")
}

/// Returns the value of an option next to the number or word that was given.
fn example(spec: &Spec, number: Option<u64>, word: &str) -> String {
    match spec.values {
        Values::Count(least, most) => number.unwrap_or(2).clamp(least, most).to_string(),
        Values::Span(least, most) | Values::SpanOrInfinite(least, most) => {
            // Of whole seconds, unless the range has none.
            let whole = number.unwrap_or(4).max(1).saturating_mul(1_000);
            format!("{}s", seconds(whole.clamp(least, most)))
        }
        Values::Instant => number.unwrap_or(0).min(INSTANT_MAX).to_string(),
        Values::Words(words) | Values::Word(words) => {
            let word: String = word.chars().take(16).collect();
            let known = words.iter().min_by_key(|known| levenshtein(&word, known));
            known.copied().unwrap_or_default().to_owned()
        }
        Values::Languages(_) => "en".to_owned(),
        Values::Asset | Values::Assets => named(word).to_owned(),
        Values::Places => named(word).to_owned(),
        Values::Cues => format!("{}@{}s", named(word), number.unwrap_or(10)),
        Values::Tracks => "audio".to_owned(),
        Values::Parameters => "a=X".to_owned(),
        Values::Version => "0000000000000000".to_owned(),
    }
}
