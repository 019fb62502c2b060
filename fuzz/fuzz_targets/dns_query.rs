//! Messages of a stranger: whatever comes is answered within its limits, or not at all.
#![no_main]

use dashpot_base::WallTime;
use dashpot_dns::{Authority, Outcome, Transport, Zone, proto::rr::Name};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const ZONE: &str = "\
@ 60 SOA ns host 1 2 3 4 5
@ 60 NS ns
ns 60 A 192.0.2.1
*.wild 60 TXT any
alias 60 CNAME x.wild
sub 60 NS ns.sub
ns.sub 60 AAAA 2001:db8::1
";

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
    let authority = Authority::new(Some("fuzz".to_owned()));
    let name = Name::from_ascii("z.").expect("a name");
    authority.put(Zone::parse(ZONE, &name).expect("a zone"));
    authority
});

fuzz_target!(|data: &[u8]| {
    let client = ([192, 0, 2, 9], 53).into();
    let now = WallTime::from_unix_seconds(1_800_000_000);
    for (transport, limit) in [(Transport::Udp, 1_232), (Transport::Tcp, 65_535)] {
        if let Outcome::Answered(response) = AUTHORITY.respond(data, client, transport, now) {
            assert!(12 <= response.bytes.len() && response.bytes.len() <= limit);
            assert_eq!(response.bytes[..2], data[..2]);
            assert_eq!(response.bytes[2] & 0x80, 0x80);
        }
    }
});
