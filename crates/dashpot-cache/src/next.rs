//! What a viewer will ask for next, as far as it says or shows.

use std::collections::BTreeMap;

/// Sequences that are followed at a time: each is a representation that somebody plays.
const SEQUENCES_MAX: usize = 1_024;
/// Places in a sequence that are followed: viewers of one film are in many.
const PLACES_MAX: usize = 8;

/// A resource, or some of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The path and query.
    pub path_and_query: String,
    /// The value of `Range`.
    pub range: Option<String>,
}

/// Returns what a request for `path_and_query` announces with the CMCD keys `nor` and `nrr`
/// (CTA-5004 §3.1); `None` where that is not on the same host, or not clearly a path.
#[must_use]
pub fn announced(
    path_and_query: &str,
    next_object: Option<&str>,
    next_range: Option<&str>,
) -> Option<Next> {
    // CTA-5004 §3.1: a range without an object is of the same one.
    let path_and_query = match next_object {
        Some(reference) => resolve(path_and_query, reference)?,
        None => next_range.map(|_| path_and_query.to_owned())?,
    };
    let range = match next_range {
        Some(range) => Some(format!("bytes={}", checked_range(range)?)),
        None => None,
    };
    Some(Next { path_and_query, range })
}

/// Resolves `reference` against the path of `base`; `None` where it leads off the host or above its
/// root, or where a URL parser could read it in another way.
fn resolve(base: &str, reference: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\\#\"<>^`{|}".contains(&byte);
    let (path, query) = match reference.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (reference, None),
    };
    let is_elsewhere = path.starts_with("//") || path.split('/').next()?.contains(':');
    if path.is_empty() || is_elsewhere || !reference.bytes().all(is_plain) {
        return None;
    }
    let folder = base.split('?').next()?.rsplit_once('/')?.0;
    let mut segments: Vec<&str> = match path.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').skip(1).collect(),
    };
    let mut parts = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(part) = parts.next() {
        // RFC 3986 §5.2.4, but that nothing is above the root.
        match part {
            ".." => {
                segments.pop()?;
            }
            "." => (),
            _ if part.to_ascii_lowercase().contains("%2e") => return None,
            _ => segments.push(part),
        }
        if parts.peek().is_none() && matches!(part, "." | "..") {
            segments.push("");
        }
    }
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("/{}{query}", segments.join("/")))
}

/// Returns `range` where it is one range of bytes: `10-20`, `10-` or `-20`.
fn checked_range(range: &str) -> Option<&str> {
    let (first, last) = range.split_once('-')?;
    let is_number = |text: &str| text.len() < 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(first) && is_number(last) && !(first.is_empty() && last.is_empty())).then_some(range)
}

/// Follows numbered segments, and says which comes next once two in a row were asked for.
#[derive(Debug, Default)]
pub struct Sequences {
    sequences: BTreeMap<String, Sequence>,
    asked: u64,
}

#[derive(Debug, Default)]
struct Sequence {
    /// The latest number of each place, the latest place last.
    places: Vec<u64>,
    asked: u64,
}

impl Sequences {
    /// Notes that `path_and_query` is asked for, and returns what follows it in its sequence where
    /// the one before has been asked for, too.
    pub fn follow(&mut self, path_and_query: &str) -> Option<String> {
        let (before, number, after) = numbered(path_and_query)?;
        let value: u64 = number.parse().ok()?;
        self.asked += 1;
        let asked = self.asked;
        // A newline is in no URL: no two sequences are one here.
        let name = format!("{before}\n{after}");
        if SEQUENCES_MAX <= self.sequences.len() && !self.sequences.contains_key(&name) {
            let oldest = self.sequences.iter().min_by_key(|(_, one)| one.asked);
            let oldest = oldest.map(|(name, _)| name.clone())?;
            self.sequences.remove(&oldest);
        }
        let sequence = self.sequences.entry(name).or_default();
        sequence.asked = asked;
        if sequence.places.contains(&value) {
            // Another viewer at a place that is known: what follows was said before.
            return None;
        }
        let place = sequence.places.iter().position(|at| at.checked_add(1) == Some(value));
        let place = place.map(|place| sequence.places.remove(place));
        if PLACES_MAX <= sequence.places.len() {
            sequence.places.remove(0);
        }
        sequence.places.push(value);
        place?;
        let width = number.len();
        Some(format!("{before}{:0width$}{after}", value.checked_add(1)?))
    }
}

/// Splits at the last number in the name of the file, before its extension.
fn numbered(path_and_query: &str) -> Option<(&str, &str, &str)> {
    /// A number of more digits is a time or a hash.
    const DIGITS_MAX: usize = 9;
    let path_len = path_and_query.find('?').unwrap_or(path_and_query.len());
    let name_at = path_and_query[..path_len].rfind('/')? + 1;
    let name = &path_and_query[name_at..path_len];
    let stem_len = name.rfind('.').unwrap_or(name.len());
    let stem = &name[..stem_len];
    let end = stem.rfind(|digit: char| digit.is_ascii_digit())? + 1;
    let digits = stem[..end].bytes().rev().take_while(u8::is_ascii_digit).count();
    let (from, to) = (name_at + end - digits, name_at + end);
    (digits <= DIGITS_MAX)
        .then(|| (&path_and_query[..from], &path_and_query[from..to], &path_and_query[to..]))
}

#[cfg(test)]
mod tests;
