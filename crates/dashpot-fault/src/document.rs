//! Rules as JSON: what an operator sends, and what `--faults` names.

use crate::{Rule, RuleError};
use dashpot_base::Seed;
use serde::Serialize;
use serde_json::{Map, Value};

/// Rules that there may be at once: each request is held against all of them.
pub const RULES_MAX: usize = 64;
/// Letters of an id.
const ID_MAX: usize = 64;

/// Why a document is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It is not JSON.
    #[error("this is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Something in it is not what it should be.
    #[error("{place}: {what}")]
    Shape {
        /// Where, such as `rules[3].every`.
        place: String,
        /// What is wrong.
        what: String,
    },
    /// A rule is none.
    #[error("{place}: {source}")]
    Rule {
        /// Which one.
        place: String,
        /// Why.
        source: RuleError,
    },
}

fn wrong(place: impl Into<String>, what: impl Into<String>) -> DocumentError {
    DocumentError::Shape { place: place.into(), what: what.into() }
}

/// A seed and rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Document {
    /// The seed of all draws.
    #[serde(serialize_with = "seed")]
    pub seed: Seed,
    /// The rules, in the order in which they are looked at.
    pub rules: Vec<Rule>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn seed<S: serde::Serializer>(seed: &Seed, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(seed.0)
}

impl Document {
    /// Reads `{"seed": 7, "rules": [{"id": "a", "status": 503, "on": ["segment"], "every": 3}]}`.
    ///
    /// # Errors
    /// Says where it is wrong, and what should be there.
    pub fn parse(json: &[u8]) -> Result<Self, DocumentError> {
        let Value::Object(mut members) = serde_json::from_slice(json)? else {
            return Err(wrong("document", "should be an object with `seed` and `rules`"));
        };
        let seed = match members.remove("seed") {
            None => 0,
            Some(value) => {
                value.as_u64().ok_or_else(|| wrong("seed", "should be a whole number"))?
            }
        };
        let rules = match members.remove("rules") {
            Some(Value::Array(rules)) => rules,
            None => Vec::new(),
            Some(_) => return Err(wrong("rules", "should be a list")),
        };
        if let Some(name) = members.keys().next() {
            return Err(wrong(shown(name), "is unknown: there are `seed` and `rules`"));
        }
        if RULES_MAX < rules.len() {
            return Err(wrong("rules", format!("has more than {RULES_MAX} rules")));
        }
        let mut document = Self { seed: Seed(seed), rules: Vec::with_capacity(rules.len()) };
        for (at, value) in rules.into_iter().enumerate() {
            let (place, usual) = (format!("rules[{at}]"), format!("rule-{at}"));
            let rule = rule(&place, &usual, value)?;
            if document.rules.iter().any(|held| held.id == rule.id) {
                return Err(wrong(format!("{place}.id"), format!("`{}` is there twice", rule.id)));
            }
            document.rules.push(rule);
        }
        Ok(document)
    }
}

/// Reads one rule of JSON that is to be called `id`.
///
/// # Errors
/// Says where it is wrong, and what should be there.
pub fn rule_of_json(id: &str, json: &[u8]) -> Result<Rule, DocumentError> {
    let read = rule("rule", id, serde_json::from_slice(json)?)?;
    if read.id != id {
        return Err(wrong("rule.id", "is not the one in the URL"));
    }
    Ok(read)
}

fn rule(place: &str, usual: &str, value: Value) -> Result<Rule, DocumentError> {
    let Value::Object(mut members) = value else {
        return Err(wrong(place, "should be an object"));
    };
    let id = match members.remove("id") {
        None => usual.to_owned(),
        Some(Value::String(id)) => id,
        Some(_) => return Err(wrong(format!("{place}.id"), "should be a text")),
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !(1..=ID_MAX).contains(&id.len()) || !id.bytes().all(allowed) {
        let what = "should have 1 to 64 letters, digits, `-`, `_` and `.`";
        return Err(wrong(format!("{place}.id"), what));
    }
    let words = words(place, &members)?;
    let words = words.iter().map(|(name, value)| (*name, value.as_deref()));
    Rule::of_words(id, words).map_err(|source| {
        let place = match &source {
            RuleError::Value { name, .. } | RuleError::Misplaced { name, .. } => {
                format!("{place}.{name}")
            }
            RuleError::Impossible { .. } => format!("{place}.on"),
            RuleError::Unknown { .. }
            | RuleError::Twice { .. }
            | RuleError::NoFault { .. }
            | RuleError::TwoFaults { .. }
            | RuleError::Long => place.to_owned(),
        };
        DocumentError::Rule { place, source }
    })
}

/// Returns the members of a rule as words; `true` is a word without a value.
fn words<'a>(
    place: &str,
    members: &'a Map<String, Value>,
) -> Result<Vec<(&'a str, Option<String>)>, DocumentError> {
    let mut words = Vec::with_capacity(members.len());
    for (name, value) in members {
        let refused = || {
            let what = "should be a text, a number, `true`, or a list of texts and numbers";
            wrong(format!("{place}.{}", shown(name)), what)
        };
        let value = match value {
            Value::Bool(true) => None,
            Value::Array(members) => {
                let members: Option<Vec<String>> = members.iter().map(scalar).collect();
                Some(members.ok_or_else(refused)?.join("+"))
            }
            Value::Null
            | Value::Bool(false)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => Some(scalar(value).ok_or_else(refused)?),
        };
        words.push((name.as_str(), value));
    }
    Ok(words)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns a name of the document for a message.
fn shown(name: &str) -> String {
    name.chars().take(40).filter(|letter| !letter.is_control()).collect()
}

#[cfg(test)]
mod tests;
