//! Panels over one axis of time, one below the other.

use super::{Area, FigureError, GRID, INK, legend, line, svg, text, upright};
use crate::{
    axis::{is_shown, short, span_from_zero},
    palette::Colour,
};
use plotters::prelude::*;
use std::ops::Range;

const WIDTH: u32 = 980;
const PANEL: u32 = 170;

/// One line of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// How it is drawn.
    pub colour: Colour,
    /// Time in seconds and value, in order of time.
    pub points: Vec<(f64, f64)>,
    /// Whether a value stands until the next one, rather than moving towards it.
    pub is_step: bool,
}

/// One panel: lines with the same unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What is shown, with its unit.
    pub label: String,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Spans of time that are marked, such as stalls.
    pub marked: Vec<Range<f64>>,
}

/// Panels over one axis of time in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// How long the axis is; what lies outside is left out.
    pub seconds: f64,
    /// From top to bottom.
    pub panels: Vec<Panel>,
}

/// Draws `figure`.
///
/// # Errors
/// Where the drawing library refuses.
pub fn stack(figure: &Stack) -> Result<String, FigureError> {
    let count = u32::try_from(figure.panels.len().max(1)).unwrap_or(1);
    svg((WIDTH, PANEL * count + 24), |area| {
        let (top, bottom) = area.split_vertically(PANEL * count - 6);
        let panels = top.split_evenly((figure.panels.len().max(1), 1));
        for (panel, place) in figure.panels.iter().zip(&panels) {
            draw(place, panel, figure.seconds)?;
        }
        let middle = i32::try_from(WIDTH / 2).unwrap_or_default();
        let label = Text::new("seconds since the session began", (middle - 90, 6), text(14));
        bottom.draw(&label).map_err(FigureError::of)
    })
}

fn draw(area: &Area<'_>, panel: &Panel, seconds: f64) -> Result<(), FigureError> {
    let values = panel.lines.iter().flat_map(|line| line.points.iter().map(|point| point.1));
    let axis = span_from_zero(values);
    let seconds = if is_shown(seconds) && 0.0 < seconds { seconds } else { 1.0 };
    let mut chart = ChartBuilder::on(area)
        .margin(6)
        .margin_right(16)
        .x_label_area_size(22)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..seconds, axis.clone())
        .map_err(FigureError::of)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(text(13))
        .x_label_formatter(&|value| short(*value))
        .y_label_formatter(&|value| short(*value))
        .x_labels(12)
        .y_labels(5)
        .draw()
        .map_err(FigureError::of)?;
    let label = Text::new(panel.label.clone(), (14, 120), upright(13));
    area.draw(&label).map_err(FigureError::of)?;
    let marked = panel.marked.iter().map(|span| {
        let within = |at: f64| at.clamp(0.0, seconds);
        let corners = [(within(span.start), axis.start), (within(span.end), axis.end)];
        Rectangle::new(corners, RGBColor(214, 57, 57).mix(0.25).filled())
    });
    chart.draw_series(marked).map_err(FigureError::of)?;
    for it in &panel.lines {
        line(&mut chart, &it.name, it.colour, corners(it, seconds))?;
    }
    legend(&mut chart, SeriesLabelPosition::UpperRight)
}

/// Returns the points to join: of a step, both ends of each.
fn corners(line: &Line, end: f64) -> Vec<(f64, f64)> {
    let points =
        line.points.iter().copied().filter(|(x, y)| (0.0..=end).contains(x) && is_shown(*y));
    if !line.is_step {
        return points.collect();
    }
    let mut corners: Vec<(f64, f64)> = Vec::with_capacity(line.points.len() * 2 + 1);
    for (x, y) in points {
        if let Some(&(_, before)) = corners.last() {
            corners.push((x, before));
        }
        corners.push((x, y));
    }
    if let Some(&(x, y)) = corners.last()
        && x < end
    {
        corners.push((end, y));
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_stands_until_the_next_one_and_to_the_end() {
        let points = vec![(0.0, 1.0), (2.0, 5.0)];
        let line = Line { name: String::new(), colour: (0, 0, 0), points, is_step: true };
        assert_eq!(corners(&line, 3.0), [(0.0, 1.0), (2.0, 1.0), (2.0, 5.0), (3.0, 5.0)]);
        assert_eq!(corners(&Line { is_step: false, ..line }, 3.0), [(0.0, 1.0), (2.0, 5.0)]);
    }
}
