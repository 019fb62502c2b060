use super::*;
use proptest::prelude::*;

fn sample(size: u32, flags: u32, composition_offset: i64, duration: u32) -> RunSample {
    RunSample { duration, size, flags, composition_offset }
}

fn check(samples: &[RunSample], expected_len: usize) {
    let cut = Cut { track_id: 7, sequence_number: 9, decode_time: 1 << 40, samples };
    let head = build_cut(&cut).unwrap();
    assert_eq!(head.len(), expected_len, "{samples:?}");
    let back = placed(&head.slice(..head.len() - 8), 7, SampleDefaults::default()).unwrap();
    assert_eq!(back.decode_time, 1 << 40);
    let found: Vec<_> = back.samples.iter().map(|placed| placed.sample).collect();
    assert_eq!(found, samples);
    let mut at = u64::try_from(head.len()).unwrap();
    for placed in &back.samples {
        assert_eq!(placed.offset, at);
        at += u64::from(placed.sample.size);
    }
}

#[test]
fn only_what_differs_from_sample_to_sample_has_a_column() {
    // moof, mfhd, traf, tfhd of track id, tfdt, trun with count and offset, mdat's header.
    let bare = 8 + 16 + 8 + 16 + 20 + 20 + 8;
    check(&[sample(5, 0, 0, 10), sample(5, 0, 0, 10)], bare + 12);
    check(&[sample(5, 0, 0, 10), sample(6, 0, 0, 10)], bare + 8 + 8);
    check(&[sample(5, 1, 0, 10), sample(5, 2, 0, 10)], bare + 12 + 4);
    check(&[sample(5, 1, 0, 10), sample(5, 2, 0, 10), sample(5, 3, 0, 10)], bare + 8 + 12);
    check(&[sample(5, 1, -3, 10), sample(5, 1, 3, 10)], bare + 12 + 8);
    check(&[sample(5, 1, 0, 10), sample(5, 1, 0, 11)], bare + 8 + 8);
}

#[test]
fn a_cut_without_samples_or_of_another_track_is_refused() {
    let cut = Cut { track_id: 7, sequence_number: 9, decode_time: 0, samples: &[] };
    assert!(build_cut(&cut).is_err());
    let head = build_cut(&Cut { samples: &[sample(1, 0, 0, 1)], ..cut }).unwrap();
    let head = head.slice(..head.len() - 8);
    assert!(placed(&head, 8, SampleDefaults::default()).is_err());
    assert!(placed(&Bytes::new(), 7, SampleDefaults::default()).is_err());
}

#[test]
fn boxes_before_a_fragment_have_their_fields_in_place() {
    let styp = build_styp(FourCc(*b"msdh"), &[FourCc(*b"msdh"), FourCc(*b"cmfs")]).unwrap();
    assert_eq!(&styp[..], b"\0\0\0\x18stypmsdh\0\0\0\0msdhcmfs");
    let prft = build_prft(1, 0x0102_0304_0506_0708, 9).unwrap();
    let expected =
        b"\0\0\0\x20prft\x01\0\0\0\0\0\0\x01\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\0\0\0\0\x09";
    assert_eq!(&prft[..], expected);
}

proptest! {
    #[test]
    fn what_was_cut_reads_back_as_it_was(
        fields in proptest::collection::vec((0..9_u32, 0..3_u32, -2..2_i64, 1..3_u32), 1..40),
    ) {
        let samples: Vec<_> = fields.iter().map(|f| sample(f.0, f.1, f.2, f.3)).collect();
        let cut = Cut { track_id: 1, sequence_number: 1, decode_time: 5, samples: &samples };
        let head = build_cut(&cut).unwrap();
        let back = placed(&head.slice(..head.len() - 8), 1, SampleDefaults::default()).unwrap();
        prop_assert_eq!(back.samples.iter().map(|one| one.sample).collect::<Vec<_>>(), samples);
    }
}
