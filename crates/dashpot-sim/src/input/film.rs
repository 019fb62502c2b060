//! Films, of any origin.

use super::{Hasher, sabre};
use crate::lab;
use dashpot_abr::{Film as _, Rung, Table, TableError};
use std::sync::Arc;

/// A film that sessions play.
#[derive(Clone, Debug)]
pub struct Movie {
    /// What it is called, in results.
    pub name: String,
    /// Its ladder, and the length and size of each segment.
    pub film: Arc<Table>,
    /// The same, ready to be played by native sessions.
    pub lab: lab::Film,
    /// How like the source each segment looks (SSIM, -1 to 1): segment by segment, each rung by rung.
    /// Empty where nobody measured it.
    pub ssim: Vec<f64>,
    /// Identifies its content, whatever its name.
    pub hash: u64,
}

/// One version of a film as its index tells of it: for each segment its length in milliseconds and
/// its size in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    /// The declared rate, in kbit/s; the highest of any segment where none is declared.
    pub kbps: Option<f64>,
    /// Length in milliseconds and size in bytes.
    pub segments: Vec<(f64, u64)>,
    /// How like the source each looks (SSIM, -1 to 1), where that was measured.
    pub ssim: Option<Vec<f64>>,
}

/// Why something is no film.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FilmError {
    /// Sabre's JSON cannot be used.
    #[error(transparent)]
    Sabre(#[from] sabre::SabreError),
    /// The numbers make no film.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The versions are not cut alike.
    #[error(
        "its versions are not cut alike: segment {index} lasts {a_ms} ms in one, {b_ms} ms in another"
    )]
    Unaligned {
        /// Which, counted from 0.
        index: usize,
        /// The length in the first version.
        a_ms: f64,
        /// The length in another.
        b_ms: f64,
    },
    /// The versions have different numbers of segments.
    #[error("its versions have different numbers of segments: {0} and {1}")]
    Lengths(usize, usize),
    /// A version's segments were not all measured.
    #[error("{ssim} of {segments} segments of a version have a measured SSIM")]
    Ssim {
        /// How many segments there are.
        segments: usize,
        /// How many were measured.
        ssim: usize,
    },
}

/// By how much the versions of a segment may differ in length, in milliseconds: what rounding to
/// the ticks of different timescales comes to.
const ALIGNED_MS: f64 = 2.0;

impl Movie {
    /// Returns `film` under that name.
    #[must_use]
    pub fn new(name: String, film: Table) -> Self {
        let mut hasher = Hasher::default();
        hasher.list(film.ladder().iter());
        for index in 0..film.segments() {
            let bits = (0..film.ladder().len()).map(|rung| film.bits(index, Rung(rung)));
            let row = std::iter::once(film.segment_ms(index)).chain(bits).collect::<Vec<_>>();
            hasher.list(row.iter());
        }
        let lab = lab::Film::new(&film);
        Self { name, film: Arc::new(film), lab, ssim: Vec::new(), hash: hasher.finish() }
    }

    /// Returns how like the source segment `index` at `rung` looks, where that was measured.
    #[must_use]
    pub fn ssim(&self, index: usize, rung: usize) -> Option<f64> {
        let rungs = self.film.ladder().len();
        let is_there = index < self.film.segments() && rung < rungs;
        is_there.then(|| self.ssim.get(index * rungs + rung).copied()).flatten()
    }

    /// Reads a film as Sabre has it.
    ///
    /// # Errors
    /// Where it is none; the place is in the message.
    pub fn read(name: String, text: &str) -> Result<Self, FilmError> {
        Ok(Self::new(name, sabre::movie(text)?))
    }

    /// Returns the film of these versions, in any order; of several at one rate the first is taken.
    ///
    /// # Errors
    /// Where they make none, or are not cut alike.
    pub fn of_versions(name: String, versions: Vec<Segments>) -> Result<Self, FilmError> {
        let mut versions: Vec<(f64, Segments)> = versions
            .into_iter()
            .map(|it| (it.kbps.unwrap_or_else(|| peak(&it.segments)), it))
            .collect();
        versions.sort_by(|a, b| a.0.total_cmp(&b.0));
        versions.dedup_by(|a, b| a.0.total_cmp(&b.0).is_eq());
        let first = &versions.first().ok_or(TableError::Empty)?.1.segments;
        for (_, Segments { segments: other, ssim, .. }) in &versions {
            let of_other = ssim.as_ref().map_or(other.len(), Vec::len);
            if of_other != other.len() {
                return Err(FilmError::Ssim { segments: other.len(), ssim: of_other });
            }
            if first.len() != other.len() {
                return Err(FilmError::Lengths(first.len(), other.len()));
            }
            for (index, (&(a_ms, _), &(b_ms, _))) in first.iter().zip(other).enumerate() {
                if ALIGNED_MS < (a_ms - b_ms).abs() {
                    return Err(FilmError::Unaligned { index, a_ms, b_ms });
                }
            }
        }
        let lengths = first.iter().map(|(ms, _)| *ms).collect();
        let sizes = (0..first.len())
            .map(|index| versions.iter().map(|(_, it)| bits(it.segments[index].1)).collect())
            .collect::<Vec<Vec<f64>>>();
        let ladder = versions.iter().map(|(kbps, _)| *kbps).collect();
        let mut movie = Self::new(name, Table::new(ladder, lengths, &sizes)?);
        let ssim = versions.iter().map(|(_, it)| it.ssim.as_ref()).collect::<Option<Vec<_>>>();
        if let Some(ssim) = ssim {
            let of = |index: usize| ssim.iter().map(move |rung| rung[index]);
            movie.ssim = (0..movie.film.segments()).flat_map(of).collect();
            let mut hasher = Hasher::default();
            hasher.list(movie.ssim.iter());
            movie.hash = movie.hash.rotate_left(1) ^ hasher.finish();
        }
        Ok(movie)
    }
}

