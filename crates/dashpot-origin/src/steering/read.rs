//! What viewers say in their questions: `_DASH_pathway` and `_DASH_throughput`, or the same of HLS.

use dashpot_base::Bitrate;
use dashpot_packager::is_name;
use dashpot_route::steering::{Asked, Format, PATHWAYS_MAX, Used};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// Why a question is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum QueryError {
    #[error("`{0}` is there twice")]
    Twice(&'static str),
    #[error("a player has one format: `_DASH_…` or `_HLS_…`")]
    Both,
    #[error("`{0}` is in quotes: names of pathways, with commas between them")]
    Pathways(&'static str),
    #[error("`{0}` is bits per second, whole numbers with commas between them")]
    Throughputs(&'static str),
    #[error("`{0}` says as much as there are pathways, empty where it is not known")]
    Count(&'static str),
}

/// The parameters of each format.
const PARAMETERS: [(Format, &str, &str); 2] = [
    (Format::Dash, "_DASH_pathway", "_DASH_throughput"),
    (Format::Hls, "_HLS_pathway", "_HLS_throughput"),
];

/// Reads a query. What else is in it is for others.
pub(super) fn query(query: &str) -> Result<Asked, QueryError> {
    let mut asked: Option<Asked> = None;
    for (format, pathways, throughputs) in PARAMETERS {
        let names = parameter(query, pathways)?;
        let rates = parameter(query, throughputs)?;
        if names.is_none() && rates.is_none() {
            continue;
        }
        let names = names.map_or(Ok(Vec::new()), |text| ids(&text, format, pathways))?;
        let rates = rates.map_or(Ok(Vec::new()), |text| bitrates(&text, throughputs))?;
        if !rates.is_empty() && rates.len() != names.len() {
            return Err(QueryError::Count(throughputs));
        }
        let rates = rates.into_iter().chain(std::iter::repeat(None));
        let used = names.into_iter().zip(rates).map(|(id, throughput)| Used { id, throughput });
        if asked.replace(Asked { format: Some(format), used: used.collect() }).is_some() {
            return Err(QueryError::Both);
        }
    }
    Ok(asked.unwrap_or_default())
}

fn parameter<'a>(query: &'a str, name: &'static str) -> Result<Option<Cow<'a, str>>, QueryError> {
    let mut values = query
        .split('&')
        .filter_map(|field| field.split_once('=').filter(|(given, _)| *given == name));
    let value = values.next().map(|(_, value)| percent_decode_str(value).decode_utf8_lossy());
    if values.next().is_some() { Err(QueryError::Twice(name)) } else { Ok(value) }
}

fn ids(text: &str, format: Format, name: &'static str) -> Result<Vec<String>, QueryError> {
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let text = match (quoted, format) {
        (Some(text), _) => text,
        // Players of HLS write it either way.
        (None, Format::Hls) => text,
        (None, Format::Dash) => return Err(QueryError::Pathways(name)),
    };
    let ids: Vec<String> = text.split(',').take(PATHWAYS_MAX + 1).map(str::to_owned).collect();
    let is_good = ids.len() <= PATHWAYS_MAX && ids.iter().all(|id| is_name(id));
    if is_good { Ok(ids) } else { Err(QueryError::Pathways(name)) }
}

fn bitrates(text: &str, name: &'static str) -> Result<Vec<Option<Bitrate>>, QueryError> {
    let wrong = || QueryError::Throughputs(name);
    // One pathway that nothing is known of is an empty text.
    let rate = |text: &str| match text {
        "" => Ok(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map(|bps| Some(Bitrate::from_bps(bps))).map_err(|_| wrong())
        }
        _ => Err(wrong()),
    };
    text.split(',').take(PATHWAYS_MAX + 1).map(rate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use QueryError::{Both, Count, Pathways, Throughputs, Twice};

    /// The format, and the pathways with what they carry.
    type Read<'a> = (Option<Format>, &'a [(&'a str, Option<u64>)]);

    fn check(text: &str, expected: Result<Read<'_>, QueryError>) {
        let got = query(text).map(|asked| {
            let used = asked.used.into_iter().map(|used| (used.id, used.throughput));
            (asked.format, used.collect::<Vec<_>>())
        });
        let expected = expected.map(|(format, used)| {
            let used = used.iter().map(|(id, bps)| ((*id).to_owned(), bps.map(Bitrate::from_bps)));
            (format, used.collect::<Vec<_>>())
        });
        assert_eq!(got, expected, "{text}");
    }

    #[test]
    fn questions_are_read_to_the_letter() {
        let (dash, hls) = (Some(Format::Dash), Some(Format::Hls));
        let both = [("a", Some(4_880_000)), ("b", None)];
        check("", Ok((None, &[])));
        check("CMCD=bl%3D1000", Ok((None, &[])));
        // As dash.js writes it.
        check("_DASH_pathway=%22a%2Cb%22&_DASH_throughput=4880000%2C", Ok((dash, &both)));
        check("_DASH_pathway=\"a,b\"&_DASH_throughput=4880000,", Ok((dash, &both)));
        check("_DASH_pathway=%22a%22&_DASH_throughput=", Ok((dash, &[("a", None)])));
        check("_DASH_pathway=%22a%22", Ok((dash, &[("a", None)])));
        check("_HLS_pathway=a&_HLS_throughput=7&x=1", Ok((hls, &[("a", Some(7))])));
        check("_HLS_pathway=%22a%22&_HLS_throughput=7", Ok((hls, &[("a", Some(7))])));
        check("_DASH_pathway=a", Err(Pathways("_DASH_pathway")));
        check("_DASH_pathway=%22%22", Err(Pathways("_DASH_pathway")));
        check("_DASH_pathway=%22a", Err(Pathways("_DASH_pathway")));
        check("_DASH_pathway=%22a%2Cb%20c%22", Err(Pathways("_DASH_pathway")));
        check("_DASH_pathway=%22%ff%22", Err(Pathways("_DASH_pathway")));
        let many = format!("_DASH_pathway=%22{}a%22", "a,".repeat(PATHWAYS_MAX));
        check(&many, Err(Pathways("_DASH_pathway")));
        for wrong in ["-1", "+1", "1.5", "1e3", "x", "99999999999999999999"] {
            let text = format!("_DASH_pathway=%22a%22&_DASH_throughput={wrong}");
            check(&text, Err(Throughputs("_DASH_throughput")));
        }
        check("_DASH_pathway=%22a%22&_DASH_throughput=1,2", Err(Count("_DASH_throughput")));
        check("_DASH_throughput=1", Err(Count("_DASH_throughput")));
        check("_HLS_pathway=a&_HLS_pathway=b", Err(Twice("_HLS_pathway")));
        check("_HLS_pathway=a&_DASH_pathway=%22a%22", Err(Both));
    }
}
