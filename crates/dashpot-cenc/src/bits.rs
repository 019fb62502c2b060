//! Reads bits of a NAL unit, past the bytes that only keep start codes out of it.

/// A reader that knows how many bytes of the unit it has come to, those bytes among them.
#[derive(Debug, Clone)]
pub(crate) struct Bits<'a> {
    unit: &'a [u8],
    /// The next byte.
    at: usize,
    /// Zero bytes just before it.
    zeros: u8,
    held: u8,
    left: u8,
}

impl<'a> Bits<'a> {
    pub(crate) const fn new(unit: &'a [u8]) -> Self {
        Self { unit, at: 0, zeros: 0, held: 0, left: 0 }
    }

    /// Returns how many bytes were read, the last one perhaps in part.
    pub(crate) const fn bytes(&self) -> usize {
        self.at
    }

    pub(crate) fn bit(&mut self) -> Option<bool> {
        if self.left == 0 {
            let mut byte = *self.unit.get(self.at)?;
            // ISO/IEC 14496-10 §7.4.1: a 3 behind two zeros is no part of what is said.
            if self.zeros == 2 && byte == 3 {
                (self.at, self.zeros) = (self.at + 1, 0);
                byte = *self.unit.get(self.at)?;
            }
            self.at += 1;
            self.zeros = if byte == 0 { (self.zeros + 1).min(2) } else { 0 };
            (self.held, self.left) = (byte, 8);
        }
        self.left -= 1;
        Some(self.held >> self.left & 1 == 1)
    }

    /// Reads up to 32 bits.
    pub(crate) fn u(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value)
    }

    /// Reads an unsigned Exp-Golomb code (ISO/IEC 14496-10 §9.1).
    pub(crate) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if 31 < zeros {
                return None;
            }
        }
        let rest = u64::from(self.u(zeros)?);
        u32::try_from((1_u64 << zeros) - 1 + rest).ok()
    }

    /// Passes over so many Exp-Golomb codes; signed ones are as long as unsigned ones.
    pub(crate) fn skip(&mut self, codes: u32) -> Option<()> {
        for _ in 0..codes {
            self.ue()?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_the_standard_has_them() {
        // 1, 010, 011, 00100, 1 …
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_1000]);
        assert_eq!([(); 5].map(|()| bits.ue()), [Some(0), Some(1), Some(2), Some(3), Some(0)]);
        assert_eq!(bits.ue(), None, "it ends within a code");
    }

    #[test]
    fn a_byte_that_keeps_start_codes_out_is_passed_over_but_counted() {
        let mut bits = Bits::new(&[0, 0, 3, 1, 0, 0, 3]);
        assert_eq!((bits.u(24), bits.bytes()), (Some(1), 4));
        assert_eq!((bits.u(16), bits.bytes()), (Some(0), 6));
        assert_eq!(bits.bit(), None);
    }
}
