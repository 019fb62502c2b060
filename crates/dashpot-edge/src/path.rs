//! Paths that mean one thing to the cache and another to some origin.

/// Returns whether a URL parser could read another path out of `path` than the one it is stored
/// under: what is stored under one name would be the content of another.
pub(crate) fn is_ambiguous(path: &str) -> bool {
    path.contains('\\') || path.split('/').any(has_dots)
}

/// Returns whether `segment`, read once more, has a segment that names no child, or an end of its
/// own.
fn has_dots(segment: &str) -> bool {
    let mut rest = segment;
    let mut from = 0;
    while let Some(at) = rest[from..].find('%').map(|at| from + at) {
        let escape = rest[at..].get(..3).unwrap_or_default();
        if escape == "%00" {
            return true;
        }
        if escape.eq_ignore_ascii_case("%2f") || escape.eq_ignore_ascii_case("%5c") {
            if is_dots(&rest[..at]) {
                return true;
            }
            (rest, from) = (&rest[at + 3..], 0);
        } else {
            from = at + 1;
        }
    }
    is_dots(rest)
}

fn is_dots(segment: &str) -> bool {
    let (mut rest, mut dots) = (segment, 0);
    while let Some(after) = ["%2e", "%2E", "."].iter().find_map(|dot| rest.strip_prefix(dot)) {
        (rest, dots) = (after, dots + 1);
    }
    rest.is_empty() && (1..=2).contains(&dots)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(path: &str, expected: bool) {
        assert_eq!(is_ambiguous(path), expected, "{path}");
    }

    #[test]
    fn dots_are_found_however_they_are_written() {
        for path in [
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/%2e%2E/b",
            "/a/.%2e",
            "/a\\..\\b",
            "/a\\b",
            "/a%2f..%2fb",
            "/a%2F%2e%2e",
            "/..%5cb",
            "/a%5C.%5Cb",
            "/a%2f%2f..",
            "/a.mpd%00.css",
            "/%00",
        ] {
            check(path, true);
        }
        for path in [
            "/",
            "//",
            "/a//b",
            "/...",
            "/.a",
            "/a.",
            "/a..b",
            "/a%2fb",
            "/a%2f...%2fb",
            "/%",
            "/%2",
            "/%2g",
            "/%252e%252e/b",
            "/a;x=../b",
            "/%c3%a9",
            "/.well-known/x",
            "/%2e%2e%2ea",
        ] {
            check(path, false);
        }
    }

    proptest! {
        /// An unambiguous path has no dot segments after one more round of decoding, whichever
        /// bytes separate its segments.
        #[test]
        fn decoding_an_unambiguous_path_leads_nowhere_else(
            parts in prop::collection::vec(
                prop::sample::select(vec!["/", "%2f", "%5C", ".", "%2e", "a", "%00", "%", "\\"]),
                0..12,
            )
        ) {
            let path = format!("/{}", parts.concat());
            let decoded = path
                .replace("%2f", "/").replace("%5C", "/").replace("%2e", ".").replace('\\', "/");
            let moves = decoded.split('/').any(|segment| segment == "." || segment == "..");
            if !is_ambiguous(&path) {
                prop_assert!(!moves && !decoded.contains("%00"), "{path}");
            }
        }
    }
}
