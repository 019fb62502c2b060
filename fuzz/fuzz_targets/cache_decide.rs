//! A request and a response of strangers: may it be stored, may it answer, and with which bytes.
#![no_main]

use dashpot_base::WallTime;
use dashpot_cache::{
    Content, Extent, Framing, RequestHead, ResponseHead, Rules, StoredHead, Times, Verdict, decide,
    reply,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use libfuzzer_sys::fuzz_target;

const NOW: u64 = 1_700_000_000;
const LENGTH: u64 = 1_000;

fn headers(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').take(64) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

fuzz_target!(|data: &[u8]| {
    let (&first, lines) = data.split_first().unwrap_or((&0, data));
    let blank = lines.windows(2).position(|two| two == b"\n\n").unwrap_or(lines.len());
    let (asked, answered) = lines.split_at(blank);
    let request = RequestHead::new(Method::GET, headers(asked));
    let status = StatusCode::from_u16(100 + u16::from(first) * 2).unwrap_or(StatusCode::OK);
    let response =
        ResponseHead { status, headers: headers(answered), framing: Framing::Length(LENGTH) };
    let at = WallTime::from_unix_seconds(NOW);
    let times = Times { requested: at, responded: at };
    let Ok(head) = StoredHead::new(&request, &response, times, &Rules::default()) else { return };
    for later in [0, 1, 3_600, 1 << 31, 1 << 40] {
        let now = WallTime::from_unix_seconds(NOW + later);
        let verdict = decide(now, Some(&head), &request);
        let tolerates_stale = asked.windows(9).any(|word| word.eq_ignore_ascii_case(b"max-stale"));
        assert!(verdict != Verdict::Fresh || 0 < head.ttl_seconds(now) || tolerates_stale);
        let plan = reply(now, &head, &request, Extent::Complete(LENGTH), "boundary");
        match plan.content {
            Content::Part(range) => assert!(range.first <= range.last && range.last < LENGTH),
            Content::Parts(parts) => assert!(parts.parts.iter().all(|(_, it)| it.last < LENGTH)),
            Content::Nothing | Content::Whole => {}
        }
    }
});
