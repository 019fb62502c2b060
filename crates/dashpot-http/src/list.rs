//! Comma-separated lists (RFC 9110 §5.6.1), over one field line or many.

use http::{HeaderMap, HeaderName};

/// Returns the members of the list field `name`, over all its lines, in order.
///
/// Commas inside quoted strings do not separate; white space around members is removed and empty
/// members are dropped, as RFC 9110 §5.6.1.2 asks of recipients.
pub fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).iter().flat_map(|line| split(line.as_bytes()))
}

/// Returns the one line of the field `name`; `None` where it is absent or given more than once.
pub(crate) fn only_line<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut lines = headers.get_all(name).iter();
    let line = lines.next()?;
    if lines.next().is_some() { None } else { Some(trim(line.as_bytes())) }
}

/// Returns the members of one line.
pub(crate) fn split(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = line;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = member_end(rest);
            let member = trim(&rest[..end]);
            rest = rest.get(end + 1..).unwrap_or_default();
            if !member.is_empty() {
                return Some(member);
            }
        }
        None
    })
}

/// Returns where the first comma outside a quoted string stands, or the length.
fn member_end(rest: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, &byte) in rest.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return at,
            _ => (),
        }
    }
    rest.len()
}

/// Removes optional white space (RFC 9110 §5.6.3: spaces and tabs only).
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// Returns what a token or a quoted string stands for (RFC 9110 §5.6.4), or `None` where the
/// quotes do not close at its end.
pub(crate) fn unquote(text: &[u8]) -> Option<Vec<u8>> {
    let Some(inner) = text.strip_prefix(b"\"") else { return Some(text.to_vec()) };
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => return bytes.as_slice().is_empty().then_some(out),
            b'\\' => out.push(*bytes.next()?),
            _ => out.push(byte),
        }
    }
    None
}

/// Returns the value of ASCII digits, saturating; `None` where there is anything else.
pub(crate) fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(value.saturating_mul(10).saturating_add(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(line: &str, expected: &[&str]) {
        let got: Vec<_> = split(line.as_bytes()).map(String::from_utf8_lossy).collect();
        assert_eq!(got, expected, "{line:?}");
    }

    #[test]
    fn rfc9110_5_6_1_lists() {
        check("", &[]);
        check(" , ,\t", &[]);
        check("a, b ,c", &["a", "b", "c"]);
        check(r#"a="x,y", b"#, &[r#"a="x,y""#, "b"]);
        check(r#"a="x\",y", b"#, &[r#"a="x\",y""#, "b"]);
        check(r#"a="never closed, b"#, &[r#"a="never closed, b"#]);
    }

    #[test]
    fn rfc9110_5_6_4_quoted_strings() {
        assert_eq!(unquote(br#""a\"b""#).as_deref(), Some(&br#"a"b"#[..]));
        assert_eq!(unquote(b"plain").as_deref(), Some(&b"plain"[..]));
        for broken in [&b"\"open"[..], b"\"a\"b", b"\"a\\"] {
            assert_eq!(unquote(broken), None);
        }
    }

    proptest! {
        #[test]
        fn splitting_never_panics_and_keeps_no_empty_member(
            line in proptest::collection::vec(any::<u8>(), 0..200)
        ) {
            prop_assert!(split(&line).all(|member| !member.is_empty()));
            let _read = unquote(&line);
        }
    }
}
