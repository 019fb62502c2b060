use super::*;
use crate::colour;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn law_any_numbers_give_a_figure(
        values in prop::collection::vec(any::<f64>(), 0..12),
        name in "\\PC{0,12}",
    ) {
        let series = vec![(name.clone(), colour(0), values.clone())];
        let drawn = cdf(&Cdf { label: name.clone(), series })?;
        prop_assert!(drawn.starts_with("<svg role=\"img\""), "{drawn}");
        let items = values.iter().map(|&middle| Interval {
            name: name.clone(), low: -middle, middle, high: middle * 2.0, colour: colour(1),
        });
        let figure =
            Intervals { label: name.clone(), against_zero: true, items: items.collect() };
        intervals(&figure)?;
        let points = values.iter().map(|&value| (value, value)).collect();
        let line = Line { name: name.clone(), colour: colour(2), points, is_step: true };
        let panel = Panel { label: name, lines: vec![line], marked: vec![0.0..1.0] };
        stack(&Stack { seconds: values.first().copied().unwrap_or(1.0), panels: vec![panel] })?;
    }
}

#[test]
fn names_from_outside_stay_text() {
    let series = vec![("<script>".to_owned(), colour(0), vec![1.0])];
    let drawn = cdf(&Cdf { label: "a & b".to_owned(), series }).unwrap();
    assert!(!drawn.contains("<script>"), "{drawn}");
    assert!(drawn.contains("a &amp; b"), "{drawn}");
}
