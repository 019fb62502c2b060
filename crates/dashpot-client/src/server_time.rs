//! What time it is where the presentation is made.

use dashpot_base::WallTime;
use dashpot_http::{age, date};
use dashpot_mpd::{Mpd, time::parse_date_time};
use reqwest::header::{DATE, HeaderMap};
use std::time::Duration;

/// A server's time as its own answer has it, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(WallTime);

/// The scheme whose value is the time itself (ISO/IEC 23009-1 §5.8.4.11).
const DIRECT: &str = "urn:mpeg:dash:utc:direct:2014";

/// How far apart two clocks may be that are taken to agree: a date is cut to its second, and it was
/// written some time before it is read.
const AGREE: Duration = Duration::from_millis(1_500);

impl Stamp {
    /// Reads when an answer left its server: its date, and how long a cache has kept it since.
    pub(crate) fn of(headers: &HeaderMap, local: WallTime) -> Option<Self> {
        let date = date::parse(local, headers.get(DATE)?.as_bytes())?;
        Some(Self(date.after(age::parse(headers).unwrap_or_default())))
    }
}

/// Returns the time there, which is `local` here: what the MPD says directly, else this clock
/// where the server's `Date` agrees with it, else that.
pub(crate) fn now(mpd: &Mpd, stamp: Option<Stamp>, local: WallTime) -> WallTime {
    let direct = mpd.utc_timings.iter().find(|it| it.scheme_id_uri.as_deref() == Some(DIRECT));
    let told = direct.and_then(|it| parse_date_time(it.value.as_deref()?.trim()).ok());
    if let Some(told) = told {
        return told;
    }
    // On average a date was half a second old when it was cut.
    let dated = stamp.map(|Stamp(date)| date.after(Duration::from_millis(500)));
    match dated {
        Some(dated) if AGREE < dated.since(local).max(local.since(dated)) => {
            tracing::debug!("this clock and the server's do not agree: the server's counts");
            dated
        }
        Some(_) | None => local,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_time_counts_where_the_clocks_do_not_agree() {
        let local = WallTime::from_unix_seconds(1_000);
        let check = |timing: &str, date: Option<(u64, &'static str)>, expected_ms: u64| {
            let text = format!(r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">{timing}</MPD>"#);
            let (mpd, _) = dashpot_mpd::parse(text.as_bytes()).expect("an MPD");
            let mut headers = HeaderMap::new();
            if let Some((seconds, age)) = date {
                headers.insert(DATE, date::to_value(WallTime::from_unix_seconds(seconds)));
                headers.insert("age", age.parse().expect("a value"));
            }
            let found = now(&mpd, Stamp::of(&headers, local), local);
            assert_eq!(found.unix_millis(), expected_ms, "{timing} {date:?}");
        };
        let direct = r#"<UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="1970-01-01T00:20:00.250Z"/>"#;
        let odd = r#"<UTCTiming schemeIdUri="urn:mpeg:dash:utc:direct:2014" value="noon"/>"#;
        check("", None, 1_000_000);
        check(direct, Some((7, "0")), 1_200_250);
        check(odd, Some((999, "0")), 1_000_000);
        check("", Some((1_000, "0")), 1_000_000);
        check("", Some((990, "10")), 1_000_000);
        check("", Some((990, "0")), 990_500);
        check("", Some((2_000, "5")), 2_005_500);
    }
}
