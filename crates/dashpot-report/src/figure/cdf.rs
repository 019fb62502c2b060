//! How often a value is at most so much, rule by rule.

use super::{Area, FigureError, GRID, INK, legend, line, svg, text};
use crate::{
    axis::{is_shown, short, span},
    palette::Colour,
};
use plotters::prelude::*;

const SIZE: (u32, u32) = (520, 340);

/// A cumulative distribution function of each of some series.
#[derive(Clone, Debug, PartialEq)]
pub struct Cdf {
    /// What is shown, with its unit.
    pub label: String,
    /// Name, colour and values of each series; a value that is not finite is left out.
    pub series: Vec<(String, Colour, Vec<f64>)>,
}

/// Draws `figure`.
///
/// # Errors
/// Where the drawing library refuses.
pub fn cdf(figure: &Cdf) -> Result<String, FigureError> {
    svg(SIZE, |area| draw(area, figure))
}

fn draw(area: &Area<'_>, figure: &Cdf) -> Result<(), FigureError> {
    let values = figure.series.iter().flat_map(|(_, _, values)| values.iter().copied());
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .x_label_area_size(42)
        .y_label_area_size(60)
        .build_cartesian_2d(span(values), 0.0..1.0)
        .map_err(FigureError::of)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .x_desc(figure.label.as_str())
        .y_desc("share of sessions")
        .label_style(text(13))
        .axis_desc_style(text(14))
        .x_label_formatter(&|value| short(*value))
        .y_label_formatter(&|share| format!("{:.0} %", share * 100.0))
        .x_labels(6)
        .y_labels(5)
        .draw()
        .map_err(FigureError::of)?;
    for (name, colour, values) in &figure.series {
        let points = steps(values);
        if points.is_empty() {
            continue;
        }
        line(&mut chart, name, *colour, points)?;
    }
    legend(&mut chart, SeriesLabelPosition::LowerRight)
}

/// Returns the corners of the function: it rises at each value.
fn steps(values: &[f64]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| is_shown(*value)).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len();
    let share = |index: usize| ratio(index, count);
    let corners = sorted.into_iter().enumerate();
    corners.flat_map(|(index, value)| [(value, share(index)), (value, share(index + 1))]).collect()
}

#[expect(clippy::cast_precision_loss, reason = "no sweep has 2^53 sessions")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_function_rises_at_each_value_from_none_to_all() {
        let expected = [(1.0, 0.0), (1.0, 0.5), (3.0, 0.5), (3.0, 1.0)];
        assert_eq!(steps(&[3.0, f64::NAN, 1.0]), expected);
        assert_eq!(steps(&[f64::INFINITY]), []);
    }
}