/// Returns the highest rate of any segment, in kbit/s.
fn peak(segments: &[(f64, u64)]) -> f64 {
    segments.iter().map(|&(ms, bytes)| bits(bytes) / ms).fold(0.0, f64::max)
}

#[expect(clippy::cast_precision_loss, reason = "sizes of segments are far below 2^53")]
const fn bits(bytes: u64) -> f64 {
    bytes as f64 * 8.0
}

#[cfg(test)]
mod tests {
    use super::*;

    type Version<'a> = (Option<f64>, &'a [(f64, u64)]);

    fn versions(of: &[Version<'_>]) -> Result<Movie, FilmError> {
        let versions = of.iter().map(|(kbps, segments)| Segments {
            kbps: *kbps,
            segments: segments.to_vec(),
            ssim: None,
        });
        Movie::of_versions("film".to_owned(), versions.collect())
    }

    #[test]
    fn versions_become_rungs_from_low_to_high() {
        let high: &[(f64, u64)] = &[(2_000.0, 250_000), (1_000.5, 100_000)];
        let low: &[(f64, u64)] = &[(2_000.0, 25_000), (1_000.0, 10_000)];
        let movie = versions(&[(None, high), (Some(90.0), low), (Some(90.0), high)]).unwrap();
        assert_eq!(format!("{:?}", movie.film.ladder()), "[90.0, 1000.0]");
        let bits = movie.film.bits(1, Rung(1));
        assert_eq!(format!("{bits:?} {:?}", movie.film.segment_ms(1)), "800000.0 1000.0");
    }

    #[test]
    fn versions_that_are_not_cut_alike_are_refused() {
        let check = |of: &[Version<'_>], words: &str| {
            let message = versions(of).unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        };
        check(&[], "no rungs");
        let whole: &[(f64, u64)] = &[(1.0, 1), (9.0, 1)];
        check(&[(Some(1.0), whole), (Some(2.0), &whole[..1])], "numbers of segments: 2 and 1");
        let other: &[(f64, u64)] = &[(1.0, 1), (5.0, 1)];
        check(&[(Some(1.0), whole), (Some(2.0), other)], "segment 1 lasts 9 ms in one, 5 ms");
        check(&[(Some(1.0), &[(1.0, 0)])], "no positive number");
    }

    #[test]
    fn similarities_stay_with_their_versions_and_are_content() {
        let of = |high: Option<Vec<f64>>| {
            let version = |kbps, ssim| Segments {
                kbps: Some(kbps),
                segments: vec![(1_000.0, 9), (1_000.0, 9)],
                ssim,
            };
            let versions = vec![version(2.0, high), version(1.0, Some(vec![0.5, 0.75]))];
            Movie::of_versions("film".to_owned(), versions)
        };
        let movie = of(Some(vec![0.9, 1.0])).unwrap();
        let found = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (0, 2)];
        let found = found.map(|(index, rung)| movie.ssim(index, rung));
        assert_eq!(found, [Some(0.5), Some(0.9), Some(0.75), Some(1.0), None, None]);
        let without = of(None).unwrap();
        assert_eq!(without.ssim(0, 0), None);
        let other = of(Some(vec![0.9, 0.99])).unwrap();
        assert!(movie.hash != without.hash && movie.hash != other.hash);
        let told = of(Some(vec![0.9])).unwrap_err().to_string();
        assert!(told.contains("1 of 2 segments"), "{told}");
    }

    #[test]
    fn the_hash_is_of_the_content() {
        let of = |size: u64| versions(&[(Some(1.0), &[(9.0, size)])]).unwrap().hash;
        assert_eq!(of(5), of(5));
        assert_ne!(of(5), of(6));
    }
}
