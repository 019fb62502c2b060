//! Films made from a seed, so that nothing need be downloaded.

use super::Movie;
use dashpot_abr::{Table, TableError};
use dashpot_base::{Rng, Seed};

/// A made-up film of variable rate, as it is typed: `vbr,seed=1,segments=150`.
///
/// How hard a segment is to code wanders from one to the next, is the same for all rungs but for a
/// little, and leaves each rung's mean at its nominal rate: what published films look like
/// (coefficients of variation of 0.2 to 0.6).
#[derive(Clone, Debug, PartialEq)]
pub struct Vbr {
    seed: u64,
    segments: u32,
    seconds: f64,
    /// Coefficient of variation of segment sizes.
    cv: f64,
    /// Rates in kbit/s.
    ladder: Vec<f64>,
}

/// Why a made-up film cannot be had as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VbrError {
    /// Only one kind is made.
    #[error("`{0}` is no made-up film; there is `vbr`")]
    UnknownKind(String),
    /// A parameter is unknown or is not one of its values.
    #[error(
        "`{0}`: parameters are seed=1, segments=1..100000, seconds=0.1..60, cv=0..1, \
         ladder=300/750/1200 (kbit/s, ascending)"
    )]
    BadParameter(String),
    /// The parameters make no film.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The ladder of Pensieve's film, on which most published comparisons were made.
const LADDER: [f64; 6] = [300.0, 750.0, 1_200.0, 1_850.0, 2_850.0, 4_300.0];

/// How much of a segment's difficulty is that of the one before: scenes last some segments.
const KEPT: f64 = 0.7;

/// How much of the variation is a rung's own.
const OWN: f64 = 0.15;

impl Vbr {
    /// Reads `vbr` and its parameters, all of which may be left out.
    ///
    /// # Errors
    /// Where there is no such kind or parameter, or not with that value.
    pub fn parse(text: &str) -> Result<Self, VbrError> {
        let mut fields = text.split(',').map(str::trim);
        let name = fields.next().unwrap_or_default();
        if name != "vbr" {
            return Err(VbrError::UnknownKind(name.to_owned()));
        }
        // Ten minutes, as most published films.
        let mut film =
            Self { seed: 1, segments: 150, seconds: 4.0, cv: 0.3, ladder: LADDER.to_vec() };
        for field in fields.filter(|field| !field.is_empty()) {
            film.set(field).ok_or_else(|| VbrError::BadParameter(field.to_owned()))?;
        }
        Ok(film)
    }

    fn set(&mut self, field: &str) -> Option<()> {
        let (key, value) = field.split_once('=')?;
        let number = || value.parse::<f64>().ok();
        match key {
            "seed" => self.seed = value.parse().ok()?,
            "segments" => {
                self.segments = value.parse().ok().filter(|count| (1..=100_000).contains(count))?;
            }
            "seconds" => self.seconds = number().filter(|it| (0.1..=60.0).contains(it))?,
            "cv" => self.cv = number().filter(|it| (0.0..=1.0).contains(it))?,
            "ladder" => {
                let rates = value.split('/').map(str::parse::<f64>).collect::<Result<Vec<_>, _>>();
                let rates = rates.ok().filter(|rates| rates.len() <= 64)?;
                let sound = |rate: &f64| (1.0..=1e6).contains(rate);
                self.ladder = rates.iter().all(sound).then_some(rates)?;
            }
            _ => return None,
        }
        Some(())
    }

    /// Returns the film.
    ///
    /// # Errors
    /// Where the ladder does not ascend.
    pub fn movie(&self) -> Result<Movie, VbrError> {
        let mut rng = Rng::new(Seed(self.seed));
        // Of a log-normal distribution with this coefficient of variation.
        let deviation = libm::log(1.0 + self.cv * self.cv).sqrt();
        let drawn = (1.0 - KEPT * KEPT).sqrt();
        let mut hard = rng.normal();
        let mut sizes = Vec::new();
        for _ in 0..self.segments {
            let rungs = self.ladder.iter().map(|_| {
                let own = hard * (1.0 - OWN * OWN).sqrt() + OWN * rng.normal();
                libm::exp(deviation * own)
            });
            sizes.push(rungs.collect::<Vec<_>>());
            hard = KEPT * hard + drawn * rng.normal();
        }
        let count = f64::from(self.segments);
        let means = (0..self.ladder.len())
            .map(|rung| sizes.iter().map(|segment| segment[rung]).sum::<f64>() / count)
            .collect::<Vec<_>>();
        for segment in &mut sizes {
            for ((size, mean), kbps) in segment.iter_mut().zip(&means).zip(&self.ladder) {
                // Whole bytes, as every file has them.
                *size = (*size / mean * kbps * self.seconds * 125.0).ceil() * 8.0;
            }
        }
        let lengths = vec![self.seconds * 1e3; sizes.len()];
        let film = Table::new(self.ladder.clone(), lengths, &sizes)?;
        Ok(Movie::new(format!("vbr-{}", self.seed), film))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_abr::{Film as _, Rung};

    #[test]
    fn every_rungs_mean_is_its_rate_and_the_sizes_vary_as_asked() {
        let film = Vbr::parse("vbr,segments=2000,cv=0.4").unwrap().movie().unwrap().film;
        for (rung, kbps) in film.ladder().iter().enumerate() {
            let rates = (0..2_000).map(|index| film.bits(index, Rung(rung)) / 4_000.0);
            let rates = rates.collect::<Vec<_>>();
            let mean = rates.iter().sum::<f64>() / 2_000.0;
            let variance = rates.iter().map(|rate| (rate - mean) * (rate - mean)).sum::<f64>();
            let cv = (variance / 2_000.0).sqrt() / mean;
            assert!((mean - kbps).abs() < 0.1, "{kbps}: {mean}");
            assert!((0.3..0.5).contains(&cv), "{kbps}: {cv}");
        }
    }

    #[test]
    fn a_seed_fixes_the_film() {
        let hash = |text| Vbr::parse(text).unwrap().movie().unwrap().hash;
        assert_eq!(hash("vbr"), hash("vbr,seed=1"));
        assert_ne!(hash("vbr"), hash("vbr,seed=2"));
    }

    #[test]
    fn what_cannot_be_made_is_refused_with_what_can() {
        let check = |text: &str, words: &str| {
            let message = Vbr::parse(text).and_then(|film| film.movie()).unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        };
        check("cbr", "`cbr` is no made-up film; there is `vbr`");
        check("vbr,segments=0", "`segments=0`: parameters are");
        check("vbr,ladder=300/x", "`ladder=300/x`");
        check("vbr,ladder=300/200", "the rates do not ascend");
    }
}
