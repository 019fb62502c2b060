//! URLs in an MPD, changed in place: everything else stays as it was, byte by byte.

use quick_xml::{Reader, events::Event};

use crate::ParseError;

/// Elements whose content is a URL (ISO/IEC 23009-1 §5.6.2, §5.15.2, §5.3.9.6).
const URL_ELEMENTS: [&str; 4] = ["BaseURL", "Location", "PatchLocation", "ContentSteering"];

/// Returns `text`, an MPD, with each absolute URL that begins with one of `prefixes` cut down to
/// what follows it, or `None` where there is none.
///
/// A prefix ends before a `/` (`http://origin:8080`, `http://origin/films`), so that what is left
/// is a path. URLs are looked for where MPDs have them: in the content of `BaseURL`, `Location`,
/// `PatchLocation` and `ContentSteering`, and in attributes.
///
/// # Errors
/// Where `text` is not well-formed XML.
pub fn strip_url_prefixes(text: &str, prefixes: &[String]) -> Result<Option<String>, ParseError> {
    let mut reader = Reader::from_str(text);
    let mut output = String::new();
    // Everything before it is in the output.
    let mut done = 0;
    let mut is_url = false;
    loop {
        let begin = position(&reader);
        let event = reader.read_event().map_err(|error| ParseError::NotXml {
            path: "MPD".to_owned(),
            offset: reader.error_position(),
            message: error.to_string(),
        })?;
        let end = position(&reader);
        let raw = text.get(begin..end).unwrap_or_default();
        let places = match event {
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                is_url = URL_ELEMENTS.contains(&tag.local_name().as_ref());
                attribute_values(raw)
            }
            Event::Text(_) if is_url => vec![raw.len() - raw.trim_start().len()],
            Event::Eof => break,
            Event::End(_)
            | Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => Vec::new(),
        };
        for place in places {
            let at = begin + place;
            let rest = text.get(at..end).unwrap_or_default();
            let is_cut = |prefix: &&String| {
                rest.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with('/'))
            };
            // The longest one, so that an upstream below another one's path is told apart.
            if let Some(prefix) = prefixes.iter().filter(is_cut).max_by_key(|prefix| prefix.len()) {
                output.push_str(text.get(done..at).unwrap_or_default());
                done = at + prefix.len();
            }
        }
    }
    if done == 0 {
        return Ok(None);
    }
    output.push_str(text.get(done..).unwrap_or_default());
    Ok(Some(output))
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// Returns where in a tag attribute values begin.
fn attribute_values(tag: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => {
                places.push(at + 1);
                quote = Some(byte);
            }
            (Some(open), byte) if open == byte => quote = None,
            (None | Some(_), _) => {}
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PREFIXES: [&str; 2] = ["http://origin:8080", "https://store.example/films"];

    fn strip(text: &str) -> Result<Option<String>, ParseError> {
        strip_url_prefixes(text, &PREFIXES.map(str::to_owned))
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(strip(text).unwrap().as_deref().unwrap_or(text), expected, "{text}");
    }

    #[test]
    fn urls_of_upstreams_become_paths_and_nothing_else_changes() {
        for (text, expected) in [
            ("<BaseURL>http://origin:8080/a/</BaseURL>", "<BaseURL>/a/</BaseURL>"),
            (
                "<m:BaseURL a='b'>\n https://store.example/films/x/</m:BaseURL>",
                "<m:BaseURL a='b'>\n /x/</m:BaseURL>",
            ),
            // Outside the prefix, or of another host or port: not to be had through the edge.
            ("<BaseURL>https://store.example/a/</BaseURL>", ""),
            ("<BaseURL>http://origin:80801/a/</BaseURL>", ""),
            ("<BaseURL>http://origin:8080</BaseURL>", ""),
            ("<BaseURL>rel/</BaseURL>", ""),
            (
                "<MPD><Location>http://origin:8080/m.mpd?a&amp;b</Location></MPD>",
                "<MPD><Location>/m.mpd?a&amp;b</Location></MPD>",
            ),
            (
                "<SegmentTemplate media=\"http://origin:8080/$Number$\" initialization='http://origin:8080/i'/>",
                "<SegmentTemplate media=\"/$Number$\" initialization='/i'/>",
            ),
            (
                "<Period xlink:href=\"http://origin:8080/p\">\u{e9}</Period>",
                "<Period xlink:href=\"/p\">\u{e9}</Period>",
            ),
            ("<Title>http://origin:8080/a</Title>", ""),
            ("<!-- <BaseURL>http://origin:8080/a</BaseURL> -->", ""),
        ] {
            check(text, if expected.is_empty() { text } else { expected });
        }
        assert!(strip("<a><b></a>").is_err());
    }

    proptest! {
        /// Law: hostile text never panics, and without a prefix in it nothing changes.
        #[test]
        fn text_without_the_prefix_is_unchanged(text in "[<>a-z/'\"=&; !\\[\\]-]{0,60}") {
            prop_assert!(!matches!(strip(&text), Ok(Some(_))));
        }
    }
}
