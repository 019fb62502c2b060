//! Paths that some hop behind this one reads as another one.

use percent_encoding::percent_decode;
use std::borrow::Cow;

/// How often a path may be decoded on its way: by a gateway, and by what is behind it.
///
/// RFC 3986 §2.4 has it decoded once; where two hops each do so, `%252e` ends up as a dot.
const DECODINGS_MAX: usize = 2;

/// Returns whether `path` leaves its folder, or may be taken to, once it has been decoded.
pub(super) fn leads_elsewhere(path: &str) -> bool {
    // A slash in disguise is a slash to some and a letter to others.
    let lower = path.to_ascii_lowercase();
    if ["%2f", "%5c", "\\"].iter().any(|hidden| lower.contains(hidden)) {
        return true;
    }
    let mut read = Cow::Borrowed(path.as_bytes());
    for _ in 0..DECODINGS_MAX {
        if has_dot_segment(&read) {
            return true;
        }
        match percent_decode(&read).into() {
            Cow::Borrowed(_) => return false,
            Cow::Owned(decoded) => read = Cow::Owned(decoded),
        }
    }
    has_dot_segment(&read)
}

/// Returns whether a segment of `path` names no child.
fn has_dot_segment(path: &[u8]) -> bool {
    path.split(|byte| matches!(byte, b'/' | b'\\')).any(|segment| {
        // RFC 3986 §3.3: `;` begins a segment's parameters, and RFC 3986 §5.2.4 knows of none; who
        // takes them off first (Java's servlets do) finds `..` in `..;x`. Whoever reads a decoded
        // path as a URL once more ends it where that has a query or a fragment.
        let name = segment.split(|byte| matches!(byte, b';' | b'?' | b'#')).next();
        // The URL Standard §4.4 takes no notice of tabs and line ends.
        let mut name = name.unwrap_or_default().iter().filter(|byte| !b"\t\r\n".contains(byte));
        let three = (name.next(), name.next(), name.next());
        matches!(three, (Some(b'.'), None, None) | (Some(b'.'), Some(b'.'), None))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: bool) {
        assert_eq!(leads_elsewhere(path), expected, "{path}");
    }

    #[test]
    fn rfc3986_5_2_4_dot_segments_are_found_however_they_are_written() {
        for path in [
            "/a/.",
            "/a/..",
            "/a/../b",
            "/a/./b",
            "/a/%2e%2E/b",
            "/a/.%2e/b",
            // RFC 3986 §2.4: decoded more than once.
            "/a/%252e%252e/b",
            "/a/%252E./b",
            "/a/.%252e%252fb",
            "/a/%25%32%65%2e/b",
            // RFC 3986 §3.3: parameters of a segment; O. Tsai, "Breaking Parser Logic", 2018.
            "/a/..;/b",
            "/a/..;x=1/b",
            "/a/.;/b",
            "/a/..%3b/b",
            "/a/..%253Bx/b",
            "/a/%2e%2e;/b",
            "/a/%252e%252e;x/b",
            "/a/b/..;",
            // A slash that is none yet.
            "/a/..%2fb",
            "/a/..%5Cb",
            "/a/..\\b",
            "/a/..%252fb",
            "/a/..%255cb",
            "/a/b%2fc",
            // A URL in what has been decoded.
            "/a/..%3fx",
            "/a/..%23x",
            "/a/.%09./b",
            "/a/..%250a/b",
        ] {
            check(path, true);
        }
    }

    #[test]
    fn names_with_dots_are_names() {
        for path in [
            "/",
            "/a/b.m4s",
            "/a/v1.2..final.mp4",
            "/a/.well-known/b",
            "/a/...",
            "/a/..b",
            "/a/b..",
            "/a/%2ehidden",
            "/a/b%2emp4",
            "/a/b;x=../c",
            "/a/b;..",
            "/a/;..",
            "/a/100%25.mp4",
            "/a/100%2525.mp4",
            "/a/x%252emp4",
            "/a/%c3%a9.mp4",
            "/a/%",
            "/a/%2",
            "/a/%zz..",
            // Three rounds are two more than the RFC knows.
            "/a/%25252e%25252e/b",
        ] {
            check(path, false);
        }
    }
}
