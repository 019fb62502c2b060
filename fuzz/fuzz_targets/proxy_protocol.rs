//! A PROXY header: what is read lies within the bytes, is written the same, and needs all of its
//! bytes to be told.
#![no_main]

use dashpot_http::proxy_protocol::{Transport, Who, parse, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(Some((who, end))) = parse(data) else { return };
    assert!(end <= data.len());
    assert_eq!(parse(&data[..end]), Ok(Some((who, end))));
    for length in 0..end {
        assert_eq!(parse(&data[..length]), Ok(None));
    }
    let written = write(who, Transport::Stream);
    let Ok(Some((again, _))) = parse(&written) else { panic!("what was written is not read") };
    // Addresses of IPv4 within IPv6 come back as IPv4, where both are.
    match (who, again) {
        (Who::Itself, Who::Itself) => (),
        (Who::Client(one), Who::Client(other)) => {
            assert_eq!(one.source.ip().to_canonical(), other.source.ip().to_canonical());
            assert_eq!(one.destination.port(), other.destination.port());
        }
        _ => panic!("{who:?} became {again:?}"),
    }
});
