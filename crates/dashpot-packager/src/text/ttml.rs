//! Segments of TTML in the text profile of IMSC1 (W3C TTML Profiles for Internet Media Subtitles and
//! Captions 1.0.1): one sample, which is a document about all that is shown during the segment, on
//! the clock of the track (ISO/IEC 14496-30 §5).

use super::{Slot, shown::Shown, wvtt::written};
use crate::subtitles::format_ms;
use bytes::Bytes;
use dashpot_bmff::BmffError;
use std::fmt::Write as _;

const HEAD: &str = concat!(
    " ttp:timeBase=\"media\" ttp:profile=\"http://www.w3.org/ns/ttml/profile/imsc1/text\"",
    " ttp:cellResolution=\"50 30\">\n<head>\n<layout>\n",
    "<region xml:id=\"bottom\" tts:origin=\"10% 10%\" tts:extent=\"80% 80%\"",
    " tts:displayAlign=\"after\" tts:textAlign=\"center\"/>\n",
    "<region xml:id=\"top\" tts:origin=\"10% 10%\" tts:extent=\"80% 80%\"",
    " tts:displayAlign=\"before\" tts:textAlign=\"center\"/>\n",
    "</layout>\n</head>\n<body>\n<div>\n",
);

pub(super) fn segment(slot: &Slot, lang: &str, shown: &[Shown<'_>]) -> Result<Bytes, BmffError> {
    let text = document(slot, lang, shown);
    written(slot, &[(slot.end.saturating_sub(slot.start), Bytes::from(text))])
}

/// Returns the document of a segment.
pub(super) fn document(slot: &Slot, lang: &str, shown: &[Shown<'_>]) -> String {
    let mut out = String::from(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tt xmlns=\"http://www.w3.org/ns/ttml\"",
        " xmlns:ttp=\"http://www.w3.org/ns/ttml#parameter\"",
        " xmlns:tts=\"http://www.w3.org/ns/ttml#styling\" xml:lang=\"",
    ));
    escaped(&mut out, lang);
    out.push('"');
    out.push_str(HEAD);
    for cue in shown {
        let (begin, end) = (format_ms(slot.ms(cue.start)), format_ms(slot.ms(cue.end)));
        let region = if is_above(cue.settings) { "top" } else { "bottom" };
        // Writing to a String cannot fail.
        write!(out, "<p region=\"{region}\" begin=\"{begin}\" end=\"{end}\"").unwrap_or_default();
        if let Some(align) = align(cue.settings) {
            write!(out, " tts:textAlign=\"{align}\"").unwrap_or_default();
        }
        out.push('>');
        content(&mut out, &cue.payload);
        out.push_str("</p>\n");
    }
    out.push_str("</div>\n</body>\n</tt>\n");
    out
}

fn setting<'a>(settings: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = settings.split_ascii_whitespace().filter_map(|one| one.split_once(':'));
    fields.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Says whether a cue stands in the upper half: `line` counts lines from the top, or from the bottom
/// where it is negative, or says a share of the height (`WebVTT` §4.4).
fn is_above(settings: &str) -> bool {
    let Some(line) = setting(settings, "line").and_then(|line| line.split(',').next()) else {
        return false;
    };
    match line.strip_suffix('%') {
        Some(share) => share.parse().is_ok_and(|share: f64| share < 50.0),
        // Fifteen lines are what a picture has room for.
        None => line.parse().is_ok_and(|line: i32| (0..8).contains(&line)),
    }
}

fn align(settings: &str) -> Option<&str> {
    let align = setting(settings, "align")?;
    ["start", "end", "left", "right"].into_iter().find(|known| *known == align)
}

/// Writes the text of a cue: lines become breaks, and of its tags those for bold, italic and
/// underlined text become styles (`WebVTT` §4.2.2).
fn content(out: &mut String, payload: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = payload;
    while let Some(at) = rest.find(['<', '\n']) {
        text(out, &rest[..at]);
        if rest[at..].starts_with('\n') {
            out.push_str("<br/>");
            rest = &rest[at + 1..];
            continue;
        }
        let Some(len) = rest[at..].find('>') else {
            // A tag without an end is none: what follows it is its name.
            rest = "";
            break;
        };
        tag(out, &mut open, &rest[at + 1..at + len]);
        rest = &rest[at + len + 1..];
    }
    text(out, rest);
    open.iter().for_each(|_| out.push_str("</span>"));
}

/// Nested styles, beyond which they are left out.
const NESTED_MAX: usize = 8;

fn tag<'a>(out: &mut String, open: &mut Vec<&'a str>, tag: &'a str) {
    if let Some(name) = tag.strip_prefix('/') {
        if open.last() == Some(&name) {
            open.pop();
            out.push_str("</span>");
        }
        return;
    }
    let name = tag.split(['.', ' ', '\t', '\n']).next().unwrap_or_default();
    let style = match name {
        "b" => "tts:fontWeight=\"bold\"",
        "i" => "tts:fontStyle=\"italic\"",
        "u" => "tts:textDecoration=\"underline\"",
        _ => return,
    };
    if open.len() < NESTED_MAX {
        open.push(name);
        write!(out, "<span {style}>").unwrap_or_default();
    }
}

/// Writes text whose references to characters are those of `WebVTT`.
fn text(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        escaped(out, &rest[..at]);
        let known = REFERENCES.iter().find(|(name, _)| rest[at..].starts_with(name));
        let (len, meant) = known.map_or((1, "&"), |(name, meant)| (name.len(), *meant));
        escaped(out, meant);
        rest = &rest[at + len..];
    }
    escaped(out, rest);
}

const REFERENCES: [(&str, &str); 6] = [
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&nbsp;", "\u{A0}"),
    ("&lrm;", "\u{200E}"),
    ("&rlm;", "\u{200F}"),
];

/// Writes text for XML 1.0 §2.4; what §2.2 lets no document hold is left out.
fn escaped(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(letter),
            '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {}
            _ => out.push(letter),
        }
    }
}
