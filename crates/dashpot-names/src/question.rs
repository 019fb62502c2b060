//! What is asked.

/// A name and the type of record that is asked for, by which answers are kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    name: Box<str>,
    kind: u16,
}

impl Question {
    /// Returns the question for records of type `kind` at `name`, in whatever case it is written
    /// (RFC 4343 §3), with or without the dot at its end.
    #[must_use]
    pub fn new(name: &str, kind: u16) -> Self {
        let name = name.strip_suffix('.').unwrap_or(name);
        Self { name: name.to_ascii_lowercase().into(), kind }
    }

    /// Returns the name in lower case and without the dot at its end; that of the root is empty.
    #[must_use]
    pub const fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of the type (RFC 1035 §3.2.2).
    #[must_use]
    pub const fn kind(&self) -> u16 {
        self.kind
    }
}
