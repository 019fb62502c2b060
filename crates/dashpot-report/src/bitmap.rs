//! Figures as bitmaps, for where SVG is not taken: slides, papers, chats.

use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{
        ImageHrefResolver, Options, Tree,
        fontdb::{Database, Source},
    },
};
use std::sync::Arc;

/// The one font of bitmaps, so that they look the same on a machine that has no fonts.
const FONT: &[u8] = include_bytes!("../fonts/Roboto-Regular.ttf");

/// The family's name in it.
const FAMILY: &str = "Roboto";

/// Pixels for each unit of the figure: sharp on screens with twice the pixels, and at half a page's
/// width in print.
const SCALE: u8 = 2;

/// The longest side in pixels: twice the longest figure there is, a few dozen megabytes.
const SIDE_MAX: u32 = 4_096;

/// Why there is no bitmap.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BitmapError {
    /// What was to be drawn is not SVG.
    #[error("cannot read the figure as SVG")]
    Svg(#[source] resvg::usvg::Error),
    /// The figure is empty or larger than any figure of a report.
    #[error("cannot draw a figure of {width} x {height} pixels: a side has 1 to {SIDE_MAX}")]
    Size {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// The picture could not be written as PNG.
    #[error("cannot write the figure as PNG: {0}")]
    Png(String),
}

/// Draws the figure `svg` on white and returns it as PNG with two pixels for each of its units.
///
/// Pictures within the figure are left out, so that nothing but `svg` is read.
///
/// # Errors
/// Where `svg` is none, or is too large.
pub fn png(svg: &str) -> Result<Vec<u8>, BitmapError> {
    let tree = Tree::from_str(svg, &options()).map_err(BitmapError::Svg)?;
    let scale = f32::from(SCALE);
    let size = tree.size().to_int_size();
    let [width, height] =
        [size.width(), size.height()].map(|side| side.saturating_mul(u32::from(SCALE)));
    let refused = BitmapError::Size { width, height };
    if SIDE_MAX < width || SIDE_MAX < height {
        return Err(refused);
    }
    let mut picture = Pixmap::new(width, height).ok_or(refused)?;
    picture.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    picture.encode_png().map_err(|error| BitmapError::Png(error.to_string()))
}

fn options() -> Options<'static> {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(Arc::new(FONT)));
    // A family that is not there falls back on a serif.
    fonts.set_serif_family(FAMILY);
    fonts.set_sans_serif_family(FAMILY);
    fonts.set_monospace_family(FAMILY);
    Options {
        font_family: FAMILY.to_owned(),
        fontdb: Arc::new(fonts),
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    }
}

#[cfg(test)]
mod tests;
