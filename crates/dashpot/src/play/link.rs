//! What `--link` and `--latency` mean together.

use anyhow::{Context as _, bail};
use dashpot_base::Bitrate;
use dashpot_net::{Trace, UNLIMITED};
use std::{fs, path::Path, time::Duration};

/// Largest trace file that is read: `dashpot_net` takes a million rows of at most this length.
const FILE_BYTES_MAX: u64 = 32 << 20;

/// Returns the link to play over: a steady rate, a trace, latency alone, or none where neither is
/// given.
///
/// # Errors
/// Where `link` is neither a rate nor a readable trace, or a trace is given a second latency.
pub(super) fn of(link: Option<&str>, latency: Option<Duration>) -> anyhow::Result<Option<Trace>> {
    let Some(link) = link else {
        let delayed = latency.map(|latency| Trace::constant(UNLIMITED, latency));
        return delayed.transpose().context("`--latency` makes no link");
    };
    // A name with a path in it is never a rate, and neither is one that does not start as one.
    if !Path::new(link).exists() && link.starts_with(|first: char| first.is_ascii_digit()) {
        let rate = link.parse::<Bitrate>().with_context(|| {
            format!("`--link {link}` is no file and no rate; write `3Mbps` or name a trace")
        })?;
        let trace = Trace::constant(rate, latency.unwrap_or_default());
        return trace.map(Some).with_context(|| format!("`--link {link}` makes no link"));
    }
    if latency.is_some() {
        bail!("`--latency` goes with a rate; the trace `{link}` has a latency in each row");
    }
    read(Path::new(link)).map(Some)
}

fn read(path: &Path) -> anyhow::Result<Trace> {
    let place = path.display();
    let size = fs::metadata(path).with_context(|| format!("cannot read trace `{place}`"))?.len();
    if FILE_BYTES_MAX < size {
        bail!("trace `{place}` is {size} bytes; a trace may have {FILE_BYTES_MAX}");
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read trace `{place}`"))?;
    Trace::parse(&text).with_context(|| format!("trace `{place}` is not usable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(link: Option<&str>, latency_ms: Option<u64>, expected: Result<Option<&str>, &str>) {
        let got = of(link, latency_ms.map(Duration::from_millis)).map(|trace| {
            let rows = trace.iter().flat_map(Trace::rows);
            let rows = rows.map(|row| format!("{} {}", row.rate, row.latency.as_millis()));
            rows.reduce(|all, row| all + ", " + &row)
        });
        match (got, expected) {
            (Ok(got), Ok(expected)) => assert_eq!(got.as_deref(), expected, "{link:?}"),
            (Err(got), Err(expected)) => {
                let got = format!("{got:#}");
                assert!(got.contains(expected), "{got}");
            }
            (got, expected) => panic!("{link:?}: {got:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn a_link_is_a_rate_or_a_trace() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let good = file("good.csv", "1000,800,20\n1000,0,30\n");
        let bad = file("bad.csv", "1000,800\n");

        check(None, None, Ok(None));
        check(Some("3Mbps"), None, Ok(Some("3Mbps 0")));
        check(Some("300kbps"), Some(20), Ok(Some("300kbps 20")));
        check(Some(&good), None, Ok(Some("800kbps 20, 0bps 30")));
        check(Some(&good), Some(20), Err("`--latency` goes with a rate"));
        check(Some(&bad), None, Err("line 1 has 2 fields"));
        check(Some("3"), None, Err("needs a unit"));
        check(Some("0Mbps"), None, Err("bandwidth of 0"));
        check(Some("nowhere.csv"), None, Err("cannot read trace `nowhere.csv`"));
        let delayed = of(None, Some(Duration::from_millis(20))).unwrap().unwrap();
        assert_eq!(delayed.rows().map(|row| row.rate).collect::<Vec<_>>(), [UNLIMITED]);
    }
}
