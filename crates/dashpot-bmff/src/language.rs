//! Language tags: packed ISO 639-2 codes of `mdhd` to and from BCP 47.

/// ISO 639-2 codes (terminological, then bibliographic where it differs) with their two-letter code.
/// RFC 5646 §2.2.1 asks for the shortest code; what is not listed keeps its three letters.
const TWO_LETTER: &[(&str, &str)] = &[
    ("ara", "ar"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("est", "et"),
    ("eus", "eu"),
    ("fas", "fa"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("gle", "ga"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("ind", "id"),
    ("isl", "is"),
    ("ita", "it"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("msa", "ms"),
    ("nld", "nl"),
    ("nor", "no"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tha", "th"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("vie", "vi"),
    ("zho", "zh"),
    ("alb", "sq"),
    ("chi", "zh"),
    ("cze", "cs"),
    ("dut", "nl"),
    ("fre", "fr"),
    ("ger", "de"),
    ("gre", "el"),
    ("ice", "is"),
    ("per", "fa"),
    ("rum", "ro"),
    ("slo", "sk"),
];

/// Returns the BCP 47 tag of a packed `mdhd` language, or `None` when it is undetermined.
pub(crate) fn unpack(packed: u16) -> Option<String> {
    // ISO/IEC 14496-12 §8.4.2.3: three letters of five bits each, less 0x60.
    let letters: String = [packed >> 10 & 31, packed >> 5 & 31, packed & 31]
        .into_iter()
        .filter_map(|five| u8::try_from(five).ok().map(|five| char::from(five + 0x60)))
        .collect();
    let readable = letters.bytes().all(|letter| letter.is_ascii_lowercase());
    if !readable || letters == "und" {
        return None;
    }
    let short = TWO_LETTER.iter().find(|(three, _)| *three == letters).map(|(_, two)| *two);
    Some(short.map_or(letters, str::to_owned))
}

/// Returns the language of an ISO 639 or BCP 47 tag in its shortest form, as `ko` for `kor`, or `None`
/// when it is no known or three-letter language. Regions and scripts are left out.
#[must_use]
pub fn shortest_language(tag: &str) -> Option<String> {
    unpack(pack(tag))
}

/// Returns the packed code of a BCP 47 tag; `und` when its first subtag has no three-letter code here.
pub(crate) fn pack(tag: &str) -> u16 {
    let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let three = TWO_LETTER.iter().find(|(_, two)| *two == primary).map(|(three, _)| *three);
    let three = three.unwrap_or(&primary);
    let letters = match three.as_bytes() {
        [a, b, c] if three.bytes().all(|letter| letter.is_ascii_lowercase()) => [*a, *b, *c],
        _ => *b"und",
    };
    letters.into_iter().fold(0, |packed, letter| packed << 5 | u16::from(letter - 0x60))
}

#[cfg(test)]
mod tests {
    use super::{pack, unpack};

    fn check(tag: &str, expected: Option<&str>) {
        assert_eq!(unpack(pack(tag)).as_deref(), expected, "{tag}");
    }

    #[test]
    fn languages_survive_the_packed_code_in_their_shortest_form() {
        check("en", Some("en"));
        check("eng", Some("en"));
        check("ko-KR", Some("ko"));
        check("yue", Some("yue"));
        check("ger", Some("de"));
        check("und", None);
        check("", None);
        check("x", None);
        check("\u{fffd}abc", None);
        assert_eq!(unpack(0), None);
    }
}
