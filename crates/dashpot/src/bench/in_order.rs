//! Work on all processors whose outcome does not tell how many there were.

use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `work` for each of the `numbers`, which rise, and returns what it came to in their order.
///
/// # Errors
/// The first one in that order, whichever came first in time. What follows it may be left undone.
pub(super) fn in_order<T: Send>(
    numbers: Vec<usize>,
    work: impl Fn(usize) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let failed = AtomicUsize::new(usize::MAX);
    let done = numbers.into_par_iter().map(|number| {
        // What comes before a failure may fail as well, and is the one to be told then.
        if failed.load(Ordering::Relaxed) < number {
            return None;
        }
        let done = work(number);
        if done.is_err() {
            failed.fetch_min(number, Ordering::Relaxed);
        }
        Some(done)
    });
    // Whatever was left undone comes after an error.
    done.collect::<Vec<_>>().into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    /// The first to fail in time waits for nobody, the first in order for all the others.
    #[test]
    fn the_first_failure_is_told_whichever_came_first() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let both = Barrier::new(2);
        let told = pool.install(|| {
            in_order(vec![0, 3, 7, 8], |number| {
                // One thread is here with 3, the other one with what comes later.
                if number == 3 || number == 7 {
                    both.wait();
                }
                if number == 0 { Ok(()) } else { Err(anyhow::anyhow!("{number}")) }
            })
        });
        assert_eq!(told.unwrap_err().to_string(), "3");
    }

    #[test]
    fn what_succeeds_is_in_order() {
        let squares = in_order((0..100).collect(), |number| Ok(number * number)).unwrap();
        assert_eq!(squares, (0..100).map(|number| number * number).collect::<Vec<_>>());
    }
}
