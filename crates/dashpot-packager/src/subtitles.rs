//! `WebVTT` for an asset that is played several times: the cues again, each pass later.

use dashpot_base::MediaTime;
use std::fmt::Write as _;

/// Returns `text` for `passes` passes of `period`: all that is not a cue once, then the cues of
/// each pass, moved to it and cut where the next one begins. One pass is the text unchanged.
#[must_use]
pub(crate) fn looped(text: &str, passes: u32, period: MediaTime) -> String {
    if passes <= 1 {
        return text.to_owned();
    }
    let text = with_newlines(text);
    let (mut out, mut cues) = (String::with_capacity(text.len()), Vec::new());
    for block in blocks(&text) {
        match Cue::parse(block) {
            Some(cue) => cues.push(cue),
            None if block.is_empty() => {}
            None => {
                out.push_str(block);
                out.push_str("\n\n");
            }
        }
    }
    let start = |pass: u32| {
        let ticks = u128::from(pass) * u128::from(period.ticks) * 1_000;
        let start = ticks.checked_div(u128::from(period.timescale)).unwrap_or(0);
        u64::try_from(start).unwrap_or(u64::MAX)
    };
    for pass in 0..passes {
        for cue in &cues {
            cue.write(&mut out, pass, start(pass), start(pass + 1));
        }
    }
    out
}

/// Returns a text with one kind of line ends, of the three that `WebVTT` §4.1 knows.
pub(crate) fn with_newlines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Returns what blank lines separate in a text with such line ends.
pub(crate) fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(|block| block.trim_matches('\n'))
}

/// A cue block. Text that merely looks like one (a comment with an arrow) is no cue: `WebVTT` §4.1
/// lets neither the header nor a comment hold `-->`.
pub(crate) struct Cue<'a> {
    pub(crate) identifier: Option<&'a str>,
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
    pub(crate) settings: &'a str,
    pub(crate) payload: &'a str,
}

impl<'a> Cue<'a> {
    pub(crate) fn parse(block: &'a str) -> Option<Self> {
        let (first, rest) = block.split_once('\n').unwrap_or((block, ""));
        if first.contains("-->") {
            return Self::timed(None, first, rest);
        }
        let (second, rest) = rest.split_once('\n').unwrap_or((rest, ""));
        if !second.contains("-->") {
            return None;
        }
        Self::timed(Some(first), second, rest)
    }

    fn timed(identifier: Option<&'a str>, timing: &'a str, payload: &'a str) -> Option<Self> {
        let (start, rest) = timing.split_once("-->")?;
        let rest = rest.trim();
        let (end, settings) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        let (start_ms, end_ms) = (timestamp(start.trim())?, timestamp(end)?);
        Some(Self { identifier, start_ms, end_ms, settings: settings.trim(), payload })
    }

    fn write(&self, out: &mut String, pass: u32, base_ms: u64, next_ms: u64) {
        let start = base_ms.saturating_add(self.start_ms);
        let end = base_ms.saturating_add(self.end_ms).min(next_ms);
        if end <= start {
            return;
        }
        if let Some(identifier) = self.identifier {
            out.push_str(identifier);
            // Identifiers are unique within a file.
            if pass != 0 {
                // Writing to a String cannot fail.
                write!(out, ".{pass}").unwrap_or_default();
            }
            out.push('\n');
        }
        out.push_str(&format_ms(start));
        out.push_str(" --> ");
        out.push_str(&format_ms(end));
        if !self.settings.is_empty() {
            out.push(' ');
            out.push_str(self.settings);
        }
        out.push('\n');
        if !self.payload.is_empty() {
            out.push_str(self.payload);
            out.push('\n');
        }
        out.push('\n');
    }
}

/// Reads `mm:ss.ttt` or `hh:mm:ss.ttt` in milliseconds.
fn timestamp(text: &str) -> Option<u64> {
    let (clock, thousandths) = text.split_once('.')?;
    let mut fields = clock.rsplit(':');
    let digits = |text: &str| {
        (!text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u64>().ok())
            .flatten()
    };
    let (seconds, minutes) = (digits(fields.next()?)?, digits(fields.next()?)?);
    let hours = fields.next().map_or(Some(0), digits)?;
    let valid = fields.next().is_none() && seconds < 60 && minutes < 60 && thousandths.len() == 3;
    let thousandths = digits(thousandths).filter(|_| valid)?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1_000 + thousandths)
}

/// Writes milliseconds as `hh:mm:ss.ttt`.
pub(crate) fn format_ms(ms: u64) -> String {
    let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{:03}", ms / 1_000 % 60, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    const PERIOD: MediaTime = MediaTime { ticks: 24_000, timescale: 1_000 };

    fn check(text: &str, passes: u32, expected: &Expect) {
        expected.assert_eq(&looped(text, passes, PERIOD));
    }

    #[test]
    fn cues_come_again_in_each_pass_and_end_where_the_next_begins() {
        let text = "WEBVTT - film\n\nNOTE by hand\n\nSTYLE\n::cue { color: red }\n\nfirst\n00:01.000 --> 00:02.500 line:0\nHello\nthere\n\n00:00:22.000 --> 00:00:30.000\r\nBye\n\n00:25.000 --> 00:26.000\nNever\n";
        assert_eq!(looped(text, 1, PERIOD), text);
        check(
            text,
            2,
            &expect![[r#"
            WEBVTT - film

            NOTE by hand

            STYLE
            ::cue { color: red }

            first
            00:00:01.000 --> 00:00:02.500 line:0
            Hello
            there

            00:00:22.000 --> 00:00:24.000
            Bye

            first.1
            00:00:25.000 --> 00:00:26.500 line:0
            Hello
            there

            00:00:46.000 --> 00:00:48.000
            Bye

        "#]],
        );
    }

    #[test]
    fn what_is_not_a_cue_stays_as_it_is() {
        for (text, expected) in [
            ("00:01.000", Some(1_000)),
            ("1000:00:00.001", Some(3_600_000_001)),
            ("00:60.000", None),
            ("60:00.000", None),
            ("1.000", None),
            ("00:00:00:01.000", None),
            ("00:01", None),
            ("00:01.0000", None),
            ("00:-1.000", None),
        ] {
            assert_eq!(timestamp(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_loops_without_a_panic_and_timestamps_survive(
            text in "(WEBVTT|NOTE|a|-->|\n|\n\n|\r| |00:00:01\\.000|:|[0-9]){0,40}", passes in 0..4_u32,
            ms in 0..360_000_000_u64,
        ) {
            let out = looped(&text, passes, PERIOD);
            prop_assert!(1 < passes || out == text);
            prop_assert_eq!(timestamp(&format_ms(ms)), Some(ms));
        }
    }
}
