//! Values with their intervals, one below the other.

use super::{Area, FigureError, GRID, INK, rgb, svg, text};
use crate::{
    axis::{is_shown, short, span, span_from_zero},
    palette::Colour,
};
use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

const WIDTH: u32 = 520;
const ROW: u32 = 28;
/// Room for the names, left, and for the axis, below.
const NAMES: u32 = 130;
const AXIS: u32 = 52;
/// More would fit no screen; a figure is not a table.
const ROWS_MAX: usize = 60;

/// A value that is known within limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Of what.
    pub name: String,
    /// The lower limit.
    pub low: f64,
    /// The value itself.
    pub middle: f64,
    /// The upper limit.
    pub high: f64,
    /// How it is drawn.
    pub colour: Colour,
}

/// Values with their intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervals {
    /// What is shown, with its unit.
    pub label: String,
    /// Whether these are differences, which are read against zero.
    pub against_zero: bool,
    /// From top to bottom; at most sixty are drawn.
    pub items: Vec<Interval>,
}

/// Draws `figure`.
///
/// # Errors
/// Where the drawing library refuses.
pub fn intervals(figure: &Intervals) -> Result<String, FigureError> {
    let rows = u32::try_from(figure.items.len().clamp(1, ROWS_MAX)).unwrap_or(1);
    svg((WIDTH, rows * ROW + AXIS + 16), |area| draw(area, figure))
}

fn draw(area: &Area<'_>, figure: &Intervals) -> Result<(), FigureError> {
    let items = &figure.items[..figure.items.len().min(ROWS_MAX)];
    let ends = items.iter().flat_map(|it| [it.low, it.middle, it.high]);
    let axis = if figure.against_zero { span_from_zero(ends) } else { span(ends) };
    let bottom = f64::from(u32::try_from(items.len().max(1)).unwrap_or(1));
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .x_label_area_size(AXIS - 8)
        .y_label_area_size(NAMES)
        .build_cartesian_2d(axis, bottom..0.0)
        .map_err(FigureError::of)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .x_desc(figure.label.as_str())
        .label_style(text(13))
        .axis_desc_style(text(14))
        .x_label_formatter(&|value| short(*value))
        .x_labels(5)
        .draw()
        .map_err(FigureError::of)?;
    if figure.against_zero {
        let zero = LineSeries::new([(0.0, 0.0), (0.0, bottom)], INK.stroke_width(1));
        chart.draw_series(zero).map_err(FigureError::of)?;
    }
    let name_style = text(14).pos(Pos::new(HPos::Right, VPos::Center));
    for (row, item) in (0_i32..).zip(items) {
        let y = f64::from(row) + 0.5;
        let place = chart.backend_coord(&(0.0, y)).1;
        let left = i32::try_from(NAMES).unwrap_or_default();
        area.draw(&Text::new(item.name.clone(), (left, place), name_style.clone()))
            .map_err(FigureError::of)?;
        if ![item.low, item.middle, item.high].iter().all(|end| is_shown(*end)) {
            continue;
        }
        let line =
            LineSeries::new([(item.low, y), (item.high, y)], rgb(item.colour).stroke_width(4));
        chart.draw_series(line).map_err(FigureError::of)?;
        let dot = Circle::new((item.middle, y), 5, rgb(item.colour).filled());
        chart.draw_series([dot]).map_err(FigureError::of)?;
    }
    Ok(())
}
