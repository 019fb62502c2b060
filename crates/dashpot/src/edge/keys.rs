//! Flags of `dashpot edge`: which requests are for the same resource.

use clap::ValueEnum;
use dashpot_edge::{HostRules, KeyRules, Keys, NamePattern, QueryRule};

/// Which requests are for the same resource.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Keys")]
pub(super) struct KeysArgs {
    /// What of the query is part of the cache key, and of what the origin is asked
    #[arg(long, value_name = "RULE", default_value = "keep", env = "DASHPOT_EDGE_KEY_QUERY")]
    key_query: QueryName,
    /// Query parameters to leave out; `utm_*` means all that begin so, an empty value none
    #[arg(
        long,
        value_name = "NAME,...",
        default_value = "CMCD",
        value_delimiter = ',',
        env = "DASHPOT_EDGE_KEY_QUERY_DROP"
    )]
    key_query_drop: Vec<String>,
    /// Query parameters to leave in; all others are left out
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        env = "DASHPOT_EDGE_KEY_QUERY_KEEP"
    )]
    key_query_keep: Vec<String>,
    /// Ask the origin with the query as it came, although the key is without some of it
    #[arg(long, env = "DASHPOT_EDGE_FORWARD_DROPPED")]
    forward_dropped: bool,
    /// Serve several hosts: the Host is part of the key and is sent to the origin
    #[arg(long, env = "DASHPOT_EDGE_KEY_HOST")]
    key_host: bool,
    /// Take one host for another one, such as www.example.org=example.org; with --key-host
    #[arg(long, value_name = "HOST=HOST,...", value_delimiter = ',', requires = "key_host",
          env = "DASHPOT_EDGE_HOST_ALIAS", value_parser = parse_alias)]
    host_alias: Vec<(String, String)>,
}

/// What becomes of the query.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum QueryName {
    /// As it is: another order is another key
    Keep,
    /// Nothing but what --key-query-keep names
    Drop,
    /// All of it, in the order of the names
    Sort,
}

fn parse_alias(text: &str) -> Result<(String, String), String> {
    let (alias, host) = text.split_once('=').ok_or("write ALIAS=HOST")?;
    let bad = || "one of the two is not a host".to_owned();
    HostRules::new().with_alias(alias, host).ok_or_else(bad)?;
    Ok((alias.to_owned(), host.to_owned()))
}

impl From<KeysArgs> for Keys {
    fn from(args: KeysArgs) -> Self {
        let patterns = |names: &[String]| {
            let names = names.iter().filter(|name| !name.is_empty());
            names.map(|name| NamePattern::new(name)).collect()
        };
        let hosts = args.host_alias.iter().fold(HostRules::new(), |rules, (alias, host)| {
            rules.clone().with_alias(alias, host).unwrap_or(rules)
        });
        let mut keys = Self::default();
        keys.rules = KeyRules {
            query: match args.key_query {
                QueryName::Keep => QueryRule::Keep,
                QueryName::Drop => QueryRule::Drop,
                QueryName::Sort => QueryRule::Sort,
            },
            drop: patterns(&args.key_query_drop),
            keep: patterns(&args.key_query_keep),
        };
        keys.forward_dropped = args.forward_dropped;
        keys.hosts = args.key_host.then_some(hosts);
        keys
    }
}
