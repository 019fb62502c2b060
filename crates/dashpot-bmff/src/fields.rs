//! Reads the fields of a box body, big-endian, and never beyond its end.

use crate::error::BmffError;
use crate::path::BoxPath;

/// A cursor over a box body.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    at: u64,
    path: BoxPath,
}

impl<'a> Fields<'a> {
    pub(crate) const fn new(body: &'a [u8], at: u64, path: BoxPath) -> Self {
        Self { rest: body, at, path }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], BmffError> {
        let Some((head, rest)) = self.rest.split_at_checked(count) else {
            return Err(BmffError::Truncated {
                path: self.path,
                at: self.at,
                needed: wide(count),
                held: wide(self.rest.len()),
            });
        };
        self.rest = rest;
        self.at += wide(count);
        Ok(head)
    }

    pub(crate) fn skip(&mut self, count: usize) -> Result<(), BmffError> {
        self.bytes(count).map(|_| ())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BmffError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, BmffError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, BmffError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Result<i32, BmffError> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, BmffError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, BmffError> {
        self.array().map(i64::from_be_bytes)
    }

    /// Reads a 64-bit field, or a 32-bit one when `version` is 0.
    pub(crate) fn u64_if(&mut self, version: u8) -> Result<u64, BmffError> {
        if version == 0 { self.u32().map(u64::from) } else { self.u64() }
    }

    /// Reads a field when its presence flag is set.
    pub(crate) fn u32_if(&mut self, present: bool) -> Result<Option<u32>, BmffError> {
        if present { self.u32().map(Some) } else { Ok(None) }
    }

    /// Reads version and flags of a full box (ISO/IEC 14496-12 §4.2).
    pub(crate) fn full_box(&mut self) -> Result<(u8, u32), BmffError> {
        let word = self.u32()?;
        let [version, ..] = word.to_be_bytes();
        Ok((version, word & 0x00ff_ffff))
    }

    /// Checks that a table of `count` entries of `entry_len` bytes is really there, so that the count
    /// may size an allocation.
    pub(crate) fn table(&self, count: u32, entry_len: usize) -> Result<usize, BmffError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let needed = count.saturating_mul(entry_len);
        if self.rest.len() < needed {
            return Err(BmffError::Truncated {
                path: self.path,
                at: self.at,
                needed: wide(needed),
                held: wide(self.rest.len()),
            });
        }
        Ok(count)
    }

    pub(crate) const fn invalid(&self, what: &'static str) -> BmffError {
        BmffError::Invalid { path: self.path, at: self.at, what }
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
