//! Where a body came from, as far as its fields tell.

use dashpot_abr::Source;
use dashpot_http::{cache_status, nearest};

/// Reads `Cache-Status` and `CMSD-Dynamic`: in both, the member of the server nearest to the
/// player is the last (RFC 9211 §2, CTA-5006 §3).
pub(crate) fn source(cache_status: Option<&str>, server_data: Option<&str>) -> Source {
    let server = server_data.and_then(nearest::member);
    Source {
        is_hit: cache_status.and_then(cache_status::nearest_is_hit),
        // CTA-5006: whole kilobits a second.
        server_kbps: server
            .and_then(|member| nearest::parameter(member, "etp")?.parse::<u32>().ok())
            .map(f64::from),
    }
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
