//! From the tree to text.

use super::{Element, Node};

/// Returns the XML document whose root is `root`, indented by two spaces a level.
pub(crate) fn write_document(root: &Element) -> String {
    write_entity(std::slice::from_ref(root))
}

/// Returns elements one after the other, as an external entity has them (XML 1.0 §4.3.2).
pub(crate) fn write_entity(elements: &[Element]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    for element in elements {
        write_element(element, Some(0), &mut out);
        out.push('\n');
    }
    out
}

/// Writes `element`; `indent` is its level, or `None` inside mixed content, where white space
/// would count as text.
fn write_element(element: &Element, indent: Option<usize>, out: &mut String) {
    out.push('<');
    out.push_str(&element.name);
    for (name, value) in &element.attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        escape(value, Place::Attribute, out);
        out.push('"');
    }
    if element.children.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    let mixed = element.children.iter().any(|child| matches!(child, Node::Text(_)));
    let inner = indent.filter(|_| !mixed).map(|level| level + 1);
    for child in &element.children {
        if let Some(level) = inner {
            new_line(level, out);
        }
        match child {
            Node::Element(child) => write_element(child, inner, out),
            Node::Text(text) => escape(text, Place::Text, out),
        }
    }
    if let Some(level) = inner {
        new_line(level - 1, out);
    }
    out.push_str("</");
    out.push_str(&element.name);
    out.push('>');
}

fn new_line(level: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", level));
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Attribute,
}

fn escape(text: &str, place: Place, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if place == Place::Attribute => out.push_str("&quot;"),
            // XML 1.0 §2.11 and §3.3.3: written plainly, a reader would change these.
            '\r' => out.push_str("&#13;"),
            '\n' if place == Place::Attribute => out.push_str("&#10;"),
            '\t' if place == Place::Attribute => out.push_str("&#9;"),
            c if is_xml_char(c) => out.push(c),
            _ => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
}

/// Tells whether XML 1.0 §2.2 allows the character.
pub(super) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
