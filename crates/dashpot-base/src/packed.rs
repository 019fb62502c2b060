//! Numbers and strings of bytes, one behind the other, as tiers that outlive the process keep them.

/// What is left to read; every method returns `None` where it does not hold that.
///
/// Numbers are little-endian, and a string of bytes follows its size in 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a>(pub &'a [u8]);

impl<'a> Packed<'a> {
    /// Returns the next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    /// Returns the next byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// Returns the next number of 64 bits.
    pub fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Returns the next size, as [`put_size`] has written it.
    pub fn size(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// Returns the next string of bytes, as [`put_bytes`] has written it.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let size = usize::try_from(self.size()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(bytes)
    }
}

/// Appends `size` to `out`; one that does not fit is written as the largest that does, and is that
/// of no string.
pub fn put_size(out: &mut Vec<u8>, size: usize) {
    out.extend(u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes());
}

/// Appends `bytes` to `out`, behind their size.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_size(out, bytes.len());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_read_and_nothing_beyond_the_end() {
        let mut out = vec![7];
        out.extend(9_u64.to_le_bytes());
        put_bytes(&mut out, b"abc");
        put_size(&mut out, 5);
        let mut from = Packed(&out);
        assert_eq!((from.byte(), from.number()), (Some(7), Some(9)));
        assert_eq!((from.bytes(), from.size()), (Some(&b"abc"[..]), Some(5)));
        assert_eq!(
            (from.byte(), from.number(), from.size(), from.bytes()),
            (None, None, None, None)
        );
        for end in 0..4 + 3 {
            // Cut off, a string is none.
            assert_eq!(Packed(&out[9..9 + end]).bytes(), None, "{end}");
        }
    }
}
