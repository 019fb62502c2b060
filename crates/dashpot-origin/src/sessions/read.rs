//! The body of an event's `POST`: lines (CTA-5004-A), or JSON (CTA-5004 §3.3).

use dashpot_http::cmcd::{Item, REPORTS_MAX, Report};
use serde_json::Value;

/// Bytes of one body.
pub(super) const BODY_BYTES_MAX: usize = 256 << 10;

/// Returns the reports of a body; none where it is not one.
pub(super) fn of_body(body: &[u8]) -> Vec<Report> {
    if !matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Report::from_lines(body);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Array(reports)) => reports.iter().filter_map(report).take(REPORTS_MAX).collect(),
        Ok(value) => report(&value).into_iter().collect(),
        Err(_) => Vec::new(),
    }
}

fn report(value: &Value) -> Option<Report> {
    let members = value.as_object()?;
    let mut report = Report::default();
    for (key, value) in members {
        if let Some(item) = item(value) {
            report.set(key, item);
        }
    }
    let has_keys = report.items().next().is_some();
    has_keys.then_some(report)
}

fn item(value: &Value) -> Option<Item> {
    Some(match value {
        Value::Bool(flag) => Item::Flag(*flag),
        Value::Number(number) => Item::Number(number.as_f64()?),
        Value::String(text) => Item::Text(text.clone()),
        Value::Array(members) => {
            Item::List(members.iter().filter_map(|member| Some((item(member)?, None))).collect())
        }
        Value::Object(members) => Item::List(
            members
                .iter()
                .filter_map(|(of, value)| Some((item(value)?, Some(of.clone()))))
                .collect(),
        ),
        Value::Null => return None,
    })
}
