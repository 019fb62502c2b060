use super::*;
use crate::{Cdf, Interval, Intervals, cdf, colour, intervals};
use resvg::tiny_skia::PremultipliedColorU8;

fn drawn(svg: &str) -> Pixmap {
    Pixmap::decode_png(&png(svg).unwrap()).unwrap()
}

/// Counts the pixels that are not white.
fn inked(picture: &Pixmap) -> usize {
    let white = PremultipliedColorU8::from_rgba(255, 255, 255, 255).unwrap();
    picture.pixels().iter().filter(|pixel| **pixel != white).count()
}

#[test]
fn a_figure_is_drawn_twice_as_large_with_its_lines_in_their_colours() {
    let series = vec![("bola".to_owned(), colour(0), vec![1.0, 2.0, 3.0])];
    let picture = drawn(&cdf(&Cdf { label: "Mbit/s".to_owned(), series }).unwrap());
    assert_eq!((picture.width(), picture.height()), (1_040, 680));
    let (red, green, blue) = colour(0);
    let line = PremultipliedColorU8::from_rgba(red, green, blue, 255).unwrap();
    assert!(picture.pixels().contains(&line));
}

#[test]
fn words_are_drawn_with_no_font_but_its_own() {
    let text = |words: &str, family: &str| {
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 20"><text y="15" font-family="{family}">{words}</text></svg>"#
        );
        drawn(&svg)
    };
    assert_eq!(inked(&text("", "sans-serif")), 0);
    let expected = text("QoE − größer ≤ 4 Ω я", "Roboto");
    assert!(100 < inked(&expected));
    for family in ["system-ui, sans-serif", "sans-serif", "a font that nobody has"] {
        let same = text("QoE − größer ≤ 4 Ω я", family);
        assert!(same == expected, "{family}");
    }
    // What the font lacks shows that something is there.
    assert!(0 < inked(&text("漢字", "sans-serif")));
}

#[test]
fn nothing_outside_is_drawn_and_nothing_too_large() {
    let svg = |inner: &str, view: &str| {
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{view}">{inner}</svg>"#
        )
    };
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/report.png");
    let image = format!(r#"<image width="20" height="20" xlink:href="{picture}"/>"#);
    assert_eq!(inked(&drawn(&svg(&image, "0 0 20 20"))), 0);
    let check = |svg: &str, expected: &str| {
        let told = png(svg).unwrap_err().to_string();
        assert!(told.contains(expected), "{told}");
    };
    check(&svg("", "0 0 1 100000"), "2 x 200000 pixels");
    check("<svg", "as SVG");
    check("words", "as SVG");
}

#[test]
fn the_longest_figure_fits() {
    let item = |index: u32| Interval {
        name: format!("rule {index}"),
        low: 0.0,
        middle: f64::from(index),
        high: 60.0,
        colour: colour(0),
    };
    let figure = Intervals {
        label: "QoE".to_owned(),
        against_zero: true,
        items: (0..100).map(item).collect(),
    };
    assert_eq!(drawn(&intervals(&figure).unwrap()).width(), 1_040);
}
