//! What an MPD leads to by `XLink` (ISO/IEC 23009-1 §5.5).

use crate::{
    Period,
    patch::Part as _,
    xml::{DASH_NAMESPACE, write_entity},
};

/// Returns Periods as the remote element entity that takes the place of the element that leads to it.
///
/// Where there are several it is no document of XML, but what one can include.
#[must_use]
pub fn remote_periods(periods: &[Period]) -> String {
    let elements = periods.iter().map(|period| {
        let mut element = period.element("Period");
        element.attributes.insert(0, ("xmlns".to_owned(), DASH_NAMESPACE.to_owned()));
        element
    });
    write_entity(&elements.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_stand_one_after_the_other_in_their_namespace() {
        let period = |id: &str| Period { id: Some(id.to_owned()), ..Period::default() };
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <Period xmlns=\"urn:mpeg:dash:schema:mpd:2011\" id=\"a\"/>\n\
            <Period xmlns=\"urn:mpeg:dash:schema:mpd:2011\" id=\"b\"/>\n";
        assert_eq!(remote_periods(&[period("a"), period("b")]), expected);
    }
}
