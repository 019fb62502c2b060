//! URI references (RFC 3986 §5), as far as resources of one site need them.

/// What a reference leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    /// The scheme, where the reference names it.
    pub(super) scheme: Option<&'a str>,
    /// Host and port, where the reference names them.
    pub(super) authority: Option<&'a str>,
    /// Path and query, resolved.
    pub(super) path_and_query: String,
}

impl<'a> Reference<'a> {
    /// Resolves `reference` against `base`, a path with or without a query; `None` where it leads
    /// out of HTTP.
    pub(super) fn resolve(base: &str, reference: &'a str) -> Option<Self> {
        // A fragment names no resource.
        let reference = reference.split('#').next().unwrap_or_default();
        let scheme = scheme_of(reference);
        let reference = match scheme {
            Some(scheme) if is_http(scheme) => &reference[scheme.len() + 1..],
            Some(_) => return None,
            None => reference,
        };
        if let Some(rest) = reference.strip_prefix("//") {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            let path_and_query = normal(path);
            return Some(Self { scheme, authority: Some(authority), path_and_query });
        }
        Some(Self { scheme, authority: None, path_and_query: join(base, reference) })
    }
}

/// RFC 3986 §5.2.2, for a reference without an authority.
fn join(base: &str, reference: &str) -> String {
    let base_path = base.split('?').next().unwrap_or_default();
    if reference.is_empty() {
        return base.to_owned();
    }
    if reference.starts_with('?') {
        return format!("{base_path}{reference}");
    }
    if reference.starts_with('/') {
        return normal(reference);
    }
    let folder = base_path.rfind('/').map_or("", |end| &base_path[..end]);
    normal(&format!("{folder}/{reference}"))
}

/// Returns a path and query with the path's dot segments resolved (RFC 3986 §5.2.4).
fn normal(path_and_query: &str) -> String {
    let (path, query) = match path_and_query.find('?') {
        Some(at) => path_and_query.split_at(at),
        None => (path_and_query, ""),
    };
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            ".." => {
                kept.pop();
            }
            "." => {}
            segment => {
                kept.push(segment);
                continue;
            }
        }
        if is_last {
            // What ends in a dot segment is a folder.
            kept.push("");
        }
    }
    format!("/{}{query}", kept.join("/"))
}

/// RFC 3986 §3.1.
fn scheme_of(reference: &str) -> Option<&str> {
    let scheme = reference.split(['/', '?']).next()?.split_once(':')?.0;
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let begins = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    (begins && scheme.bytes().all(is_scheme)).then_some(scheme)
}

fn is_http(scheme: &str) -> bool {
    ["http", "https"].iter().any(|known| known.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(reference: &str, expected: &str) {
        let found = Reference::resolve("/b/c/d;p?q", reference).unwrap();
        assert_eq!(found.path_and_query, expected, "{reference}");
    }

    #[test]
    fn rfc3986_5_4_examples() {
        for (reference, expected) in [
            ("g", "/b/c/g"),
            ("./g", "/b/c/g"),
            ("g/", "/b/c/g/"),
            ("/g", "/g"),
            ("?y", "/b/c/d;p?y"),
            ("g?y", "/b/c/g?y"),
            ("#s", "/b/c/d;p?q"),
            ("g#s", "/b/c/g"),
            (";x", "/b/c/;x"),
            ("", "/b/c/d;p?q"),
            (".", "/b/c/"),
            ("..", "/b/"),
            ("../g", "/b/g"),
            ("../../g", "/g"),
            ("../../../g", "/g"),
            ("/./g", "/g"),
            ("/../g", "/g"),
            ("g.", "/b/c/g."),
            ("..g", "/b/c/..g"),
            ("./../g", "/b/g"),
            ("./g/.", "/b/c/g/"),
            ("g/../h", "/b/c/h"),
            ("g?y/../x", "/b/c/g?y/../x"),
            ("http://h/x/../y?z", "/y?z"),
            ("HTTP://h?z", "/?z"),
            ("//h", "/"),
        ] {
            check(reference, expected);
        }
        assert_eq!(Reference::resolve("/", "http://h:1/x").unwrap().authority, Some("h:1"));
        assert_eq!(Reference::resolve("/", "mailto:a"), None);
        assert_eq!(Reference::resolve("/", "http:g").unwrap().path_and_query, "/g");
    }

    proptest! {
        #[test]
        fn resolving_never_panics_and_gives_a_path(base in "/[a-c/.?]{0,12}", text in "[ -~é]{0,30}") {
            if let Some(found) = Reference::resolve(&base, &text) {
                prop_assert!(found.path_and_query.starts_with('/'));
            }
        }
    }
}
