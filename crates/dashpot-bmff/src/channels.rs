//! How many channels sound has, from decoder configurations: sample entries do not always say it
//! (ISO/IEC 14496-14 §6.7.2 has a 2 there whatever the stream holds).

use crate::codec::audio_specific_config;
use crate::path::FourCc;

/// Returns how many channels the decoder configuration of a sample entry says, if it does. `config`
/// finds the body of a box within the entry by its type.
pub(crate) fn channels<'a>(
    entry: FourCc,
    config: impl Fn(&[u8; 4]) -> Option<&'a [u8]>,
) -> Option<u16> {
    match &entry.0 {
        b"mp4a" => config(b"esds").and_then(audio_specific_config).and_then(aac),
        // Encapsulation of Opus in ISO Base Media File Format §4.3.2: version, then channels.
        b"Opus" => config(b"dOps").and_then(|body| body.get(1)).copied().map(u16::from),
        b"ac-3" => config(b"dac3").and_then(ac3),
        b"ec-3" => config(b"dec3").and_then(ec3),
        _ => None,
    }
    .filter(|channels| *channels != 0)
}

/// ISO/IEC 14496-3 §1.6.2.1: object type, frequency, then `channelConfiguration`.
fn aac(config: &[u8]) -> Option<u16> {
    let mut bits = Bits { bytes: config, at: 0 };
    let mut object_type = bits.take(5)?;
    if object_type == 31 {
        object_type = 32 + bits.take(6)?;
    }
    if bits.take(4)? == 15 {
        bits.take(24)?;
    }
    // ISO/IEC 14496-3 Table 1.19, as ISO/IEC 23001-8 goes on with it.
    let channels = match bits.take(4)? {
        plain @ 1..=6 => plain,
        7 | 12 | 14 => 8,
        11 => 7,
        _ => return None,
    };
    // Parametric stereo makes two of one.
    let channels = if object_type == 29 && channels == 1 { 2 } else { channels };
    u16::try_from(channels).ok()
}

/// Channels of each `acmod` without the one for low frequencies (ETSI TS 102 366 Table 4.3).
const MODES: [u16; 8] = [2, 1, 2, 3, 3, 4, 4, 5];

fn mode(bits: &mut Bits<'_>) -> Option<u16> {
    let mode = usize::try_from(bits.take(3)?).ok()?;
    let low = u16::try_from(bits.take(1)?).ok()?;
    MODES.get(mode).map(|channels| channels + low)
}

/// ETSI TS 102 366 §F.4: `fscod`, `bsid`, `bsmod`, then `acmod` and `lfeon`.
fn ac3(body: &[u8]) -> Option<u16> {
    let mut bits = Bits { bytes: body, at: 0 };
    bits.take(2 + 5 + 3)?;
    mode(&mut bits)
}

/// ETSI TS 102 366 §F.6: of the first independent substream, and of what depends on it.
fn ec3(body: &[u8]) -> Option<u16> {
    let mut bits = Bits { bytes: body, at: 0 };
    bits.take(13 + 3)?;
    bits.take(2 + 5 + 1 + 1 + 3)?;
    let channels = mode(&mut bits)?;
    bits.take(3)?;
    if bits.take(4)? == 0 {
        return Some(channels);
    }
    // Table F.6.1: of nine places, from the last bit, the first, second, fifth, sixth and seventh are
    // pairs.
    let places = bits.take(9)?;
    let pairs = places & 0b0_0111_0011;
    Some(channels + u16::try_from(places.count_ones() + pairs.count_ones()).ok()?)
}

/// Reads bits from the first one on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(entry: &[u8; 4], kind: &[u8; 4], body: &[u8], expected: Option<u16>) {
        let find = |name: &[u8; 4]| (name == kind).then_some(body);
        assert_eq!(channels(FourCc(*entry), find), expected, "{entry:?} {body:x?}");
    }

    /// Returns an `esds` with that configuration.
    fn esds(config: &[u8]) -> Vec<u8> {
        let len = u8::try_from(config.len()).unwrap();
        let mut out = vec![0, 0, 0, 0, 3, 20 + len, 0, 1, 0, 4, 15 + len, 0x40];
        out.extend([0; 12]);
        out.extend([5, len]);
        out.extend(config);
        out
    }

    #[test]
    fn configurations_say_how_many_channels_there_are() {
        // AAC LC at 48 kHz: mono, stereo, 5.1, 7.1, and one that says it elsewhere.
        for (config, expected) in [
            (&[0x11, 0x88][..], Some(1)),
            (&[0x11, 0x90], Some(2)),
            (&[0x11, 0xB0], Some(6)),
            (&[0x11, 0xB8], Some(8)),
            (&[0x11, 0x80], None),
            // The frequency is written out.
            (&[0x17, 0x80, 0x5D, 0xC0, 0x30], Some(6)),
            // HE-AAC version 2: mono, heard as stereo.
            (&[0xE9, 0x88], Some(2)),
            (&[0x11], None),
            (&[], None),
        ] {
            check(b"mp4a", b"esds", &esds(config), expected);
        }
        check(b"Opus", b"dOps", &[0, 6, 1, 56, 0, 0, 0xBB, 0x80, 0, 0, 1], Some(6));
        check(b"Opus", b"dOps", &[0], None);
        check(b"Opus", b"dOps", &[0, 0], None);
        // AC-3, 3/2 with low frequencies: fscod 0, bsid 8, bsmod 0, acmod 7, lfeon 1.
        check(b"ac-3", b"dac3", &[0x10, 0x3D, 0xE0], Some(6));
        check(b"ac-3", b"dac3", &[0x10], None);
        // E-AC-3, 5.1, as ffmpeg writes it; and with a substream of one pair more.
        check(b"ec-3", b"dec3", &[0x0E, 0x00, 0x20, 0x0F, 0x00], Some(6));
        check(b"ec-3", b"dec3", &[0x0E, 0x00, 0x20, 0x0F, 0x02, 0x02], Some(8));
        check(b"fLaC", b"dfLa", &[0; 8], None);
    }
}
