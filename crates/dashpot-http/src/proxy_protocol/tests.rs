use super::*;
use proptest::prelude::*;

fn ends(source: &str, destination: &str) -> Ends {
    Ends { source: source.parse().unwrap(), destination: destination.parse().unwrap() }
}

fn header(fields: [u8; 2], length: u16, block: &[u8]) -> Vec<u8> {
    [&SIGNATURE[..], &fields, &length.to_be_bytes(), block].concat()
}

#[test]
fn a_header_is_the_bytes_of_the_text() {
    // §2.2, figure by figure: signature, version 2 and PROXY, TCP over IPv4, twelve bytes.
    let written =
        write(Who::Client(ends("192.0.2.1:56324", "198.51.100.2:443")), Transport::Stream);
    let block = [192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 0x04, 0x01, 0xbb];
    assert_eq!(written, header([0x21, 0x11], 12, &block));
    assert_eq!(write(Who::Itself, Transport::Stream), header([0x20, 0x00], 0, &[]));
    let six = write(Who::Client(ends("[2001:db8::1]:1", "[::2]:2")), Transport::Datagram);
    assert_eq!((six[13], six.len()), (0x22, 16 + 36));
}

#[test]
fn what_a_header_says() {
    let v4 = [192, 0, 2, 1, 198, 51, 100, 2, 0, 7, 0, 9];
    let client = Who::Client(ends("192.0.2.1:7", "198.51.100.2:9"));
    let check = |fields, length, block: &[u8], expected: Result<Option<(Who, usize)>, _>| {
        assert_eq!(parse(&header(fields, length, block)), expected, "{fields:x?} {length}");
    };
    check([0x21, 0x11], 12, &v4, Ok(Some((client, 28))));
    check([0x21, 0x12], 12, &v4, Ok(Some((client, 28))));
    // More than the addresses follows (§2.2.1, type-length-value); what comes then is not its own.
    let longer = [&v4[..], &[0x04, 0, 1, 0], b"GET"].concat();
    check([0x21, 0x11], 16, &longer, Ok(Some((client, 32))));
    check([0x21, 0x11], 11, &v4, Err(HeaderError::Length(11)));
    check([0x21, 0x21], 12, &v4, Err(HeaderError::Length(12)));
    check([0x21, 0x11], 12, &v4[..11], Ok(None));
    // LOCAL, whatever is said of addresses; no family; a Unix socket.
    check([0x20, 0x11], 12, &v4, Ok(Some((Who::Itself, 28))));
    check([0x21, 0x00], 0, &[], Ok(Some((Who::Itself, 16))));
    check([0x21, 0x31], 216, &[0; 216], Ok(Some((Who::Itself, 232))));
    check([0x11, 0x11], 12, &v4, Err(HeaderError::Version(1)));
    check([0x22, 0x11], 12, &v4, Err(HeaderError::Command(2)));
    check([0x21, 0x41], 12, &v4, Err(HeaderError::Family(0x41)));
    check([0x21, 0x13], 12, &v4, Err(HeaderError::Family(0x13)));
    check(
        [0x21, 0x11],
        4_080,
        &[0; 4_080],
        Ok(Some((Who::Client(ends("0.0.0.0:0", "0.0.0.0:0")), 4_096))),
    );
    check([0x21, 0x11], 4_081, &[], Err(HeaderError::Length(4_081)));
    for other in ["GET / HTTP/1.1\r\n", "PROXY TCP4 192.0.2.1", "\r\n\r\nX"] {
        assert_eq!(parse(other.as_bytes()), Err(HeaderError::Signature), "{other}");
    }
}

fn any_addr() -> impl Strategy<Value = SocketAddr> {
    let ip = prop_oneof![
        any::<[u8; 4]>().prop_map(IpAddr::from),
        any::<[u8; 16]>().prop_map(IpAddr::from)
    ];
    (ip, any::<u16>()).prop_map(SocketAddr::from)
}

proptest! {
    #[test]
    fn law_what_is_written_is_read_and_each_part_of_it_asks_for_more(
        source in any_addr(), destination in any_addr(), rest in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let header = write(Who::Client(Ends { source, destination }), Transport::Stream);
        let bytes = [&header[..], &rest].concat();
        let Ok(Some((Who::Client(read), end))) = parse(&bytes) else {
            return Err(TestCaseError::fail("no client"));
        };
        prop_assert_eq!(end, header.len());
        let plain = |addr: SocketAddr| (addr.ip().to_canonical(), addr.port());
        prop_assert_eq!(plain(read.source), plain(source));
        prop_assert_eq!(plain(read.destination), plain(destination));
        for length in 0..header.len() {
            prop_assert_eq!(parse(&bytes[..length]), Ok(None));
        }
    }

    #[test]
    fn law_no_bytes_panic_and_an_end_lies_within_them(
        is_signed in any::<bool>(), tail in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = if is_signed { [&SIGNATURE[..], &tail].concat() } else { tail };
        if let Ok(Some((_, end))) = parse(&bytes) {
            prop_assert!(16 <= end && end <= bytes.len());
            // What follows a header changes nothing of it.
            prop_assert_eq!(parse(&bytes[..end]), parse(&bytes));
        }
    }
}
