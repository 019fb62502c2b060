//! CMCD of any version as what it is on the wire: keys and values.
//!
//! Version 2 (CTA-5004-A) has some sixty keys and lets everybody add their own; whoever only keeps
//! what players tell need not know them.

use super::encode::GROUPS;
use crate::list::{split, trim, unquote};
use http::HeaderMap;
use percent_encoding::percent_decode;
use std::collections::BTreeMap;

/// Keys kept of one report: all there are, and a few of a player's own.
const KEYS_MAX: usize = 96;
/// Letters of a key.
const KEY_MAX: usize = 64;
/// Letters kept of a text.
const TEXT_MAX: usize = 512;
/// Members kept of a list.
const MEMBERS_MAX: usize = 32;
/// Reports kept of one body.
pub const REPORTS_MAX: usize = 256;

/// The value of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// True, or false where it says so.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A token or a text.
    Text(String),
    /// Several values; each with the object type that it is for, where it has one.
    List(Vec<(Self, Option<String>)>),
}

/// What a player tells at one time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report(BTreeMap<String, Item>);

impl Report {
    /// Reads the four header fields; `None` where they have no key.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut report = Self::default();
        for (_, name) in &GROUPS {
            for line in headers.get_all(name) {
                report.take(line.as_bytes());
            }
        }
        report.some()
    }

    /// Reads the argument `CMCD` of a URL's query (without its `?`); `None` where it has no key.
    #[must_use]
    pub fn from_query(query: &str) -> Option<Self> {
        let mut arguments = query.split('&').filter_map(|argument| argument.split_once('='));
        let (_, value) = arguments.find(|(name, _)| *name == "CMCD")?;
        let mut report = Self::default();
        report.take(&percent_decode(value.as_bytes()).collect::<Vec<u8>>());
        report.some()
    }

    /// Reads the body of an event's `POST`: a report a line.
    #[must_use]
    pub fn from_lines(body: &[u8]) -> Vec<Self> {
        let lines = body.split(|&byte| byte == b'\n').map(|line| trim(line.trim_ascii()));
        let read = |line: &[u8]| {
            let mut report = Self::default();
            report.take(line);
            report.some()
        };
        lines.filter_map(read).take(REPORTS_MAX).collect()
    }

    /// Sets a key that can be one, while there is room; texts are cut.
    pub fn set(&mut self, key: &str, item: Item) {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte);
        let is_key = (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(allowed);
        if is_key && (self.0.len() < KEYS_MAX || self.0.contains_key(key)) {
            self.0.insert(key.to_owned(), bounded(item));
        }
    }

    /// Returns all keys with their values, sorted.
    pub fn items(&self) -> impl Iterator<Item = (&str, &Item)> {
        self.0.iter().map(|(key, item)| (key.as_str(), item))
    }

    /// Returns the text of a key.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key)? {
            Item::Text(text) => Some(text),
            Item::Flag(_) | Item::Number(_) | Item::List(_) => None,
        }
    }

    /// Returns the number of a key. Of several that is the one for `object`, else the first.
    #[must_use]
    pub fn number(&self, key: &str, object: &str) -> Option<f64> {
        let number = |item: &Item| match item {
            Item::Number(number) => Some(*number),
            Item::Flag(_) | Item::Text(_) | Item::List(_) => None,
        };
        match self.0.get(key)? {
            Item::List(members) => {
                let of = members.iter().find(|(_, of)| of.as_deref() == Some(object));
                of.or(members.first()).and_then(|(item, _)| number(item))
            }
            item @ (Item::Flag(_) | Item::Number(_) | Item::Text(_)) => number(item),
        }
    }

    /// Says whether a key is there and true; of several, whether any is.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        match self.0.get(key) {
            Some(Item::Flag(flag)) => *flag,
            Some(Item::List(members)) => {
                members.iter().any(|(item, _)| !matches!(item, Item::Flag(false)))
            }
            Some(Item::Number(_) | Item::Text(_)) | None => false,
        }
    }

    fn some(self) -> Option<Self> {
        (!self.0.is_empty()).then_some(self)
    }

    fn take(&mut self, list: &[u8]) {
        for member in split(list) {
            let equals = member.iter().position(|&byte| byte == b'=');
            let (key, value) =
                equals.map_or((member, None), |at| (&member[..at], Some(trim(&member[at + 1..]))));
            let item = value.map_or(Some(Item::Flag(true)), item);
            if let (Ok(key), Some(item)) = (std::str::from_utf8(trim(key)), item) {
                self.set(key, item);
            }
        }
    }
}

/// Reads a value; `None` where its quotes do not close.
fn item(value: &[u8]) -> Option<Item> {
    if let Some(inner) = value.strip_prefix(b"(") {
        let inner = inner.strip_suffix(b")")?;
        return members(inner).into_iter().map(member).collect::<Option<_>>().map(Item::List);
    }
    bare(value)
}

/// Splits an inner list at its spaces, but those in texts.
fn members(inner: &[u8]) -> Vec<&[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let is_space = |&byte: &u8| {
        let is_space = byte == b' ' && !quoted;
        quoted ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && quoted && !escaped;
        is_space
    };
    inner.split(is_space).filter(|member| !member.is_empty()).take(MEMBERS_MAX).collect()
}

