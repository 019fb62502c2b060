//! Four-character codes, and the path of boxes that leads to a place in a file.

use std::fmt;

/// A box type, brand or handler: four bytes, most often readable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FourCc(pub [u8; 4]);

impl fmt::Display for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            if byte == b' ' || byte.is_ascii_graphic() {
                write!(f, "{}", char::from(byte))?;
            } else {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for FourCc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FourCc({self})")
    }
}

/// Boxes that nest deeper than this are refused. The deepest path that this crate reads is
/// `moov/trak/mdia/minf/stbl/stsd/avc1/avcC`, eight boxes.
pub(crate) const MAX_DEPTH: usize = 10;

/// The boxes from the top of the file down to one box, as in `moov/trak/mdia`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BoxPath {
    kinds: [FourCc; MAX_DEPTH],
    depth: usize,
}

impl BoxPath {
    /// The top of a file, above every box.
    pub const TOP: Self = Self { kinds: [FourCc([0; 4]); MAX_DEPTH], depth: 0 };

    /// Returns the path one box deeper, or `None` when that would nest too deep.
    pub(crate) fn then(mut self, kind: FourCc) -> Option<Self> {
        *self.kinds.get_mut(self.depth)? = kind;
        self.depth += 1;
        Some(self)
    }

    /// Returns how many boxes the path has.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }
}

impl fmt::Display for BoxPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.depth == 0 {
            return f.write_str("the file");
        }
        for (index, kind) in self.kinds.iter().take(self.depth).enumerate() {
            if 0 < index {
                f.write_str("/")?;
            }
            write!(f, "{kind}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for BoxPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoxPath({self})")
    }
}
