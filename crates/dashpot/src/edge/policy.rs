//! Flags of `dashpot edge`: caching policy: what the operator adds to, or takes from, what the origin says.

use std::time::Duration;

use dashpot_base::parse_duration;
use dashpot_edge::Policy;

/// Caching policy: what the operator adds to, or takes from, what the origin says.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Caching")]
pub(super) struct PolicyArgs {
    /// Longest lifetime guessed from Last-Modified where the origin names none; 0s guesses none
    #[arg(long, value_name = "TIME", default_value = "1d", env = "DASHPOT_EDGE_HEURISTIC_MAX",
          value_parser = parse_duration)]
    heuristic_max: Duration,
    /// How long to keep responses to which the origin gives no lifetime; 0s keeps none
    #[arg(long, value_name = "TIME", default_value = "0s", env = "DASHPOT_EDGE_DEFAULT_TTL",
          value_parser = parse_duration)]
    default_ttl: Duration,
    /// The same for single statuses, such as 404=1s,410=10s,425=200ms for a live origin
    #[arg(long, value_name = "STATUS=TIME,...", env = "DASHPOT_EDGE_NEGATIVE_TTL",
          value_delimiter = ',', value_parser = parse_negative_ttl)]
    negative_ttl: Vec<(u16, Duration)>,
    /// How far past their lifetime to use responses while the origin cannot be reached; 0s uses
    /// none
    #[arg(long, value_name = "TIME", default_value = "1h",
          env = "DASHPOT_EDGE_STALE_IF_DISCONNECTED", value_parser = parse_duration)]
    stale_if_disconnected: Duration,
}

impl From<PolicyArgs> for Policy {
    fn from(args: PolicyArgs) -> Self {
        let mut policy = Self::default();
        policy.heuristic_max = args.heuristic_max;
        policy.default_ttl = args.default_ttl;
        policy.negative_ttls = args.negative_ttl.into_iter().collect();
        policy.stale_if_disconnected = args.stale_if_disconnected;
        policy
    }
}

/// Reads `404=1s`.
fn parse_negative_ttl(text: &str) -> Result<(u16, Duration), String> {
    let (status, ttl) = text.split_once('=').ok_or("give STATUS=TIME, such as 404=1s")?;
    let is_final = |status: &u16| (200..=599).contains(status);
    let unknown = || format!("`{status}` is no status from 200 to 599");
    let status = status.trim().parse().ok().filter(is_final).ok_or_else(unknown)?;
    Ok((status, parse_duration(ttl).map_err(|error| error.to_string())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_ttl_is_a_final_status_and_a_time() {
        let check = |text: &str, expected: Option<(u16, u64)>| {
            let expected = expected.map(|(status, ms)| (status, Duration::from_millis(ms)));
            assert_eq!(parse_negative_ttl(text).ok(), expected, "{text}");
        };
        check("404=1s", Some((404, 1_000)));
        check("425=200ms", Some((425, 200)));
        for bad in ["404", "404=", "103=1s", "600=1s", "x=1s", "404=-1s", "=1s"] {
            check(bad, None);
        }
    }
}
