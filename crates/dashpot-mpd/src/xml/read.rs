//! From hostile text to a bounded tree whose names are free of prefixes where they can be.

use super::{
    DASH_NAMESPACE, Element, Node,
    namespaces::{Namespaces, declared_prefix, split},
    write::is_xml_char,
};
use crate::ParseError;
use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};

/// Longest text that is read: over a hundred times the MPD of a day in two-second segments.
const MAX_BYTES: usize = 16 << 20;
/// Deepest nesting; the schema's own elements nest ten deep.
const MAX_DEPTH: usize = 32;
/// Most elements; a day of one-second segments without a single `@r` has 86,400 for each track.
const MAX_ELEMENTS: usize = 250_000;
/// Most attributes of one element: the check for duplicates is quadratic in them.
const MAX_ATTRIBUTES: usize = 256;
/// An element with its place in the text.
#[derive(Debug)]
pub(crate) struct Raw {
    /// The local name in the DASH namespace, else the name as in [`Element`].
    pub(crate) name: String,
    /// Whether the element is in the DASH namespace.
    pub(crate) dash: bool,
    pub(crate) offset: u64,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<RawNode>,
}

#[derive(Debug)]
pub(crate) enum RawNode {
    Element(Raw),
    Text(String),
}

impl Raw {
    /// Returns the element without the places.
    pub(crate) fn into_element(self) -> Element {
        let children = self.children.into_iter().map(|child| match child {
            RawNode::Element(raw) => Node::Element(raw.into_element()),
            RawNode::Text(text) => Node::Text(text),
        });
        let children = children.collect();
        Element { name: self.name, attributes: self.attributes, children }
    }
}

/// Reads the one element of an XML document.
pub(crate) fn read(bytes: &[u8]) -> Result<Raw, ParseError> {
    if MAX_BYTES < bytes.len() {
        return Err(ParseError::TooLarge { bytes: bytes.len(), limit: MAX_BYTES });
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| ParseError::NotUtf8 { offset: error.valid_up_to() })?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut tree = Tree::default();
    loop {
        tree.offset = reader.buffer_position();
        let event = reader.read_event().map_err(|source| ParseError::NotXml {
            path: tree.path(),
            offset: reader.error_position(),
            message: source.to_string(),
        })?;
        if matches!(event, Event::Eof) {
            break;
        }
        tree.take(event).map_err(|problem| tree.error(problem))?;
    }
    match tree.root.take() {
        Some(root) if tree.open.is_empty() => Ok(root),
        Some(_) | None => Err(tree.error(Problem::from("the text ends before its root element"))),
    }
}

/// What is wrong with an event; its place is added where it is known.
#[derive(Debug)]
enum Problem {
    Xml(quick_xml::Error),
    Refused(String),
}

impl From<quick_xml::Error> for Problem {
    fn from(error: quick_xml::Error) -> Self {
        Self::Xml(error)
    }
}

impl From<&str> for Problem {
    fn from(message: &str) -> Self {
        Self::Refused(message.to_owned())
    }
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Self::Refused(message)
    }
}

#[derive(Debug, Default)]
struct Tree {
    root: Option<Raw>,
    open: Vec<Raw>,
    namespaces: Namespaces,
    /// The default namespaces in force once the tree is written, with the depth that sets each.
    written_defaults: Vec<(usize, String)>,
    elements: usize,
    offset: u64,
}

impl Tree {
    fn path(&self) -> String {
        let names: Vec<&str> = self.open.iter().map(|raw| raw.name.as_str()).collect();
        if names.is_empty() { "document".to_owned() } else { names.join("/") }
    }

    fn error(&self, problem: Problem) -> ParseError {
        let (path, offset) = (self.path(), self.offset);
        match problem {
            Problem::Xml(source) => {
                ParseError::NotXml { path, offset, message: source.to_string() }
            }
            Problem::Refused(message) => ParseError::Refused { path, offset, message },
        }
    }

