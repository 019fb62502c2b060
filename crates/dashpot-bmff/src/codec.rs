//! Codec strings of RFC 6381 and the registrations that follow it, from decoder configurations.

use crate::path::FourCc;

/// Returns the codec string of a sample entry. `config` finds the body of a box within the entry by
/// its type. What is not known, or has no usable configuration, gives its four-character code.
pub(crate) fn codec_string<'a>(
    entry: FourCc,
    config: impl Fn(&[u8; 4]) -> Option<&'a [u8]>,
) -> String {
    let specific = match &entry.0 {
        b"avc1" | b"avc3" => config(b"avcC").and_then(|body| avc(entry, body)),
        b"hvc1" | b"hev1" => config(b"hvcC").and_then(|body| hevc(entry, body)),
        b"av01" => config(b"av1C").and_then(av1),
        b"vp08" | b"vp09" => config(b"vpcC").and_then(|body| vp(entry, body)),
        b"mp4a" => config(b"esds").and_then(mp4a),
        b"fLaC" => Some("flac".to_owned()),
        _ => None,
    };
    specific.unwrap_or_else(|| entry.to_string())
}

/// ISO/IEC 14496-15 §5.3.3.1: profile, compatibility and level follow the version.
fn avc(entry: FourCc, config: &[u8]) -> Option<String> {
    let [_, profile, compatibility, level, ..] = config else { return None };
    Some(format!("{entry}.{profile:02X}{compatibility:02X}{level:02X}"))
}

/// ISO/IEC 14496-15 Annex E.3: profile, compatibility in reverse bit order, tier and level, then the
/// constraint bytes without trailing zeros.
fn hevc(entry: FourCc, config: &[u8]) -> Option<String> {
    let [_, profile, c0, c1, c2, c3, constraints @ ..] = config else { return None };
    let (constraints, [level, ..]) = constraints.split_at_checked(6)? else { return None };
    let space = ["", "A", "B", "C"].get(usize::from(profile >> 6))?;
    let tier = if profile >> 5 & 1 == 0 { 'L' } else { 'H' };
    let compatibility = u32::from_be_bytes([*c0, *c1, *c2, *c3]).reverse_bits();
    let mut text = format!("{entry}.{space}{}.{compatibility:X}.{tier}{level}", profile & 0x1f);
    let used = constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    for byte in constraints.iter().take(used) {
        text.push_str(&format!(".{byte:X}"));
    }
    Some(text)
}

/// AV1 Codec ISO Media File Format Binding §5: profile, level and tier, bit depth.
fn av1(config: &[u8]) -> Option<String> {
    let [_, profile_level, bits, ..] = config else { return None };
    let (profile, level) = (profile_level >> 5, profile_level & 0x1f);
    let tier = if bits >> 7 == 0 { 'M' } else { 'H' };
    let (high, twelve) = (bits >> 6 & 1 == 1, bits >> 5 & 1 == 1);
    let depth = match (high, twelve && profile == 2) {
        (false, _) => 8,
        (true, false) => 10,
        (true, true) => 12,
    };
    Some(format!("av01.{profile}.{level:02}{tier}.{depth:02}"))
}

/// VP Codec ISO Media File Format Binding: profile, level and bit depth follow version and flags.
fn vp(entry: FourCc, config: &[u8]) -> Option<String> {
    let [_, _, _, _, profile, level, depth, ..] = config else { return None };
    Some(format!("{entry}.{profile:02}.{level:02}.{:02}", depth >> 4))
}

/// ISO/IEC 14496-1 §7.2.6: the object type, and for MPEG-4 audio the audio object type.
fn mp4a(esds: &[u8]) -> Option<String> {
    let config = decoder_config(esds)?;
    let [object_type, ..] = config else { return None };
    if *object_type != 0x40 {
        return Some(format!("mp4a.{object_type:02X}"));
    }
    let [first, second, ..] = specific(config)? else { return None };
    // ISO/IEC 14496-3 §1.6.2.1: five bits, or 31 and six more bits, counted from 32.
    let audio_object_type = match first >> 3 {
        31 => 32 + ((first & 7) << 3 | second >> 5),
        short => short,
    };
    Some(format!("mp4a.40.{audio_object_type}"))
}

/// Returns the configuration of the decoder within an `esds`.
fn decoder_config(esds: &[u8]) -> Option<&[u8]> {
    let (tag, es) = descriptor(esds.get(4..)?)?;
    if tag != 3 {
        return None;
    }
    let [_, _, flags, rest @ ..] = es else { return None };
    let mut rest = rest;
    if flags & 0x80 != 0 {
        rest = rest.get(2..)?;
    }
    if flags & 0x40 != 0 {
        let (url_len, after) = rest.split_first()?;
        rest = after.get(usize::from(*url_len)..)?;
    }
    if flags & 0x20 != 0 {
        rest = rest.get(2..)?;
    }
    let (tag, config) = descriptor(rest)?;
    (tag == 4).then_some(config)
}

/// Returns what is specific to the decoder within its configuration.
fn specific(config: &[u8]) -> Option<&[u8]> {
    let (tag, specific) = descriptor(config.get(13..)?)?;
    (tag == 5).then_some(specific)
}

/// Returns the `AudioSpecificConfig` within an `esds`, where the sound is that of MPEG-4.
pub(crate) fn audio_specific_config(esds: &[u8]) -> Option<&[u8]> {
    let config = decoder_config(esds).filter(|config| config.first() == Some(&0x40))?;
    specific(config)
}

/// Returns tag and body of the descriptor at the start (ISO/IEC 14496-1 §8.3.3: seven bits of length
/// a byte, at most four bytes).
fn descriptor(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (tag, mut rest) = bytes.split_first()?;
    let mut len = 0_usize;
    for _ in 0..4 {
        let (byte, after) = rest.split_first()?;
        rest = after;
        len = len << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((*tag, rest.get(..len)?));
        }
    }
    None
}

#[cfg(test)]
mod tests;
