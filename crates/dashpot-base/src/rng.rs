//! Randomness that a seed makes repeatable.

use rand_core::Rng as _;
use rand_pcg::Pcg64Mcg;

/// The seed of a run: printed at its start, so that a run can be had again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

/// A generator whose whole sequence follows from its [`Seed`] (PCG XSL 128/64).
#[derive(Clone, Debug)]
pub struct Rng(Pcg64Mcg);

impl Rng {
    /// Returns the generator of `seed`.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        // The generator makes its state odd; shifted, no two seeds come to the same.
        Self(Pcg64Mcg::new((u128::from(seed.0) << 1) | (0x9E37_79B9_7F4A_7C15_u128 << 65) | 1))
    }

    /// Returns the next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns a number in `0.0 ..= 1.0 - 2^-53`, each multiple of 2^-53 equally likely.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Returns a number of the standard normal distribution (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        // The logarithm of zero is none; one less the draw is never zero.
        let (a, b) = (1.0 - self.unit(), self.unit());
        (-2.0 * libm::log(a)).sqrt() * libm::cos(std::f64::consts::TAU * b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_the_sequence() {
        let draw = |seed| {
            let mut rng = Rng::new(Seed(seed));
            (0..4).map(|_| rng.bits()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(0), draw(1));
        assert_ne!(draw(2), draw(3));
        let mut rng = Rng::new(Seed(7));
        assert!((0..1_000).map(|_| rng.unit()).all(|x| (0.0..1.0).contains(&x)));
    }

    #[test]
    fn normal_draws_have_mean_zero_and_variance_one() {
        let mut rng = Rng::new(Seed(7));
        let draws = (0..20_000).map(|_| rng.normal()).collect::<Vec<_>>();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }
}
