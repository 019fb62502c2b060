//! Elements as structs: one macro gives each its fields, its reading and its writing.

use crate::{
    Element, Node, Warning, order,
    value::Value,
    xml::{Raw, RawNode},
};

/// Most warnings kept: a file with more is odd throughout.
const MAX_WARNINGS: usize = 100;

/// An element with fields of its own.
///
/// Law: reading what was written gives an equal value.
pub(crate) trait Record: Sized {
    fn read(raw: Raw, context: &mut Context) -> Self;
    fn to_element(&self) -> Element;
}

/// Where the reading is, and what was odd so far.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// Names from the root, each with its place among its namesakes from 1; 0 for an only child.
    path: Vec<(&'static str, usize)>,
    offset: u64,
    pub(crate) warnings: Vec<Warning>,
}

impl Context {
    /// Reads `raw`, the `index`-th child of its name.
    pub(crate) fn enter<R: Record>(&mut self, name: &'static str, index: usize, raw: Raw) -> R {
        let outer = self.offset;
        self.path.push((name, index));
        self.offset = raw.offset;
        let record = R::read(raw, self);
        self.path.pop();
        self.offset = outer;
        record
    }

    pub(crate) fn warn(&mut self, message: String) {
        if MAX_WARNINGS <= self.warnings.len() {
            return;
        }
        let steps = self.path.iter().map(|(name, index)| match index {
            0 => (*name).to_owned(),
            index => format!("{name}[{index}]"),
        });
        let path = steps.collect::<Vec<_>>().join("/");
        self.warnings.push(Warning { path, offset: self.offset, message });
    }
}

/// A field that is an attribute.
pub(crate) trait AttributeField: Sized {
    /// Takes the attribute out of `attributes`; one that cannot be read stays there.
    fn take(attributes: &mut Vec<(String, String)>, name: &str, context: &mut Context) -> Self;
    fn put(&self, name: &str, attributes: &mut Vec<(String, String)>);
}

impl<T: Value> AttributeField for Option<T> {
    fn take(attributes: &mut Vec<(String, String)>, name: &str, context: &mut Context) -> Self {
        let index = attributes.iter().position(|(key, _)| key == name)?;
        match T::parse(&attributes[index].1) {
            Ok(value) => {
                attributes.remove(index);
                Some(value)
            }
            Err(message) => {
                context.warn(format!("@{name}: {message}"));
                None
            }
        }
    }

    fn put(&self, name: &str, attributes: &mut Vec<(String, String)>) {
        if let Some(value) = self {
            attributes.push((name.to_owned(), value.print()));
        }
    }
}

macro_rules! attributes_with_a_default_of_zero {
    ($($type:ty),*) => { $(
        impl AttributeField for $type {
            fn take(
                attributes: &mut Vec<(String, String)>,
                name: &str,
                context: &mut Context,
            ) -> Self {
                <Option<Self> as AttributeField>::take(attributes, name, context).unwrap_or(0)
            }

            fn put(&self, name: &str, attributes: &mut Vec<(String, String)>) {
                if *self != 0 {
                    attributes.push((name.to_owned(), self.print()));
                }
            }
        }
    )* };
}
attributes_with_a_default_of_zero!(u64, i64);

/// A field that is one child or many.
pub(crate) trait ChildField: Default {
    /// Takes a child, or gives it back where there is no more room.
    fn accept(&mut self, name: &'static str, raw: Raw, context: &mut Context) -> Option<Raw>;
    /// Adds what there is, as elements called `name`.
    fn put(&self, name: &str, children: &mut Vec<Element>);
}

impl<R: Record> ChildField for Option<R> {
    fn accept(&mut self, name: &'static str, raw: Raw, context: &mut Context) -> Option<Raw> {
        if self.is_some() {
            context.warn(format!("a second {name} is not read"));
            return Some(raw);
        }
        *self = Some(context.enter(name, 0, raw));
        None
    }

    fn put(&self, name: &str, children: &mut Vec<Element>) {
        children.extend(self.as_ref().map(|record| named(name, record)));
    }
}

impl<R: Record> ChildField for Vec<R> {
    fn accept(&mut self, name: &'static str, raw: Raw, context: &mut Context) -> Option<Raw> {
        let record = context.enter(name, self.len() + 1, raw);
        self.push(record);
        None
    }

