//! Applies patches as RFC 5261 has it. It knows nothing of MPDs, nor of what wrote them.

use quick_xml::{Reader, XmlVersion, events::Event};

/// An element as it is read.
#[derive(Clone, Debug, Default)]
struct Tree {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Self>,
}

/// Returns `document` after the operations of `patch`.
pub(super) fn patched(document: &str, patch: &str) -> String {
    // A node above the root, so that `/MPD` is a step like any other.
    let mut tree = Tree { children: vec![read(document)], ..Tree::default() };
    let patch = read(patch);
    let value = |tree: &Tree, name: &str| tree.get(name).expect(name).to_owned();
    assert_eq!(value(&patch, "mpdId"), value(&tree.children[0], "id"));
    assert_eq!(value(&patch, "originalPublishTime"), value(&tree.children[0], "publishTime"));
    for operation in &patch.children {
        apply(&mut tree, operation);
    }
    assert_eq!(value(&patch, "publishTime"), value(&tree.children[0], "publishTime"));
    let mut out = String::new();
    tree.children[0].write(&mut out);
    out
}

fn apply(tree: &mut Tree, operation: &Tree) {
    let selector = operation.get("sel").expect("a selector").strip_prefix('/').expect("a root");
    let (parents, last) = selector.rsplit_once('/').unwrap_or(("", selector));
    let parent = parents.split('/').filter(|step| !step.is_empty()).fold(tree, |node, step| {
        let at = node.find(step);
        &mut node.children[at]
    });
    let mut content = operation.children.clone();
    for child in &mut content {
        child.attributes.retain(|(name, _)| name != "xmlns");
    }
    if let Some(name) = last.strip_prefix('@') {
        let at = parent.attributes.iter().position(|(known, _)| known == name).expect(selector);
        match operation.name.as_str() {
            "replace" => operation.text.trim().clone_into(&mut parent.attributes[at].1),
            "remove" => drop(parent.attributes.remove(at)),
            other => panic!("{other} of an attribute"),
        }
        return;
    }
    let at = parent.find(last);
    match operation.name.as_str() {
        "add" if operation.get("pos") == Some("after") => {
            parent.children.splice(at + 1..at + 1, content);
        }
        "add" => parent.children[at].children.extend(content),
        "remove" => drop(parent.children.remove(at)),
        "replace" => {
            assert_eq!(content.len(), 1, "one element for another");
            parent.children[at] = content.remove(0);
        }
        other => panic!("unknown operation {other}"),
    }
}

impl Tree {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns which child a step leads to: RFC 5261 §4.1 wants exactly one.
    fn find(&self, step: &str) -> usize {
        let (name, test) = step.split_once('[').unwrap_or((step, ""));
        let mut named = self.children.iter().enumerate().filter(|(_, child)| child.name == name);
        let test = test.trim_end_matches(']');
        if let Ok(position) = test.parse::<usize>() {
            return named.nth(position - 1).expect(step).0;
        }
        let found: Vec<_> = match test.strip_prefix('@') {
            None => named.map(|(at, _)| at).collect(),
            Some(test) => {
                let (attribute, value) = test.split_once('=').expect(step);
                let value = Some(value.trim_matches('\''));
                named.filter(|(_, child)| child.get(attribute) == value).map(|(at, _)| at).collect()
            }
        };
        assert_eq!(found.len(), 1, "{step} is to be one");
        found[0]
    }

    fn write(&self, out: &mut String) {
        out.push_str(&format!("<{}", self.name));
        for (name, value) in &self.attributes {
            out.push_str(&format!(" {name}=\"{}\"", quick_xml::escape::escape(value.as_str())));
        }
        out.push_str(&format!(">{}", quick_xml::escape::escape(self.text.as_str())));
        for child in &self.children {
            child.write(out);
        }
        out.push_str(&format!("</{}>", self.name));
    }
}

fn read(text: &str) -> Tree {
    let mut reader = Reader::from_str(text);
    reader.config_mut().trim_text(true);
    reader.config_mut().expand_empty_elements = true;
    let mut open = vec![Tree::default()];
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(tag) => {
                let attribute = |found: quick_xml::events::attributes::Attribute<'_>| {
                    let value = found.normalized_value(XmlVersion::Implicit1_0);
                    let value = value.expect("a value").into_owned();
                    (found.key.as_ref().to_owned(), value)
                };
                open.push(Tree {
                    name: tag.name().as_ref().to_owned(),
                    attributes: tag.attributes().map(|one| attribute(one.expect("one"))).collect(),
                    ..Tree::default()
                });
            }
            Event::End(_) => {
                let done = open.pop().expect("an open element");
                open.last_mut().expect("a parent").children.push(done);
            }
            Event::Text(text) => open.last_mut().expect("a parent").text.push_str(&text),
            Event::Eof => return open.remove(0).children.remove(0),
            Event::Decl(_) => {}
            other @ (Event::Empty(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_)) => panic!("{other:?}"),
        }
    }
}