/// Reads a member such as `3000;v`.
fn member(text: &[u8]) -> Option<(Item, Option<String>)> {
    // A text may have a semicolon, but what comes behind the last quote is no text.
    let from = text.iter().rposition(|&byte| byte == b'"').unwrap_or(0);
    let semicolon = text.iter().skip(from).position(|&byte| byte == b';').map(|at| from + at);
    let Some(at) = semicolon else { return Some((bare(text)?, None)) };
    let of = String::from_utf8_lossy(&text[at + 1..]).chars().take(KEY_MAX).collect();
    let item = if at == 0 { Item::Flag(true) } else { bare(&text[..at])? };
    Some((item, Some(of)))
}

fn bare(value: &[u8]) -> Option<Item> {
    if value.first() == Some(&b'"') {
        let text = String::from_utf8_lossy(&unquote(value)?).into_owned();
        return Some(Item::Text(text));
    }
    let text = String::from_utf8_lossy(value);
    Some(match text.as_ref() {
        "true" | "?1" => Item::Flag(true),
        "false" | "?0" => Item::Flag(false),
        text => match text.parse::<f64>() {
            Ok(number) if number.is_finite() && looks_like_number(text) => Item::Number(number),
            Ok(_) | Err(_) => Item::Text(text.to_owned()),
        },
    })
}

/// RFC 9651 §3.3: neither `inf` nor `1e9` is a number.
fn looks_like_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
}

fn bounded(item: Item) -> Item {
    match item {
        Item::Text(text) if TEXT_MAX < text.len() => {
            Item::Text(text.chars().take(TEXT_MAX).collect())
        }
        Item::List(members) => {
            let members = members.into_iter().take(MEMBERS_MAX);
            // A list in a list is nobody's: it is dropped rather than followed down.
            let flat = members.filter(|(item, _)| !matches!(item, Item::List(_)));
            Item::List(flat.map(|(item, of)| (bounded(item), of)).collect())
        }
        item @ (Item::Flag(_) | Item::Number(_) | Item::Text(_)) => item,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(line: &str, expected: &[(&str, Item)]) {
        let mut reports = Report::from_lines(line.as_bytes());
        let report = reports.pop().unwrap_or_default();
        let items: Vec<_> = report.items().map(|(key, item)| (key, item.clone())).collect();
        assert_eq!(items, expected, "{line}");
    }

    fn text(text: &str) -> Item {
        Item::Text(text.to_owned())
    }

    #[test]
    fn a_report_of_either_version_is_keys_and_values() {
        check("", &[]);
        check(
            r#"br=3200,bs,ot=v,sid="a,b",pr=1.25,su=false"#,
            &[
                ("br", Item::Number(3_200.0)),
                ("bs", Item::Flag(true)),
                ("ot", text("v")),
                ("pr", Item::Number(1.25)),
                ("sid", text("a,b")),
                ("su", Item::Flag(false)),
            ],
        );
        let of = |number, object: &str| (Item::Number(number), Some(object.to_owned()));
        check(
            r#"bl=(2100;v 900;a),e=t,nor=("a b;c" "d"),v=2,x y=1,com.example-k=inf,q="open"#,
            &[
                ("bl", Item::List(vec![of(2_100.0, "v"), of(900.0, "a")])),
                ("com.example-k", text("inf")),
                ("e", text("t")),
                ("nor", Item::List(vec![(text("a b;c"), None), (text("d"), None)])),
                ("v", Item::Number(2.0)),
            ],
        );
    }

    #[test]
    fn a_number_may_be_told_for_each_object() {
        let report = Report::from_lines(b"bl=(2100;v 900;a),br=(300),bsd=5,sta=p\n\nbs=(;v)\r\n");
        assert_eq!(report.len(), 2);
        assert_eq!(report[0].number("bl", "a"), Some(900.0));
        assert_eq!(report[0].number("bl", "x"), Some(2_100.0));
        assert_eq!(report[0].number("br", "v"), Some(300.0));
        assert_eq!(report[0].number("bsd", "v"), Some(5.0));
        assert_eq!((report[0].number("sta", "v"), report[0].text("sta")), (None, Some("p")));
        assert!(report[1].flag("bs") && !report[0].flag("bs"));
    }

    #[test]
    fn fields_queries_and_bodies_are_bounded() {
        let mut headers = HeaderMap::new();
        headers.insert("cmcd-session", "sid=\"x\",v=2".parse().unwrap());
        headers.insert("cmcd-request", "bl=100".parse().unwrap());
        let from_headers = Report::from_headers(&headers);
        let from_query = Report::from_query("a=b&CMCD=bl%3D100%2Csid%3D%22x%22%2Cv%3D2");
        assert_eq!(from_headers, from_query);
        assert_eq!(from_headers.unwrap().items().count(), 3);
        assert_eq!(Report::from_lines("v=2\n".repeat(1_000).as_bytes()).len(), REPORTS_MAX);
        let keys: String = (0..1_000).map(|key| format!("k{key},")).collect();
        assert_eq!(Report::from_lines(keys.as_bytes())[0].items().count(), KEYS_MAX);
        let long = format!("cid=\"{}\"", "x".repeat(10_000));
        let report = &Report::from_lines(long.as_bytes())[0];
        assert_eq!(report.text("cid").unwrap().len(), TEXT_MAX);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let reports = Report::from_lines(&body);
            prop_assert!(reports.iter().all(|report| report.items().count() <= KEYS_MAX));
        }

        #[test]
        fn no_text_makes_the_reader_panic(line in "[ -~]{0,200}") {
            let _reports = Report::from_lines(line.as_bytes());
        }
    }
}