    fn put(&self, name: &str, children: &mut Vec<Element>) {
        children.extend(self.iter().map(|record| named(name, record)));
    }
}

/// Returns the record as an element called `name`: plain text has no name of its own.
fn named(name: &str, record: &impl Record) -> Element {
    Element { name: name.to_owned(), ..record.to_element() }
}

/// Returns the text of an element that has no other content, without the white space around it.
pub(crate) fn take_text(children: &mut Vec<RawNode>) -> String {
    let mut text = String::new();
    children.retain(|child| match child {
        RawNode::Element(_) => true,
        RawNode::Text(part) => {
            text.push_str(part);
            false
        }
    });
    text.trim().to_owned()
}

/// Sorts the children that nothing knows into the order in which they are written.
pub(crate) fn extra_children(parent: &str, raw: Vec<Raw>) -> Vec<Element> {
    let mut elements = raw.into_iter().map(Raw::into_element).collect::<Vec<_>>();
    order::sort(parent, &mut elements);
    elements
}

/// What the fields of a record come to.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Parts {
    /// Puts an element together; a field wins over an extra attribute of the same name.
    pub(crate) fn into_element(
        mut self,
        name: &str,
        extra_attributes: &[(String, String)],
        extra_children: &[Element],
    ) -> Element {
        let known = self.attributes.len();
        for (key, value) in extra_attributes {
            if !self.attributes[..known].iter().any(|(name, _)| name == key) {
                self.attributes.push((key.clone(), value.clone()));
            }
        }
        self.children.extend(extra_children.iter().cloned());
        order::sort(name, &mut self.children);
        let text = (!self.text.is_empty()).then_some(Node::Text(self.text));
        let children = text.into_iter().chain(self.children.into_iter().map(Node::Element));
        Element { name: name.to_owned(), attributes: self.attributes, children: children.collect() }
    }
}

/// Declares an element: its attributes, maybe its text, its children.
macro_rules! record {
    (
        $(#[$doc:meta])*
        $name:ident = $tag:literal {
            $( attributes { $(
                $(#[$attribute_doc:meta])*
                $attribute:ident: $attribute_type:ty = $attribute_name:literal,
            )* } )?
            $( text { $(#[$text_doc:meta])* $text:ident, } )?
            $( children { $(
                $(#[$child_doc:meta])*
                $child:ident: $child_type:ty = $child_name:literal,
            )* } )?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $( $( $(#[$attribute_doc])* pub $attribute: $attribute_type, )* )?
            $( $(#[$text_doc])* pub $text: String, )?
            $( $( $(#[$child_doc])* pub $child: $child_type, )* )?
            /// Attributes without a field, and those whose value could not be read.
            pub extra_attributes: Vec<(String, String)>,
            /// Children without a field.
            pub extra_children: Vec<$crate::Element>,
        }

        impl $crate::record::Record for $name {
            fn read(raw: $crate::xml::Raw, context: &mut $crate::record::Context) -> Self {
                let $crate::xml::Raw { attributes, mut children, .. } = raw;
                let mut record = Self { extra_attributes: attributes, ..Self::default() };
                $( $( record.$attribute = $crate::record::AttributeField::take(
                    &mut record.extra_attributes, $attribute_name, context,
                ); )* )?
                $( record.$text = $crate::record::take_text(&mut children); )?
                let mut extra = Vec::new();
                for child in children.drain(..) {
                    let child = match child {
                        $crate::xml::RawNode::Element(child) => child,
                        $crate::xml::RawNode::Text(_) => {
                            context.warn("text where there should be none".to_owned());
                            continue;
                        }
                    };
                    let child = match (child.dash, child.name.as_str()) {
                        $( $( (true, $child_name) => $crate::record::ChildField::accept(
                            &mut record.$child, $child_name, child, context,
                        ), )* )?
                        _ => Some(child),
                    };
                    extra.extend(child);
                }
                record.extra_children = $crate::record::extra_children($tag, extra);
                record
            }

            fn to_element(&self) -> $crate::Element {
                let mut parts = $crate::record::Parts::default();
                $( $( $crate::record::AttributeField::put(
                    &self.$attribute, $attribute_name, &mut parts.attributes,
                ); )* )?
                $( parts.text.clone_from(&self.$text); )?
                $( $( $crate::record::ChildField::put(
                    &self.$child, $child_name, &mut parts.children,
                ); )* )?
                parts.into_element($tag, &self.extra_attributes, &self.extra_children)
            }
        }
    };
}
pub(crate) use record;
