//! XML as a tree: bounded reading of hostile text, and writing.

mod namespaces;
mod read;
mod write;

pub(crate) use read::{Raw, RawNode, read};
pub(crate) use write::{write_document, write_entity};

/// The namespace of every element of an MPD.
pub(crate) const DASH_NAMESPACE: &str = "urn:mpeg:dash:schema:mpd:2011";

/// An element kept as it was read.
///
/// An element of the DASH namespace has its local name. One of another namespace keeps its
/// prefix, or carries the `xmlns` attribute that makes it so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// The name as it is written, with its prefix.
    pub name: String,
    /// The attributes in document order, namespace declarations included.
    pub attributes: Vec<(String, String)>,
    /// Elements and text in document order; blank text is not kept.
    pub children: Vec<Node>,
}

/// A child of an [`Element`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A nested element.
    Element(Element),
    /// Text, entities resolved.
    Text(String),
}

impl Element {
    /// Returns the value of the attribute called `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Tells whether the element belongs to another namespace than DASH's.
    pub(crate) fn is_foreign(&self) -> bool {
        self.name.contains(':')
            || self.attribute("xmlns").is_some_and(|namespace| namespace != DASH_NAMESPACE)
    }
}
