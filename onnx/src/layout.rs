//! What a network is shown, by the shape of its input.

use anyhow::bail;
use serde::Deserialize;

/// So many past segments are shown.
const PAST: usize = 8;

/// The rows of Pensieve's state.
const ROWS: usize = 6;

/// Numbers of the flat layout besides one for each rung.
const FLAT: usize = 3 + PAST;

/// The most rungs: more than any ladder has.
const RUNGS_MAX: usize = 64;

/// Buffer and download times are shown in tens of seconds, as Pensieve does.
const TIME_MS: f64 = 10_000.0;

/// From so many segments before the end on, it is seen: Pensieve's film has as many.
const END: f64 = 48.0;

/// What a request shows, as far as it is looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen {
    pub(crate) ladder_kbps: Vec<f64>,
    index: usize,
    segments: Option<usize>,
    segment_ms: f64,
    next_bits: Vec<Vec<f64>>,
    buffer_ms: f64,
    buffer_max_ms: f64,
    last: Option<usize>,
    history: Vec<Past>,
}

#[derive(Debug, Deserialize)]
struct Past {
    index: usize,
    rung: usize,
    bits: f64,
    took_ms: f64,
    buffer_ms: f64,
}

/// How what is seen is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Pensieve's state (SIGCOMM 2017) of 6 rows with 8 columns, the latest at the end: rate over the
    /// top rate, buffer in 10 s, throughput in MB/s, download time in 10 s, the next segment's sizes
    /// in MB from the first column on, and segments left over 48, at most 1.
    Pensieve,
    /// Buffer over the most there may be, last rate over the top one, share of the film that is left;
    /// the past throughputs over the top rate, latest at the end; the next segment's rates over the
    /// top rate. So many numbers in all.
    Flat(usize),
}

impl Layout {
    /// Returns the layout for an input of these sizes, `None` where the model leaves one open.
    pub(crate) fn of(sizes: &[Option<usize>]) -> anyhow::Result<Self> {
        let may_be = |size: Option<usize>, wanted| size.is_none_or(|size| size == wanted);
        match *sizes {
            [batch, rows, columns]
                if may_be(batch, 1) && may_be(rows, ROWS) && may_be(columns, PAST) =>
            {
                Ok(Self::Pensieve)
            }
            [batch, Some(numbers)]
                if may_be(batch, 1) && (FLAT + 1..=FLAT + RUNGS_MAX).contains(&numbers) =>
            {
                Ok(Self::Flat(numbers))
            }
            _ => {
                let size = |size: &Option<usize>| size.map_or("?".to_owned(), |it| it.to_string());
                let shape = sizes.iter().map(size).collect::<Vec<_>>().join("x");
                bail!(
                    "its input has the shape {shape}; 1x{ROWS}x{PAST} (Pensieve's state) is expected, \
                     or 1 x {FLAT} and one more for each rung"
                )
            }
        }
    }

    /// Returns the shape of the input.
    pub(crate) fn shape(self) -> Vec<usize> {
        match self {
            Self::Pensieve => vec![1, ROWS, PAST],
            Self::Flat(numbers) => vec![1, numbers],
        }
    }

    /// Lays out what is seen.
    pub(crate) fn fill(self, seen: &Seen) -> anyhow::Result<Vec<f32>> {
        let rungs = seen.ladder_kbps.len();
        let (Some(top), Some(next)) = (seen.ladder_kbps.last(), seen.next_bits.first()) else {
            bail!("a request shows no ladder or no segment");
        };
        let known = seen.history.iter().map(|past| past.rung).chain(seen.last);
        if next.len() != rungs || PAST < seen.history.len() || known.max() >= Some(rungs) {
            bail!("a request contradicts itself: its ladder has {rungs} rungs");
        }
        let all = match self {
            Self::Pensieve if PAST < rungs => {
                bail!("Pensieve's state has room for {PAST} rungs, and the film has {rungs}")
            }
            Self::Pensieve => pensieve(seen, *top, next),
            Self::Flat(numbers) if numbers != FLAT + rungs => bail!(
                "the network takes {numbers} numbers, and a film of {rungs} rungs has {}",
                FLAT + rungs
            ),
            Self::Flat(_) => flat(seen, *top, next),
        };
        #[expect(clippy::cast_possible_truncation, reason = "networks reckon in f32")]
        Ok(all.into_iter().map(|number| number as f32).collect())
    }
}

