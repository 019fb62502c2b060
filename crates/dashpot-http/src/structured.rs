//! The bare items of structured fields (RFC 9651 §4.1) that are written here.

use std::fmt::Write as _;

/// Writes `text` as a token where it is one, else as a string.
pub(crate) fn push_name(out: &mut String, text: &str) {
    if is_token(text) { out.push_str(text) } else { push_string(out, text) }
}

/// Writes `text` as a string; characters that cannot stand in one are percent-encoded.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => push_percent(out, byte),
        }
    }
    out.push('"');
}

fn push_percent(out: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    write!(out, "%{byte:02X}").unwrap_or_default();
}

/// RFC 9651 §3.3.4: begins with a letter or `*`, goes on with tchar, `:` or `/`.
pub(crate) fn is_token(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'*');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte);
    first && text.bytes().all(allowed)
}
