//! The chunks of a body (RFC 9112 §7.1), byte by byte but for their data.

use super::Refusal;

/// Extension bytes forgiven in one body: nobody is known to send any, and reading them for ever
/// would cost more than the body (CVE-2023-39326 was that).
const EXTENSION_BYTES_MAX: u32 = 4 << 10;

/// The longest size in digits: sixteen are 64 bits, leading zeros included.
const SIZE_DIGITS_MAX: u8 = 16;

/// Where in a chunk the next byte stands.
#[derive(Clone, Copy, Debug)]
enum At {
    Size,
    /// White space behind the size: only an extension may follow.
    BadSpace,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
}

/// The chunks of one body, up to the last one's line.
#[derive(Clone, Debug)]
pub(super) struct Chunked {
    at: At,
    /// The size read so far; then what is left of the data.
    left: u64,
    digits: u8,
    extension_bytes: u32,
}

impl Default for Chunked {
    fn default() -> Self {
        Self { at: At::Size, left: 0, digits: 0, extension_bytes: 0 }
    }
}

impl Chunked {
    /// Returns how many of `bytes` belong to the chunks, and whether the last chunk's line has
    /// ended behind them.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Result<(usize, bool), Refusal> {
        let mut passed = 0;
        while let Some(&byte) = bytes.get(passed) {
            if let At::Data = self.at {
                let here = usize::try_from(self.left).unwrap_or(usize::MAX);
                let here = here.min(bytes.len() - passed);
                self.left -= u64::try_from(here).unwrap_or(u64::MAX);
                if self.left == 0 {
                    self.at = At::DataCr;
                }
                passed += here;
                continue;
            }
            passed += 1;
            let was_last_line = matches!(self.at, At::SizeLf) && self.left == 0;
            self.at = self.next(byte)?;
            if was_last_line {
                return Ok((passed, true));
            }
        }
        Ok((passed, false))
    }

    fn next(&mut self, byte: u8) -> Result<At, Refusal> {
        match (self.at, byte) {
            (At::Size, _) => self.size(byte),
            (At::BadSpace, b' ' | b'\t') => self.extension(byte, At::BadSpace),
            (At::BadSpace, b';') => self.extension(byte, At::Extension),
            (At::BadSpace, _) => Err(Refusal::ChunkSize),
            (At::Extension, b'\r') => Ok(At::SizeLf),
            (At::Extension, _) => self.extension(byte, At::Extension),
            (At::SizeLf, b'\n') => {
                self.digits = 0;
                Ok(At::Data)
            }
            (At::SizeLf, _) => Err(Refusal::LineEnd),
            (At::DataCr, b'\r') => Ok(At::DataLf),
            (At::DataLf, b'\n') => Ok(At::Size),
            (At::Data | At::DataCr | At::DataLf, _) => Err(Refusal::ChunkEnd),
        }
    }

    fn size(&mut self, byte: u8) -> Result<At, Refusal> {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ if self.digits == 0 => return Err(Refusal::ChunkSize),
            b';' => return self.extension(byte, At::Extension),
            b' ' | b'\t' => return self.extension(byte, At::BadSpace),
            b'\r' => return Ok(At::SizeLf),
            b'\n' => return Err(Refusal::LineEnd),
            _ => return Err(Refusal::ChunkSize),
        };
        if self.digits == SIZE_DIGITS_MAX {
            return Err(Refusal::ChunkSize);
        }
        let before = if self.digits == 0 { 0 } else { self.left };
        self.digits += 1;
        self.left = before << 4 | u64::from(digit);
        // RFC 9112 §7.1: a recipient anticipates sizes that overflow. With the top bit some
        // parsers read a negative number.
        if self.left >> 63 == 1 { Err(Refusal::ChunkSize) } else { Ok(At::Size) }
    }

    fn extension(&mut self, byte: u8, then: At) -> Result<At, Refusal> {
        self.extension_bytes += 1;
        if byte == b'\n' {
            return Err(Refusal::LineEnd);
        }
        if EXTENSION_BYTES_MAX < self.extension_bytes || !super::head::is_text(&[byte]) {
            return Err(Refusal::ChunkExtension);
        }
        Ok(then)
    }
}
