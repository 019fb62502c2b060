//! Figures and pages as pure values: numbers go in, SVG, PNG and HTML come out.
//!
//! Layer 3. Nothing in here reads a file, measures or decides; a page holds everything it shows
//! and asks nothing of the network.

mod axis;
mod bitmap;
mod escape;
mod figure;
mod page;
mod palette;
mod table;

pub use bitmap::{BitmapError, png};
pub use escape::escape;
pub use figure::{
    Cdf, FigureError, Interval, Intervals, Line, Panel, Stack, cdf, intervals, stack,
};
pub use page::Page;
pub use palette::{COLOURED, Colour, QUIET, colour};
pub use table::{Cell, Table};
