//! What of a request belongs to its cache key, and so to what is asked upstream.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeMap};

/// What becomes of the query of a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QueryRule {
    /// It stays as it is: two orders of its parameters are two keys.
    #[default]
    Keep,
    /// It goes, but for the parameters that are to be kept.
    Drop,
    /// Its parameters are put in the order of their names; those of one name stay as they are.
    Sort,
}

/// Which parameters of a URL tell one resource from another.
///
/// What does not belong to the key must not change the response, so what [`KeyRules::apply`]
/// returns is both the end of the key and what is asked upstream: requests with equal keys are
/// forwarded alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRules {
    /// What becomes of the query.
    pub query: QueryRule,
    /// Parameters that go, whatever else is said.
    pub drop: Vec<NamePattern>,
    /// Parameters that stay; all that are not dropped where this is empty.
    pub keep: Vec<NamePattern>,
}

impl Default for KeyRules {
    /// CTA-5004 puts a session's measurements into the parameter `CMCD` where headers cannot be
    /// had. They differ from request to request and change no response, so they go; with them, no
    /// request would ever be a hit.
    fn default() -> Self {
        Self { query: QueryRule::Keep, drop: vec![NamePattern::new("CMCD")], keep: Vec::new() }
    }
}

impl KeyRules {
    /// Returns `path_and_query` with what belongs to the key; borrowed where that is all of it.
    #[must_use]
    pub fn apply<'a>(&self, path_and_query: &'a str) -> Cow<'a, str> {
        let Some((path, query)) = path_and_query.split_once('?') else {
            return Cow::Borrowed(path_and_query);
        };
        let is_sorted = self.query != QueryRule::Sort
            || query.split('&').is_sorted_by(|a, b| by_name(a, b) != Ordering::Greater);
        if is_sorted && query.split('&').all(|parameter| self.keeps(parameter)) {
            return Cow::Borrowed(path_and_query);
        }
        let mut kept: Vec<&str> = query.split('&').filter(|one| self.keeps(one)).collect();
        if self.query == QueryRule::Sort {
            kept.sort_by(|a, b| by_name(a, b));
        }
        if kept.is_empty() {
            return Cow::Borrowed(path);
        }
        Cow::Owned(format!("{path}?{}", kept.join("&")))
    }

    fn keeps(&self, parameter: &str) -> bool {
        let is_named = |patterns: &[NamePattern]| patterns.iter().any(|one| one.matches(parameter));
        let is_wanted = match (self.query, self.keep.is_empty()) {
            (QueryRule::Drop, true) => false,
            (QueryRule::Keep | QueryRule::Sort, true) => true,
            (QueryRule::Keep | QueryRule::Drop | QueryRule::Sort, false) => is_named(&self.keep),
        };
        is_wanted && !is_named(&self.drop)
    }
}

/// The name of a parameter, or with a `*` at its end the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
    is_prefix: bool,
}

impl NamePattern {
    /// Returns the pattern that `text` is.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let prefix = text.strip_suffix('*');
        Self { text: prefix.unwrap_or(text).to_owned(), is_prefix: prefix.is_some() }
    }

    /// Returns whether `parameter`, a name with or without a value, is meant.
    fn matches(&self, parameter: &str) -> bool {
        let mut name = name_of(parameter);
        self.text.bytes().all(|byte| name.next() == Some(byte))
            && (self.is_prefix || name.next().is_none())
    }
}

fn by_name(a: &str, b: &str) -> Ordering {
    name_of(a).cmp(name_of(b))
}

/// Returns the bytes of a parameter's name, decoded, so that no spelling escapes a rule.
fn name_of(parameter: &str) -> impl Iterator<Item = u8> {
    let mut rest = parameter.split('=').next().unwrap_or_default().as_bytes();
    std::iter::from_fn(move || {
        let (&first, after) = rest.split_first()?;
        let digit = |at: usize| {
            let byte = after.get(at).copied().map(char::from)?;
            byte.to_digit(16).and_then(|digit| u8::try_from(digit).ok())
        };
        if let (b'%', Some(high), Some(low)) = (first, digit(0), digit(1)) {
            rest = after.get(2..).unwrap_or_default();
            return Some(high << 4 | low);
        }
        rest = after;
        Some(first)
    })
}

/// Which names of hosts are one, where the host belongs to the key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostRules {
    aliases: BTreeMap<String, String>,
}

impl HostRules {
    /// Returns rules without aliases.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes `alias`, a host with or without a port, another name of `host`; `None` where one of
    /// them is not a host.
    #[must_use]
    pub fn with_alias(mut self, alias: &str, host: &str) -> Option<Self> {
        self.aliases.insert(normal(alias)?, normal(host)?);
        Some(self)
    }

    /// Returns the one spelling of `host`, a `Host` field's value; `None` where it is not a host.
    ///
    /// An alias of an alias is not followed.
    #[must_use]
    pub fn canonical(&self, host: &str) -> Option<String> {
        let host = normal(host)?;
        let name = split(&host).map_or("", |(name, _)| name);
        Some(self.aliases.get(&host).or_else(|| self.aliases.get(name)).cloned().unwrap_or(host))
    }
}

/// RFC 3986 §6.2.2.1: hosts are case-insensitive; an empty port is none, and the dot that ends an
/// absolute name says nothing.
fn normal(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let (name, port) = split(&host)?;
    let name = name.strip_suffix('.').unwrap_or(name);
    // RFC 9110 §7.2: a host and a port, without userinfo. What is a path or a query to a URL
    // parser would be another resource upstream than in the key.
    let is_in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_host = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !name.is_empty() && !name.ends_with('.') && name.bytes().all(is_in_name),
    };
    let is_port = port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    (is_host && is_port).then(|| match port {
        Some(port) if !port.is_empty() => format!("{name}:{port}"),
        Some(_) | None => name.to_owned(),
    })
}

/// Returns the name or address, and the port where there is a colon for one.
fn split(host: &str) -> Option<(&str, Option<&str>)> {
    let from = if host.starts_with('[') { host.find(']')? } else { 0 };
    match host[from..].find(':').map(|at| host.split_at(from + at)) {
        Some((name, port)) => Some((name, port.strip_prefix(':'))),
        None => Some((host, None)),
    }
}

#[cfg(test)]
mod tests;
