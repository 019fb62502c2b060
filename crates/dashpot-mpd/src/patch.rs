//! Patches: what makes one version of an MPD the next (ISO/IEC 23009-1 §5.15).

use crate::{
    Element, Node,
    record::Record,
    time::format_date_time,
    xml::{DASH_NAMESPACE, write_document},
};
use dashpot_base::WallTime;

/// The namespace of patches.
const NAMESPACE: &str = "urn:mpeg:dash:schema:mpd-patch:2020";

/// A patch of an MPD.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    /// `MPD@id` of both versions.
    pub mpd_id: String,
    /// `MPD@publishTime` of the version that it is for.
    pub original_publish_time: WallTime,
    /// `MPD@publishTime` of the version that it leads to.
    pub publish_time: WallTime,
    /// What is to be done, one after the other.
    pub operations: Vec<Operation>,
}

/// One change (RFC 5261 §4). Selectors are such as
/// `/MPD/Period[@id='1']/AdaptationSet[@id='2']`; positions count from 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Adds children behind those that the selected element has.
    Add(String, Vec<Element>),
    /// Adds elements right behind the selected one.
    After(String, Vec<Element>),
    /// Puts an element in the place of the selected one.
    Replace(String, Element),
    /// Gives the selected attribute another value.
    Set(String, String),
    /// Removes what is selected.
    Remove(String),
}

impl Operation {
    /// Adds records as children called `name` behind those that the selected element has.
    pub fn add<'a, T: Part + 'a>(
        selector: String,
        name: &str,
        parts: impl IntoIterator<Item = &'a T>,
    ) -> Self {
        Self::Add(selector, parts.into_iter().map(|part| part.element(name)).collect())
    }

    fn to_element(&self) -> Element {
        let (name, selector, children) = match self {
            Self::Add(selector, elements) | Self::After(selector, elements) => {
                ("add", selector, elements.iter().map(in_mpd).collect())
            }
            Self::Replace(selector, element) => ("replace", selector, vec![in_mpd(element)]),
            Self::Set(selector, value) => ("replace", selector, vec![Node::Text(value.clone())]),
            Self::Remove(selector) => ("remove", selector, Vec::new()),
        };
        let mut attributes = vec![("sel".to_owned(), selector.clone())];
        if matches!(self, Self::After(..)) {
            attributes.push(("pos".to_owned(), "after".to_owned()));
        }
        Element { name: name.to_owned(), attributes, children }
    }
}

/// Returns an element as it stands in a patch, whose default namespace is another one.
fn in_mpd(element: &Element) -> Node {
    let mut element = element.clone();
    element.attributes.insert(0, ("xmlns".to_owned(), DASH_NAMESPACE.to_owned()));
    Node::Element(element)
}

/// A part of an MPD that can be put into a patch.
pub trait Part {
    /// Returns it as an element called `name`.
    fn element(&self, name: &str) -> Element;
}

impl<T: Record> Part for T {
    fn element(&self, name: &str) -> Element {
        Element { name: name.to_owned(), ..self.to_element() }
    }
}

impl Patch {
    /// Returns the patch as an XML document.
    #[must_use]
    pub fn write(&self) -> String {
        let attributes = [
            ("xmlns", NAMESPACE.to_owned()),
            ("mpdId", self.mpd_id.clone()),
            ("originalPublishTime", format_date_time(self.original_publish_time)),
            ("publishTime", format_date_time(self.publish_time)),
        ];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let operations = self.operations.iter().map(|one| Node::Element(one.to_element()));
        let children = operations.collect();
        write_document(&Element { name: "Patch".to_owned(), attributes, children })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::S;
    use std::time::Duration;

    #[test]
    fn each_operation_is_one_of_rfc_5261() {
        let at = |s| WallTime::from_epoch(Duration::from_secs(s));
        let s = S { t: Some(5), d: 2, ..S::default() };
        let patch = Patch {
            mpd_id: "a".to_owned(),
            original_publish_time: at(0),
            publish_time: at(2),
            operations: vec![
                Operation::Set("/MPD/@publishTime".to_owned(), "<x>".to_owned()),
                Operation::Remove("/MPD/Period[1]".to_owned()),
                Operation::Replace("/MPD/S[@id='1']".to_owned(), s.element("S")),
                Operation::After("/MPD/S[1]".to_owned(), vec![s.element("S")]),
                Operation::add("/MPD".to_owned(), "S", &[s.clone(), s]),
            ],
        };
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<Patch xmlns="urn:mpeg:dash:schema:mpd-patch:2020" mpdId="a" originalPublishTime="1970-01-01T00:00:00Z" publishTime="1970-01-01T00:00:02Z">
  <replace sel="/MPD/@publishTime">&lt;x&gt;</replace>
  <remove sel="/MPD/Period[1]"/>
  <replace sel="/MPD/S[@id='1']">
    <S xmlns="urn:mpeg:dash:schema:mpd:2011" t="5" d="2"/>
  </replace>
  <add sel="/MPD/S[1]" pos="after">
    <S xmlns="urn:mpeg:dash:schema:mpd:2011" t="5" d="2"/>
  </add>
  <add sel="/MPD">
    <S xmlns="urn:mpeg:dash:schema:mpd:2011" t="5" d="2"/>
    <S xmlns="urn:mpeg:dash:schema:mpd:2011" t="5" d="2"/>
  </add>
</Patch>
"#;
        assert_eq!(patch.write(), expected);
    }
}
