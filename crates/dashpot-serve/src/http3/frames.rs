//! Where the frames of an HTTP/3 stream begin, and how long they say they are.

/// RFC 9114 §7.2.1. Its payload is handed on as it comes.
const DATA: u64 = 0;
/// RFC 9114 §6.2.1. Other streams of one direction have no frames that are kept.
const CONTROL_STREAM: u64 = 0;

/// A frame is longer than what may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame is too large")]
pub(super) struct TooLarge;

/// Follows the bytes of a stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frames {
    bytes_max: u64,
    part: Part,
}

#[derive(Clone, Copy, Debug)]
enum Part {
    StreamType(Number),
    Type(Number),
    Length {
        of: u64,
        number: Number,
    },
    Payload {
        left: u64,
    },
    /// A stream without frames.
    Rest,
}

impl Frames {
    /// Follows a stream of frames, of which those but DATA have at most `bytes_max`.
    pub(super) const fn new(bytes_max: u64) -> Self {
        Self { bytes_max, part: Part::Type(Number::NEW) }
    }

    /// The same for a stream of one direction, which begins with its type.
    pub(super) const fn after_type(bytes_max: u64) -> Self {
        Self { bytes_max, part: Part::StreamType(Number::NEW) }
    }

    /// Takes note of the next bytes.
    pub(super) fn pass(&mut self, mut data: &[u8]) -> Result<(), TooLarge> {
        loop {
            if let Part::Payload { left } = self.part {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
                data = data.get(taken..).unwrap_or_default();
                let left = left - u64::try_from(taken).unwrap_or(left);
                self.part =
                    if left == 0 { Part::Type(Number::NEW) } else { Part::Payload { left } };
            }
            let Some((&byte, rest)) = data.split_first() else { return Ok(()) };
            self.part = match self.part {
                Part::StreamType(number) => match number.and(byte) {
                    Read::More(number) => Part::StreamType(number),
                    Read::Whole(CONTROL_STREAM) => Part::Type(Number::NEW),
                    Read::Whole(_) => Part::Rest,
                },
                Part::Type(number) => match number.and(byte) {
                    Read::More(number) => Part::Type(number),
                    Read::Whole(of) => Part::Length { of, number: Number::NEW },
                },
                Part::Length { of, number } => match number.and(byte) {
                    Read::More(number) => Part::Length { of, number },
                    Read::Whole(left) if of != DATA && self.bytes_max < left => {
                        return Err(TooLarge);
                    }
                    Read::Whole(left) => Part::Payload { left },
                },
                // A payload has ended above, or the data has.
                Part::Payload { .. } | Part::Rest => return Ok(()),
            };
            data = rest;
        }
    }
}

/// RFC 9000 §16: an integer in one, two, four or eight bytes, as far as it has come.
#[derive(Clone, Copy, Debug)]
struct Number {
    value: u64,
    /// Bytes to come; `None` before the first one, which tells.
    left: Option<u8>,
}

enum Read {
    More(Number),
    Whole(u64),
}

impl Number {
    const NEW: Self = Self { value: 0, left: None };

    fn and(self, byte: u8) -> Read {
        let (value, left) = match self.left {
            None => (u64::from(byte & 0x3f), (1 << (byte >> 6)) - 1),
            Some(left) => (self.value << 8 | u64::from(byte), left.saturating_sub(1)),
        };
        if left == 0 { Read::Whole(value) } else { Read::More(Self { value, left: Some(left) }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    const MAX: u64 = 1_000;

    /// Returns `value` as RFC 9000 §16 has it in `len` bytes.
    fn number(value: u64, len: usize) -> Vec<u8> {
        let mut bytes = value.to_be_bytes()[8 - len..].to_vec();
        bytes[0] |= u8::try_from(len.trailing_zeros() << 6).unwrap();
        bytes
    }

    fn frame(of: u64, len: u64, payload: usize) -> Vec<u8> {
        [number(of, 1), number(len, 8), vec![0xff; payload]].concat()
    }

    fn check(mut frames: Frames, bytes: &[u8], expected: Result<(), TooLarge>) {
        assert_eq!(frames.pass(bytes), expected, "{bytes:?}");
    }

    #[test]
    fn numbers_are_those_of_the_rfc() {
        // RFC 9000 §A.1.
        for (bytes, value) in [
            (&[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c][..], 151_288_809_941_952_652),
            (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
            (&[0x7b, 0xbd], 15_293),
            (&[0x25], 37),
            (&[0x40, 0x25], 37),
        ] {
            let mut number = Number::NEW;
            let (last, first) = bytes.split_last().unwrap();
            for &byte in first {
                let Read::More(more) = number.and(byte) else { panic!("{bytes:?} is longer") };
                number = more;
            }
            assert!(matches!(number.and(*last), Read::Whole(got) if got == value), "{bytes:?}");
        }
    }

    #[test]
    fn only_what_is_kept_is_bounded() {
        let (request, one_way) = (Frames::new(MAX), Frames::after_type(MAX));
        check(request, &frame(1, MAX, 0), Ok(()));
        check(request, &frame(1, MAX + 1, 0), Err(TooLarge));
        check(request, &frame(0, 1 << 60, 5_000), Ok(()));
        // RFC 9114 §7.2.8: types that mean nothing are kept to their end all the same.
        check(request, &frame(0x21, 1 << 60, 0), Err(TooLarge));
        let second = |of, len| [frame(1, 10, 10), frame(0, 2_000, 2_000), frame(of, len, 0)];
        check(request, &second(1, MAX).concat(), Ok(()));
        check(request, &second(1, MAX + 1).concat(), Err(TooLarge));
        check(request, &frame(1, 0, 0).repeat(3), Ok(()));
        let typed = |of, len| [number(of, 1), frame(4, len, 0)].concat();
        check(one_way, &typed(0, MAX), Ok(()));
        check(one_way, &typed(0, MAX + 1), Err(TooLarge));
        check(one_way, &typed(2, MAX + 1), Ok(()));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_bytes_are_cut(
            frames in vec((0_u64..4, 0_u64..2 * MAX), 1..6),
            cuts in vec(0_usize..9_000, 0..20),
        ) {
            let bytes: Vec<u8> = frames
                .iter()
                .flat_map(|&(of, len)| frame(of, len, usize::try_from(len).unwrap()))
                .collect();
            let expected = Frames::new(MAX).pass(&bytes);
            prop_assert_eq!(expected.is_err(), frames.iter().any(|&(of, len)| of != 0 && MAX < len));
            let mut ends: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            ends.push(bytes.len());
            ends.sort_unstable();
            let (mut cut, mut at) = (Frames::new(MAX), 0);
            let mut got = Ok(());
            for end in ends {
                got = got.and_then(|()| cut.pass(&bytes[at..end]));
                at = end;
            }
            prop_assert_eq!(got, expected);
        }
    }
}