    fn take(&mut self, event: Event<'_>) -> Result<(), Problem> {
        match event {
            Event::Start(start) | Event::Empty(start) => self.start(&start),
            Event::End(_) => {
                self.end();
                Ok(())
            }
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let text = resolve(&reference)?;
                self.text(&text)
            }
            // Entities are a document's way to grow without bound, and no MPD needs a DTD.
            Event::DocType(_) => Err("a document type declaration is refused".into()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Problem> {
        if self.root.is_some() {
            return Err("a second root element".into());
        }
        let depth = self.open.len() + 1;
        if MAX_DEPTH < depth {
            return Err(format!("nested deeper than {MAX_DEPTH}").into());
        }
        self.elements += 1;
        if MAX_ELEMENTS < self.elements {
            return Err(format!("more than {MAX_ELEMENTS} elements").into());
        }
        let name = start.name().as_ref().to_owned();
        check_name(&name)?;
        let attributes = attributes(start)?;
        self.namespaces.open(depth, &attributes)?;
        let raw = self.resolve_names(depth, name, attributes)?;
        self.open.push(raw);
        Ok(())
    }

    /// Takes the prefix off names of the DASH namespace, and declares the default namespace
    /// wherever the written tree needs it.
    fn resolve_names(
        &mut self,
        depth: usize,
        name: String,
        mut attributes: Vec<(String, String)>,
    ) -> Result<Raw, Problem> {
        let (prefix, local) = split(&name);
        let Some(namespace) = self.namespaces.of(prefix).map(str::to_owned) else {
            return Err(format!("`{name}` has a prefix that no xmlns declares").into());
        };
        let dash = namespace == DASH_NAMESPACE;
        let name = if dash { local.to_owned() } else { name };
        let unknown = |(key, _): &(String, String)| {
            declared_prefix(key).is_none() && self.namespaces.of(split(key).0).is_none()
        };
        if let Some(index) = attributes.iter().position(unknown) {
            return Err(
                format!("`{}` has a prefix that no xmlns declares", attributes[index].0).into()
            );
        }
        attributes.retain(|(key, _)| key != "xmlns");
        let in_force = self.written_defaults.last().map_or(DASH_NAMESPACE, |(_, uri)| uri);
        if !name.contains(':') && in_force != namespace {
            attributes.insert(0, ("xmlns".to_owned(), namespace.clone()));
            self.written_defaults.push((depth, namespace));
        }
        Ok(Raw { name, dash, offset: self.offset, attributes, children: Vec::new() })
    }

    fn end(&mut self) {
        let depth = self.open.len();
        self.namespaces.close(depth);
        while self.written_defaults.pop_if(|(opened, _)| depth <= *opened).is_some() {}
        // The reader has matched the end tag with the start tag already.
        let Some(mut raw) = self.open.pop() else { return };
        raw.children.retain(|child| match child {
            RawNode::Element(_) => true,
            RawNode::Text(text) => !is_blank(text),
        });
        match self.open.last_mut() {
            Some(parent) => parent.children.push(RawNode::Element(raw)),
            None => self.root = Some(raw),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Problem> {
        if let Some(c) = text.chars().find(|&c| !is_xml_char(c)) {
            return Err(format!("character U+{:04X} is not allowed in XML", u32::from(c)).into());
        }
        let Some(parent) = self.open.last_mut() else {
            if is_blank(text.trim_start_matches('\u{FEFF}')) {
                return Ok(());
            }
            return Err("text outside of the root element".into());
        };
        if let Some(RawNode::Text(before)) = parent.children.last_mut() {
            before.push_str(text);
        } else {
            parent.children.push(RawNode::Text(text.to_owned()));
        }
        Ok(())
    }
}

/// Tells whether the text is white space as XML 1.0 §2.3 has it.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'))
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, Problem> {
    if let Some(c) = reference.resolve_char_ref()? {
        return Ok(c.to_string());
    }
    match resolve_predefined_entity(reference) {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("unknown entity `{}`", &**reference).into()),
    }
}

fn attributes(start: &BytesStart<'_>) -> Result<Vec<(String, String)>, Problem> {
    let mut attributes: Vec<(String, String)> = Vec::new();
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(quick_xml::Error::from)?;
        let name = attribute.key.as_ref();
        check_name(name)?;
        if attributes.iter().any(|(known, _)| known == name) {
            return Err(format!("attribute `{name}` is given twice").into());
        }
        if MAX_ATTRIBUTES <= attributes.len() {
            return Err(format!("more than {MAX_ATTRIBUTES} attributes").into());
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0)?;
        if let Some(c) = value.chars().find(|&c| !is_xml_char(c)) {
            return Err(format!(
                "`{name}` has character U+{:04X}, not allowed in XML",
                u32::from(c)
            )
            .into());
        }
        attributes.push((name.to_owned(), value.into_owned()));
    }
    Ok(attributes)
}

/// Refuses names that could not be written back: the reader lets through nearly anything.
fn check_name(name: &str) -> Result<(), Problem> {
    let part = |part: &str| {
        let first = |c: char| c.is_alphabetic() || c == '_';
        part.starts_with(first)
            && part.chars().all(|c| first(c) || c.is_numeric() || matches!(c, '-' | '.'))
    };
    let well_formed = match name.split_once(':') {
        Some((prefix, local)) => part(prefix) && part(local),
        None => part(name),
    };
    if well_formed { Ok(()) } else { Err(format!("`{name}` is not an XML name").into()) }
}
