//! Codec strings of known decoder configurations.

use super::codec_string;
use crate::path::FourCc;

fn check(entry: &[u8; 4], config: Option<(&[u8; 4], &[u8])>, expected: &str) {
    let find = |kind: &[u8; 4]| config.filter(|(name, _)| *name == kind).map(|(_, body)| body);
    assert_eq!(codec_string(FourCc(*entry), find), expected);
}

#[test]
fn configurations_give_the_registered_strings() {
    check(b"avc1", Some((b"avcC", b"\x01\x64\x00\x1f\xff")), "avc1.64001F");
    check(b"avc3", Some((b"avcC", b"\x01\x4d\x40\x0c\xff")), "avc3.4D400C");
    // ISO/IEC 14496-15 Annex E.3, its own example: hev1.1.6.L93.B0.
    let hevc = b"\x01\x01\x60\0\0\0\xb0\0\0\0\0\0\x5d\0\0";
    check(b"hev1", Some((b"hvcC", hevc)), "hev1.1.6.L93.B0");
    let high_tier = b"\x01\x22\x20\0\0\0\x90\0\0\0\0\0\x99\0\0";
    check(b"hvc1", Some((b"hvcC", high_tier)), "hvc1.2.4.H153.90");
    // AV1 in ISO BMFF §5: Main profile, level 3.0, 8 bits; and High, 10 bits, high tier.
    check(b"av01", Some((b"av1C", b"\x81\x04\x0c\0")), "av01.0.04M.08");
    check(b"av01", Some((b"av1C", b"\x81\x28\xc0\0")), "av01.1.08H.10");
    check(b"vp09", Some((b"vpcC", b"\x01\0\0\0\x02\x1f\xa3\x01\x01\x01\0\0")), "vp09.02.31.10");
    check(b"Opus", None, "Opus");
    check(b"fLaC", None, "flac");
    for plain in [b"ac-3", b"ec-3", b"wvtt", b"stpp", b"vvc1"] {
        check(plain, None, std::str::from_utf8(plain).unwrap());
    }
}

#[test]
fn audio_object_types_come_from_the_descriptor_chain() {
    let lc = b"\0\0\0\0\x03\x19\0\x01\0\x04\x11\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x02\x11\x90\x06\x01\x02";
    check(b"mp4a", Some((b"esds", lc)), "mp4a.40.2");
    // The same with lengths of four bytes, as ffmpeg writes them.
    let long = b"\0\0\0\0\x03\x80\x80\x80\x22\0\x01\0\x04\x80\x80\x80\x14\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x80\x80\x80\x02\x11\x90\x06\x80\x80\x80\x01\x02";
    check(b"mp4a", Some((b"esds", long)), "mp4a.40.2");
    // ISO/IEC 14496-3 §1.6.2.1: 31 escapes to six more bits; 42 is xHE-AAC.
    let usac = b"\0\0\0\0\x03\x19\0\x01\0\x04\x11\x40\x15\0\0\0\0\0\0\0\0\0\0\0\x05\x02\xf9\x40\x06\x01\x02";
    check(b"mp4a", Some((b"esds", usac)), "mp4a.40.42");
    let mp3 = b"\0\0\0\0\x03\x12\0\x01\0\x04\x0d\x6b\x15\0\0\0\0\0\0\0\0\0\0\0";
    check(b"mp4a", Some((b"esds", &mp3[..])), "mp4a.6B");
}

#[test]
fn unusable_configurations_give_the_plain_code() {
    check(b"avc1", None, "avc1");
    check(b"avc1", Some((b"avcC", b"\x01\x64")), "avc1");
    check(b"hvc1", Some((b"hvcC", b"\x01\x01\x60\0\0\0\xb0")), "hvc1");
    check(b"mp4a", Some((b"esds", b"\0\0\0\0\x03\x80\x80\x80\x80\x80")), "mp4a");
    check(b"mp4a", Some((b"esds", b"\0\0\0\0\x03\x7f\0\x01\0")), "mp4a");
    check(b"a\xffb\n", None, "a\\xffb\\x0a");
}
