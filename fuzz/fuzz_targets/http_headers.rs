//! Header lines of a stranger: every reader copes, and what is printed reads the same.
#![no_main]

use dashpot_base::WallTime;
use dashpot_http::{
    age,
    cache_control::{RequestDirectives, ResponseDirectives},
    cmcd::Cmcd,
    date, dictionary,
    etag::EntityTag,
    precondition::{self, Evaluator, Validators},
    range::{RangeSet, Resolved},
    vary::Vary,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;

const NOW: u64 = 1_700_000_000;

fn headers(data: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(64) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

fn values(line: &[u8]) {
    let now = WallTime::from_unix_seconds(NOW);
    if let Some(time) = date::parse(now, line) {
        let printed = date::print(time);
        let again = date::parse(now, printed.as_bytes()).map(WallTime::unix_seconds);
        assert_eq!(again, Some(time.unix_seconds()), "{printed}");
    }
    if let Some(tag) = EntityTag::parse(line) {
        assert_eq!(EntityTag::parse(tag.to_value().as_bytes()), Some(tag));
    }
    for length in [0, 1, 1_000, u64::MAX] {
        if let Some(Resolved::Satisfiable(ranges)) =
            RangeSet::parse(line).map(|set| set.resolve(length))
        {
            assert!(ranges.iter().all(|range| range.first <= range.last && range.last < length));
        }
    }
    if let Ok(query) = std::str::from_utf8(line) {
        drop(Cmcd::from_query(query));
    }
}

fuzz_target!(|data: &[u8]| {
    data.split(|byte| *byte == b'\n').take(64).for_each(values);
    let headers = headers(data);
    drop(RequestDirectives::of(&headers));
    drop(ResponseDirectives::of(&headers));
    drop(dictionary::parse(&headers, &HeaderName::from_static("cdn-cache-control")));
    drop(Cmcd::from_headers(&headers));
    drop(Vary::of(&headers).key(&headers));
    let _age = age::parse(&headers);
    let tag = EntityTag::strong("a");
    let current = Validators {
        etag: tag.as_ref(),
        last_modified: Some(WallTime::from_unix_seconds(NOW - 60)),
        date: Some(WallTime::from_unix_seconds(NOW)),
    };
    for evaluator in [Evaluator::Origin, Evaluator::Cache] {
        let now = WallTime::from_unix_seconds(NOW);
        drop(precondition::evaluate(now, evaluator, &Method::GET, &headers, &current));
    }
});
