//! Films and networks from files in other tools' formats, as text: whoever calls has read them.

mod film;
mod network;
pub mod sabre;
mod vbr;

pub use film::{FilmError, Movie, Segments};
pub use network::{Network, NetworkError, NetworkFormat};
pub use vbr::{Vbr, VbrError};

/// A stretch of a network in kbit/s and milliseconds, as published simulators have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// How long it lasts, in milliseconds; positive.
    pub duration_ms: f64,
    /// What it carries, in kbit/s; zero in an outage.
    pub bandwidth_kbps: f64,
    /// From a request to its first byte, in milliseconds.
    pub latency_ms: f64,
}

/// Hashes numbers by their bits, with their count before each list, so that no two inputs run
/// together.
#[derive(Default)]
struct Hasher(xxhash_rust::xxh3::Xxh3Default);

impl Hasher {
    fn list<'a>(&mut self, numbers: impl ExactSizeIterator<Item = &'a f64>) {
        self.0.update(&u64::try_from(numbers.len()).unwrap_or(u64::MAX).to_le_bytes());
        for number in numbers {
            self.0.update(&number.to_bits().to_le_bytes());
        }
    }

    fn finish(&self) -> u64 {
        self.0.digest()
    }
}
