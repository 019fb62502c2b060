use super::*;

fn check(cue: &Cue, expected: &str) {
    assert_eq!(BASE64.encode(&cue.section()), expected, "{cue:?}");
}

/// The airing id of the standard's examples.
fn airing() -> (u8, Vec<u8>) {
    (8, 0x2ca0_a18a_u64.to_be_bytes().to_vec())
}

#[test]
fn sections_are_those_of_the_standards_examples() {
    // SCTE 35 §14.1: time_signal, placement opportunity start.
    let start = Segmentation {
        event: 0x4800_008e,
        duration: Some(0x01a5_99b0),
        delivery: 0b0_1111,
        upid: airing(),
        kind: OPPORTUNITY_START,
        number: 2,
    };
    check(
        &Cue { pts: 0x0_72bd_0050, command: Command::Signal(start) },
        "/DA0AAAAAAAA///wBQb+cr0AUAAeAhxDVUVJSAAAjn/PAAGlmbAICAAAAAAsoKGKNAIAmsnRfg==",
    );
    // SCTE 35 §14.2: splice_insert.
    let insert =
        Command::Insert { event: 0x4800_008f, duration: 0x0_0052_ccf5, avail: 0x0000_0135 };
    check(
        &Cue { pts: 0x0_7369_c02e, command: insert },
        "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=",
    );
    // SCTE 35 §14.3: time_signal, placement opportunity end.
    let end = Segmentation {
        event: 0x4800_008e,
        duration: None,
        delivery: 0b1_1111,
        upid: airing(),
        kind: OPPORTUNITY_END,
        number: 2,
    };
    check(
        &Cue { pts: 0x0_7462_90a0, command: Command::Signal(end) },
        "/DAvAAAAAAAA///wBQb+dGKQoAAZAhdDVUVJSAAAjn+fCAgAAAAALKChijUCAKnMZ1g=",
    );
}

#[test]
fn the_checksum_is_that_of_mpeg_2() {
    // The check value of CRC-32/MPEG-2 in every catalogue of checksums.
    assert_eq!(crc_32(b"123456789"), 0x0376_e6e7);
}

#[test]
fn times_begin_again_after_33_bits() {
    let cue = |pts| Cue { pts, command: Command::Insert { event: 1, duration: 900_000, avail: 1 } };
    assert_eq!(cue((1 << 33) + 7).section(), cue(7).section());
    assert_ne!(cue((1 << 33) - 1).section(), cue(7).section());
    let text = format!("{:?}", cue((1 << 33) + 7).element());
    assert!(text.contains(r#"("ptsTime", "7")"#), "{text}");
}
