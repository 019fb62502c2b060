//! URL templates (ISO/IEC 23009-1 §5.3.9.4.4).

use super::{Problem, error::clip, resources::MAX_URL_BYTES};

/// Widest number asked for by `%0…d`: twenty digits hold any 64-bit number, and a wider one would
/// only serve to fill memory.
const MAX_WIDTH: usize = 64;

/// A template with all filled in that is the same for each segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Number { width: usize },
    Time { width: usize },
}

impl Template {
    /// Compiles `template` for the Representation called `id` of `bandwidth` bits per second.
    pub(super) fn new(template: &str, id: &str, bandwidth: u64) -> Result<Self, Problem> {
        // What is filled in only makes it longer.
        if MAX_URL_BYTES < template.len().saturating_add(id.len()) {
            return Err(Problem::UrlTooLong { limit: MAX_URL_BYTES });
        }
        let bad = |message| Problem::BadTemplate { template: clip(template), message };
        let mut parts = Vec::new();
        let mut pieces = template.split('$');
        // Text and identifiers alternate, beginning and ending with (maybe empty) text.
        parts.push(Part::Text(pieces.next().unwrap_or_default().to_owned()));
        while let Some(identifier) = pieces.next() {
            let text = pieces.next().ok_or_else(|| bad("a $ has no partner"))?;
            parts.push(identified(identifier, id, bandwidth).map_err(bad)?);
            parts.push(Part::Text(text.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Tells whether different segments have different URLs.
    pub(super) fn varies(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Text(_) => false,
            Part::Number { .. } | Part::Time { .. } => true,
        })
    }

    /// Returns the URL of a segment.
    pub(super) fn fill(&self, number: u64, time: u64) -> String {
        let mut url = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => url.push_str(text),
                Part::Number { width } => url.push_str(&format!("{number:0width$}")),
                Part::Time { width } => url.push_str(&format!("{time:0width$}")),
            }
        }
        url
    }
}

fn identified(identifier: &str, id: &str, bandwidth: u64) -> Result<Part, &'static str> {
    let (name, format) = match identifier.split_once('%') {
        Some((name, format)) => (name, Some(format)),
        None => (identifier, None),
    };
    let width = format.map_or(Ok(1), width)?;
    match (name, format) {
        ("", None) => Ok(Part::Text("$".to_owned())),
        ("RepresentationID", None) => Ok(Part::Text(id.to_owned())),
        ("RepresentationID", Some(_)) => Err("$RepresentationID$ takes no format"),
        ("Bandwidth", _) => Ok(Part::Text(format!("{bandwidth:0width$}"))),
        ("Number", _) => Ok(Part::Number { width }),
        ("Time", _) => Ok(Part::Time { width }),
        ("SubNumber", _) => Err("$SubNumber$ is not supported"),
        _ => Err("an identifier is unknown"),
    }
}

/// Reads the rest of `%0[width]d`.
fn width(format: &str) -> Result<usize, &'static str> {
    let digits = format.strip_prefix('0').and_then(|rest| rest.strip_suffix('d'));
    let width = digits.and_then(|digits| digits.parse().ok());
    match width {
        Some(width) if width <= MAX_WIDTH => Ok(width),
        Some(_) | None => Err("a format is not %0[width]d of at most 64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expected: Option<&str>) {
        let filled = Template::new(template, "v1", 800).map(|template| template.fill(7, 90_000));
        assert_eq!(filled.ok().as_deref(), expected, "{template}");
    }

    #[test]
    fn identifiers_are_replaced_as_23009_1_5_3_9_4_4_says() {
        for (template, expected) in [
            ("$RepresentationID$/$Number$.m4s", Some("v1/7.m4s")),
            ("$RepresentationID$/$Number%05d$.m4s", Some("v1/00007.m4s")),
            ("t$Time$-$Bandwidth$", Some("t90000-800")),
            ("$Bandwidth%06d$/$Time%01d$", Some("000800/90000")),
            ("price$$/$Number$", Some("price$/7")),
            ("plain.mp4", Some("plain.mp4")),
            ("", Some("")),
            ("$Number", None),
            ("$number$", None),
            ("$Number%d$", None),
            ("$Number%5d$", None),
            ("$Number%0999999999999d$", None),
            ("$Number%05x$", None),
            ("$RepresentationID%03d$", None),
            ("$Number$_$SubNumber$", None),
        ] {
            check(template, expected);
        }
    }
}
