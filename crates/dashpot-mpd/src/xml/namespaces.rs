//! Which namespace a prefix stands for.

/// Most declarations in scope at once: real MPDs have about ten, and each look-up walks them.
const MAX_IN_SCOPE: usize = 64;

/// The declarations in scope, innermost last.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    declared: Vec<Declared>,
}

#[derive(Debug)]
struct Declared {
    depth: usize,
    prefix: String,
    uri: String,
}

impl Namespaces {
    /// Notes the declarations among the attributes of an element at `depth`.
    pub(super) fn open(
        &mut self,
        depth: usize,
        attributes: &[(String, String)],
    ) -> Result<(), String> {
        for (name, uri) in attributes {
            let Some(prefix) = declared_prefix(name) else { continue };
            if uri.is_empty() && !prefix.is_empty() {
                return Err(format!("prefix `{prefix}` is bound to no namespace"));
            }
            if MAX_IN_SCOPE <= self.declared.len() {
                return Err(format!("more than {MAX_IN_SCOPE} namespaces in scope"));
            }
            self.declared.push(Declared { depth, prefix: prefix.to_owned(), uri: uri.clone() });
        }
        Ok(())
    }

    /// Forgets the declarations of the element at `depth`.
    pub(super) fn close(&mut self, depth: usize) {
        while self.declared.pop_if(|declared| depth <= declared.depth).is_some() {}
    }

    /// Returns the namespace of `prefix`; the empty prefix has one always, maybe the empty one.
    pub(super) fn of(&self, prefix: &str) -> Option<&str> {
        let declared = self.declared.iter().rev().find(|declared| declared.prefix == prefix);
        match declared {
            Some(declared) => Some(&declared.uri),
            None if prefix.is_empty() => Some(""),
            None if prefix == "xml" => Some("http://www.w3.org/XML/1998/namespace"),
            None => None,
        }
    }
}

/// Returns the prefix that an `xmlns…` attribute declares, empty for the default namespace.
pub(super) fn declared_prefix(attribute: &str) -> Option<&str> {
    if attribute == "xmlns" { Some("") } else { attribute.strip_prefix("xmlns:") }
}

/// Splits a qualified name into prefix (maybe empty) and local name.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}
