//! Figures as SVG.

mod cdf;
mod intervals;
mod stack;

pub use cdf::{Cdf, cdf};
pub use intervals::{Interval, Intervals, intervals};
pub use stack::{Line, Panel, Stack, stack};

use crate::palette::Colour;
use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
};

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot draw the figure: {0}")]
pub struct FigureError(String);

impl FigureError {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The page's font where the figure is seen in it; elsewhere the next best.
const FONT: FontFamily<'static> = FontFamily::Name("system-ui, sans-serif");

const INK: RGBColor = RGBColor(52, 58, 66);
const GRID: RGBColor = RGBColor(226, 229, 233);

fn text(size: u32) -> TextStyle<'static> {
    TextStyle::from((FONT, f64::from(size)).into_font()).color(&INK)
}

fn upright(size: u32) -> TextStyle<'static> {
    text(size).transform(FontTransform::Rotate270)
}

const fn rgb(colour: Colour) -> RGBColor {
    RGBColor(colour.0, colour.1, colour.2)
}

/// Draws a line through `points` that the legend names.
fn line(
    chart: &mut Chart<'_, '_>,
    name: &str,
    colour: Colour,
    points: Vec<(f64, f64)>,
) -> Result<(), FigureError> {
    let style = rgb(colour).stroke_width(2);
    let drawn = chart.draw_series(LineSeries::new(points, style)).map_err(FigureError::of)?;
    drawn.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    Ok(())
}

/// Names the lines that [`line()`] drew.
fn legend<'a, 'b: 'a>(
    chart: &mut Chart<'a, 'b>,
    place: SeriesLabelPosition,
) -> Result<(), FigureError> {
    let mut legend = chart.configure_series_labels();
    legend.position(place).background_style(WHITE.mix(0.85)).label_font(text(13));
    legend.draw().map_err(FigureError::of)
}

/// Draws a figure of that many pixels and returns it as an `svg` element that scales with its place.
fn svg(
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Result<(), FigureError>,
) -> Result<String, FigureError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area)?;
        area.present().map_err(FigureError::of)?;
    }
    let (width, height) = size;
    let fixed = format!(r#"<svg width="{width}" height="{height}" "#);
    Ok(svg.replacen(&fixed, r#"<svg role="img" preserveAspectRatio="xMinYMin meet" "#, 1))
}

#[cfg(test)]
mod tests;
