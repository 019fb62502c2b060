//! How values stand in attributes and lines.

use dashpot_base::MediaTime;
use std::fmt::Write as _;

/// What is written after the decimal point at most: microseconds.
const MICROS: u128 = 1_000_000;

/// A tag whose attributes are added one by one.
#[derive(Debug)]
pub(crate) struct Tag {
    text: String,
    first: bool,
}

impl Tag {
    /// Begins a tag, without its `#`.
    pub(crate) fn new(name: &str) -> Self {
        Self { text: format!("#{name}:"), first: true }
    }

    /// Adds an attribute whose value stands as it is.
    pub(crate) fn plain(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        let comma = if self.first { "" } else { "," };
        self.first = false;
        // Writing to a String cannot fail.
        write!(self.text, "{comma}{name}={value}").unwrap_or_default();
        self
    }

    /// Adds a quoted string.
    ///
    /// RFC 8216bis §4.2: line ends and double quotes cannot be in one, in any way.
    pub(crate) fn quoted(self, name: &str, value: &str) -> Self {
        let one = |letter: char| match letter {
            '"' => '\'',
            '\n' | '\r' => ' ',
            other => other,
        };
        let value: String = value.chars().map(one).collect();
        self.plain(name, format_args!("\"{value}\""))
    }

    /// Adds an attribute that is `YES` or absent.
    pub(crate) fn yes(self, name: &str, is: bool) -> Self {
        if is { self.plain(name, "YES") } else { self }
    }

    /// Ends the tag's line.
    pub(crate) fn end(self, out: &mut String) {
        out.push_str(&self.text);
        out.push('\n');
    }
}

/// Returns seconds as a decimal number, rounded to microseconds, without needless zeros.
pub(crate) fn seconds(time: MediaTime) -> String {
    let scale = u128::from(time.timescale).max(1);
    let micros = (u128::from(time.ticks) * MICROS * 2 + scale) / (scale * 2);
    let text = format!("{}.{:06}", micros / MICROS, micros % MICROS);
    let short = text.trim_end_matches('0');
    if short.ends_with('.') { format!("{short}0") } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn seconds_are_rounded_to_microseconds() {
        for (ticks, timescale, expected) in [
            (0, 0, "0.0"),
            (25_600, 12_800, "2.0"),
            (1_001, 24_000, "0.041708"),
            (1_001, 30_000, "0.033367"),
            (24 * 1_024, 48_000, "0.512"),
            (1_999_999_999, 1_000_000_000, "2.0"),
            (500, 1_000_000_000, "0.000001"),
        ] {
            assert_eq!(seconds(MediaTime { ticks, timescale }), expected);
        }
    }

    proptest! {
        #[test]
        fn a_tag_is_one_line_whatever_a_name_holds(name in any::<String>()) {
            let mut out = String::new();
            Tag::new("EXT-X-A").yes("NO", false).quoted("NAME", &name).yes("B", true).end(&mut out);
            prop_assert_eq!(out.matches(['\n', '\r']).count(), 1);
            prop_assert_eq!(out.matches('"').count(), 2);
            prop_assert!(out.starts_with("#EXT-X-A:NAME=\"") && out.ends_with("\",B=YES\n"));
        }
    }
}