fn pensieve(seen: &Seen, top: f64, next: &[f64]) -> Vec<f64> {
    let mut rows = vec![0.0; ROWS * PAST];
    let mut set = |row: usize, column: usize, value: f64| rows[row * PAST + column] = value;
    let left = |index: usize| {
        seen.segments.map_or(1.0, |count| (real(count.saturating_sub(index)) / END).min(1.0))
    };
    for (past, column) in seen.history.iter().zip(PAST - seen.history.len()..) {
        set(0, column, seen.ladder_kbps[past.rung] / top);
        set(1, column, past.buffer_ms / TIME_MS);
        set(2, column, over(past.bits / 8e3, past.took_ms));
        set(3, column, past.took_ms / TIME_MS);
        set(5, column, left(past.index + 1));
    }
    // What is in the buffer when the choice is made, a pause after the arrival included.
    set(1, PAST - 1, seen.buffer_ms / TIME_MS);
    set(5, PAST - 1, left(seen.index));
    for (bits, column) in next.iter().zip(0..) {
        set(4, column, bits / 8e6);
    }
    rows
}

fn flat(seen: &Seen, top: f64, next: &[f64]) -> Vec<f64> {
    let last = seen.last.map_or(0.0, |rung| seen.ladder_kbps[rung] / top);
    let left = seen.segments.map_or(1.0, |count| 1.0 - over(real(seen.index), real(count)));
    let mut all = vec![seen.buffer_ms / seen.buffer_max_ms, last, left];
    all.resize(3 + PAST - seen.history.len(), 0.0);
    all.extend(seen.history.iter().map(|past| over(past.bits, past.took_ms) / top));
    all.extend(next.iter().map(|bits| bits / seen.segment_ms / top));
    all
}

/// Returns the quotient; 0 where nothing was measured.
fn over(part: f64, whole: f64) -> f64 {
    if 0.0 < whole { part / whole } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "no film has 2^53 segments")]
const fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_told_by_the_shape() {
        let check = |sizes: &[Option<usize>], expected: Option<Layout>| {
            assert_eq!(Layout::of(sizes).ok(), expected, "{sizes:?}");
        };
        check(&[Some(1), Some(6), Some(8)], Some(Layout::Pensieve));
        check(&[None, Some(6), Some(8)], Some(Layout::Pensieve));
        check(&[None, Some(17)], Some(Layout::Flat(17)));
        check(&[None, None], None);
        check(&[Some(2), Some(17)], None);
        check(&[Some(1), Some(11)], None);
        check(&[Some(1), Some(8), Some(6)], None);
        check(&[Some(48)], None);
        check(&[], None);
    }

    fn seen(history: &str) -> Seen {
        let text = format!(
            r#"{{"ladder_kbps":[500,1000],"index":2,"segments":26,"segment_ms":2000,
            "next_bits":[[800000,2400000],[1,1]],"buffer_ms":3000,"buffer_max_ms":12000,"last":1,
            "history":[{history}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    const PLAYED: &str = r#"{"index":0,"rung":0,"bits":1000000,"took_ms":500,"buffer_ms":2000},
        {"index":1,"rung":1,"bits":2000000,"took_ms":4000,"buffer_ms":4000}"#;

    #[test]
    fn pensieves_state_has_the_latest_at_the_end() {
        let state = Layout::Pensieve.fill(&seen(PLAYED)).unwrap();
        let none = [0.0; 6];
        let row = |index: usize| state[index * 8..][..8].to_vec();
        let expected = |last: [f32; 2]| [&none[..], &last].concat();
        assert_eq!(row(0), expected([0.5, 1.0]));
        assert_eq!(row(1), expected([0.2, 0.3]));
        // 125 kB in 500 ms, 250 kB in 4 s.
        assert_eq!(row(2), expected([0.25, 0.0625]));
        assert_eq!(row(3), expected([0.05, 0.4]));
        assert_eq!(row(4), [&[0.1, 0.3][..], &none].concat());
        // 25 of 48 segments are left after the first, 24 when the third is chosen.
        assert_eq!(row(5), expected([25.0 / 48.0, 0.5]));
    }

    #[test]
    fn the_flat_layout_is_that_of_the_environment() {
        let all = Layout::Flat(13).fill(&seen(PLAYED)).unwrap();
        let expected = [0.25, 1.0, 12.0 / 13.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.5, 0.4, 1.2];
        assert_eq!(all, expected);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let check = |layout: Layout, history: &str, expected: &str| {
            let told = layout.fill(&seen(history)).unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        };
        check(Layout::Flat(14), "", "takes 14 numbers, and a film of 2 rungs has 13");
        let high = PLAYED.replace("\"rung\":1", "\"rung\":2");
        check(Layout::Pensieve, &high, "contradicts itself");
        let many = [PLAYED; 5].join(",");
        check(Layout::Pensieve, &many, "contradicts itself");
        let nine = Seen { ladder_kbps: vec![1.0; 9], next_bits: vec![vec![1.0; 9]], ..seen("") };
        let told = Layout::Pensieve.fill(&nine).unwrap_err().to_string();
        assert!(told.contains("room for 8 rungs, and the film has 9"), "{told}");
    }
}
