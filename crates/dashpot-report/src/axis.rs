//! The part of the number line that a figure shows.

use std::ops::Range;

/// The largest number that a figure shows: beyond any unit in use, and small enough for the drawing
/// library to count pixels in.
const SHOWN_MAX: f64 = 1e15;

/// Returns whether a figure can show `value`.
pub(crate) const fn is_shown(value: f64) -> bool {
    value.abs() <= SHOWN_MAX
}

/// Returns the span of `values` with a little air at both ends, or one around zero where there is
/// none to show. It is never empty, as a figure's axis must not be.
pub(crate) fn span(values: impl IntoIterator<Item = f64>) -> Range<f64> {
    let shown = values.into_iter().filter(|value| is_shown(*value));
    let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if high < low {
        return -1.0..1.0;
    }
    let width = high - low;
    let air = if width <= 1e-9 * high.abs() { high.abs().max(1.0) * 0.1 } else { width * 0.04 };
    low - air..high + air
}

/// Returns the span of `values` and zero: for what is a share of something, or a length.
pub(crate) fn span_from_zero(values: impl IntoIterator<Item = f64>) -> Range<f64> {
    let all = span(values.into_iter().chain([0.0]));
    if all.start < 0.0 && -all.start <= all.end * 0.05 { 0.0..all.end } else { all }
}

/// Returns `value` with three digits or so, without zeros that say nothing.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    let text = match size {
        _ if size < 1e-9 => return "0".to_owned(),
        _ if 100.0 <= size => return format!("{value:.0}"),
        _ if 10.0 <= size => format!("{value:.1}"),
        _ if 0.1 <= size => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn law_an_axis_is_finite_and_never_empty(values in prop::collection::vec(any::<f64>(), 0..9)) {
            for axis in [span(values.iter().copied()), span_from_zero(values.iter().copied())] {
                prop_assert!(axis.start < axis.end);
                prop_assert!(axis.start.is_finite() && axis.end.is_finite());
            }
        }
    }

    #[test]
    fn shares_begin_at_zero_and_differences_do_not() {
        assert_eq!(span_from_zero([10.0, 5.0]), 0.0..10.4);
        assert_eq!(span([1.0, 2.0]), 0.96..2.04);
        assert_eq!(span([f64::NAN]), -1.0..1.0);
    }

    #[test]
    fn labels_are_short() {
        let check = |value, expected: &str| assert_eq!(short(value), expected);
        check(0.0, "0");
        check(1_234.5, "1234");
        check(12.34, "12.3");
        check(20.0, "20");
        check(0.3, "0.3");
        check(-1.234, "-1.23");
        check(0.012_34, "0.0123");
    }
}
