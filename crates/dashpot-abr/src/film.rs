//! The film as rules see it: lengths and sizes.

use crate::Rung;
use std::fmt;

/// Lengths and sizes of a film's segments, as far as they are known before they are fetched.
pub trait Film: fmt::Debug {
    /// Returns how many segments there are; `None` where nobody knows, as in live streams.
    fn count(&self) -> Option<usize>;

    /// Returns the media time of segment `index`, in milliseconds.
    fn segment_ms(&self, index: usize) -> f64;

    /// Returns the size of segment `index` at `rung` in bits; what its nominal rate says where
    /// its size is not known.
    fn bits(&self, index: usize, rung: Rung) -> f64;
}

/// A film of which only the rates are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Nominal {
    /// Rates in kbit/s, ascending.
    pub ladder: Vec<f64>,
    /// Media time of each segment, in milliseconds.
    pub segment_ms: f64,
    /// How many segments there are, where that is known.
    pub count: Option<usize>,
}

impl Film for Nominal {
    fn count(&self) -> Option<usize> {
        self.count
    }

    fn segment_ms(&self, _index: usize) -> f64 {
        self.segment_ms
    }

    fn bits(&self, _index: usize, Rung(rung): Rung) -> f64 {
        self.ladder.get(rung).map_or(0.0, |kbps| kbps * self.segment_ms)
    }
}

/// A film whose every segment's size is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    ladder: Vec<f64>,
    segments_ms: Vec<f64>,
    /// Segment by segment, each rung by rung.
    bits: Vec<f64>,
}

/// Why numbers make no film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// There is no rung or no segment.
    Empty,
    /// A rate, a length or a size is no positive number.
    NotPositive,
    /// The rates do not ascend.
    NotAscending,
    /// This segment, counted from 0, has not one size for each rung.
    Uneven(usize),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no rungs or no segments"),
            Self::NotPositive => f.write_str("a rate, length or size is no positive number"),
            Self::NotAscending => f.write_str("the rates do not ascend"),
            Self::Uneven(segment) => {
                write!(f, "segment {segment} has not one size for each rung")
            }
        }
    }
}

impl std::error::Error for TableError {}

impl Table {
    /// Returns the film of these rates in kbit/s, lengths in milliseconds and, segment by segment
    /// and rung by rung, sizes in bits.
    ///
    /// # Errors
    /// Where the numbers make no film.
    pub fn new(
        ladder: Vec<f64>,
        segments_ms: Vec<f64>,
        sizes: &[Vec<f64>],
    ) -> Result<Self, TableError> {
        if ladder.is_empty() || segments_ms.is_empty() {
            return Err(TableError::Empty);
        }
        if let Some(segment) = sizes.iter().position(|rungs| rungs.len() != ladder.len()) {
            return Err(TableError::Uneven(segment));
        }
        if sizes.len() != segments_ms.len() {
            return Err(TableError::Uneven(sizes.len().min(segments_ms.len())));
        }
        if ladder.windows(2).any(|pair| pair[1] <= pair[0]) {
            return Err(TableError::NotAscending);
        }
        let bits = sizes.concat();
        let is_positive = |number: &f64| number.is_finite() && 0.0 < *number;
        if ![&ladder, &segments_ms, &bits].into_iter().flatten().all(is_positive) {
            return Err(TableError::NotPositive);
        }
        Ok(Self { ladder, segments_ms, bits })
    }

    /// Returns the rates in kbit/s, ascending.
    #[must_use]
    pub fn ladder(&self) -> &[f64] {
        &self.ladder
    }

    /// Returns as many of its segments as begin within `ms`, from the first again after the last.
    #[must_use]
    pub fn lasting(&self, ms: f64) -> Self {
        let (rungs, mut cut) = (self.ladder.len(), Self { ladder: self.ladder.clone(), ..EMPTY });
        let mut length_ms = 0.0;
        let mut segments = self.segments_ms.iter().zip(self.bits.chunks(rungs)).cycle();
        while let Some((segment_ms, bits)) = segments.next().filter(|_| length_ms < ms) {
            length_ms += segment_ms;
            cut.segments_ms.push(*segment_ms);
            cut.bits.extend(bits);
        }
        if cut.segments_ms.is_empty() { self.clone() } else { cut }
    }

    /// Returns how many segments there are.
    #[must_use]
    pub const fn segments(&self) -> usize {
        self.segments_ms.len()
    }
}

/// A table to be filled; no caller sees it empty.
const EMPTY: Table = Table { ladder: Vec::new(), segments_ms: Vec::new(), bits: Vec::new() };

impl Film for Table {
    fn count(&self) -> Option<usize> {
        Some(self.segments_ms.len())
    }

    /// The last segment's length stands for those after it.
    fn segment_ms(&self, index: usize) -> f64 {
        self.segments_ms[index.min(self.segments_ms.len() - 1)]
    }

    /// The last segment's sizes stand for those after it, the top rung's for those above it.
    fn bits(&self, index: usize, Rung(rung): Rung) -> f64 {
        let segment = index.min(self.segments_ms.len() - 1);
        self.bits[segment * self.ladder.len() + rung.min(self.ladder.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_whole_or_refused() {
        let check = |ladder: &[f64], lengths: &[f64], sizes: &[Vec<f64>], expected| {
            assert_eq!(Table::new(ladder.to_vec(), lengths.to_vec(), sizes).err(), expected);
        };
        check(&[1.0, 2.0], &[9.0], &[vec![5.0, 6.0]], None);
        check(&[], &[9.0], &[vec![]], Some(TableError::Empty));
        check(&[1.0], &[], &[], Some(TableError::Empty));
        check(&[1.0, 2.0], &[9.0], &[vec![5.0]], Some(TableError::Uneven(0)));
        check(&[1.0], &[9.0, 9.0], &[vec![5.0]], Some(TableError::Uneven(1)));
        check(&[2.0, 2.0], &[9.0], &[vec![5.0, 6.0]], Some(TableError::NotAscending));
        check(&[1.0], &[9.0], &[vec![f64::NAN]], Some(TableError::NotPositive));
        check(&[0.0], &[9.0], &[vec![1.0]], Some(TableError::NotPositive));
    }

    #[test]
    fn sizes_are_found_by_segment_and_rung() {
        let sizes = [vec![1.0, 2.0], vec![3.0, 4.0]];
        let film = Table::new(vec![10.0, 20.0], vec![100.0, 50.0], &sizes).unwrap();
        let found = [(0, 0), (0, 1), (1, 0), (1, 1), (7, 7)];
        let bits = found.map(|(index, rung)| film.bits(index, Rung(rung)));
        assert_eq!(format!("{bits:?}"), "[1.0, 2.0, 3.0, 4.0, 4.0]");
        let lengths = [0, 1, 7].map(|index| film.segment_ms(index));
        assert_eq!(format!("{lengths:?}"), "[100.0, 50.0, 50.0]");
    }
}
