//! From text to an MPD and back.

use crate::{
    Mpd, ParseError, Warning,
    record::{Context, Record as _},
    xml::{self, DASH_NAMESPACE},
};

/// Reads an MPD, with what was odd about it.
///
/// Unknown attributes and children are kept; comments and processing instructions are not. An
/// attribute that cannot be read is left in `extra_attributes`, with a warning.
///
/// # Errors
/// Where the text is too large, not UTF-8, not XML, has a document type declaration, or its root
/// is not an `MPD` of the DASH namespace.
pub fn parse(text: impl AsRef<[u8]>) -> Result<(Mpd, Vec<Warning>), ParseError> {
    let root = xml::read(text.as_ref())?;
    if !root.dash || root.name != "MPD" {
        let declared = root.attributes.iter().find(|(name, _)| name == "xmlns");
        let namespace = match declared {
            _ if root.dash => String::new(),
            Some((_, uri)) if !uri.is_empty() => format!(" of the namespace {uri}"),
            Some(_) => " of no namespace".to_owned(),
            None => " of another namespace".to_owned(),
        };
        let message = format!(
            "the root is `{}`{namespace}; it should be `MPD` of the namespace {DASH_NAMESPACE}",
            root.name,
        );
        return Err(ParseError::Refused { path: root.name, offset: root.offset, message });
    }
    let mut context = Context::default();
    let mpd = context.enter("MPD", 0, root);
    Ok((mpd, context.warnings))
}

impl Mpd {
    /// Returns the MPD as an XML document, children in the order of the schema.
    ///
    /// The default namespace is DASH's always; other prefixes are declared by the `xmlns:…`
    /// among the extra attributes.
    #[must_use]
    pub fn write(&self) -> String {
        let mut root = self.to_element();
        root.attributes.retain(|(name, _)| name != "xmlns");
        root.attributes.insert(0, ("xmlns".to_owned(), DASH_NAMESPACE.to_owned()));
        xml::write_document(&root)
    }
}

#[cfg(test)]
mod tests;
