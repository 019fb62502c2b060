//! Where a body came from, as far as its fields tell.

use dashpot_abr::Source;

/// Reads `Cache-Status` and `CMSD-Dynamic`: in both, the member of the server nearest to the
/// player is the last (RFC 9211 §2, CTA-5006 §3).
pub(crate) fn source(cache_status: Option<&str>, server_data: Option<&str>) -> Source {
    let cache = cache_status.and_then(last_member);
    let server = server_data.and_then(last_member);
    Source {
        // RFC 9211 §2.1: the parameter `hit` is there, true, or the response is none.
        is_hit: cache.map(|member| matches!(parameter(member, "hit"), Some("" | "?1"))),
        // CTA-5006: whole kilobits a second.
        server_kbps: server
            .and_then(|member| parameter(member, "etp")?.parse::<u32>().ok())
            .map(f64::from),
    }
}

/// Returns the last member of a list that has something to say.
fn last_member(list: &str) -> Option<&str> {
    unquoted(list, ',').filter(|member| !member.trim().is_empty()).last()
}

/// Returns the value of a member's parameter; empty where it has none.
fn parameter<'a>(member: &'a str, name: &str) -> Option<&'a str> {
    unquoted(member, ';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        (key.trim() == name).then_some(value.trim())
    })
}

/// Splits at a character outside of strings (RFC 9651 §3.3.3).
fn unquoted(text: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut in_string, mut escaped) = (false, false);
    text.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => return character == at && !in_string,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cache: &str, server: &str, expected: (Option<bool>, Option<f64>)) {
        let found = source(Some(cache), Some(server));
        assert_eq!((found.is_hit, found.server_kbps), expected, "{cache} {server}");
    }

    #[test]
    fn the_nearest_server_counts_rfc_9211_2() {
        check("origin; hit, edge; fwd=uri-miss; stored", "", (Some(false), None));
        check("origin; fwd=miss, \"edge, the near one\"; hit; ttl=30", "", (Some(true), None));
        check("edge; hit=?1", "", (Some(true), None));
        check("edge; detail=\"; hit\"", "", (Some(false), None));
        check("edge; key=\"a\\\"; hit\"; hit", "", (Some(true), None));
        check("", "", (None, None));
    }

    #[test]
    fn the_throughput_that_the_nearest_server_estimates_is_in_kbps() {
        check("", "\"far\";etp=1, \"near\";etp=12345;rtt=21", (None, Some(12_345.0)));
        check("", "\"near\";rtt=21", (None, None));
        check("", "\"near\";etp=fast", (None, None));
        check("", "\"near\";etp=-5", (None, None));
    }
}
