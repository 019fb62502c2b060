//! The boxes of common encryption (ISO/IEC 23001-7): what a track file and its fragments say of it.
//!
//! The bytes of samples are others' to encrypt. Here is what tells of it: which scheme, which key,
//! which initialization vectors, and which bytes of each sample are in the clear.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::build::{boxed, full_boxed};
use crate::cut::{Cut, cut_with};
use crate::error::BmffError;
use crate::path::FourCc;

mod header;

pub use header::{SystemHeader, build_pssh, protect_init};

/// How samples are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// AES in counter mode (ISO/IEC 23001-7 §10.1).
    Cenc,
    /// AES in cipher block chaining, with a pattern and a constant vector (ISO/IEC 23001-7 §10.4).
    Cbcs,
}

impl Scheme {
    /// Returns its four-character code.
    #[must_use]
    pub const fn code(self) -> FourCc {
        match self {
            Self::Cenc => FourCc(*b"cenc"),
            Self::Cbcs => FourCc(*b"cbcs"),
        }
    }
}

/// What all protected samples of a track, or of one fragment, have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// The scheme.
    pub scheme: Scheme,
    /// Names the key.
    pub key_id: [u8; 16],
    /// Blocks encrypted and blocks skipped in turn; both 0 where there is no pattern.
    pub pattern: (u8, u8),
    /// The one initialization vector, where samples have none of their own.
    pub constant_iv: Option<[u8; 16]>,
}

/// A stretch of a sample: bytes in the clear, then encrypted ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subsample {
    /// Bytes in the clear.
    pub clear: u16,
    /// Bytes behind them that are encrypted.
    pub protected: u32,
}

/// What one sample needs to be decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Its initialization vector; of no account where there is a constant one.
    pub iv: [u8; 16],
    /// Its stretches; none where all of it is encrypted.
    pub subsamples: Vec<Subsample>,
}

/// Stretches that one sample may have: `saiz` tells the length of what is told of it in eight bits.
pub const SUBSAMPLES_MAX: usize = (255 - 16 - 2) / 6;

/// What is told of the samples of one fragment.
#[derive(Debug, Clone, Copy)]
pub struct Guarded<'a> {
    /// What they have in common.
    pub protection: &'a Protection,
    /// What each of them has, in their order.
    pub samples: &'a [Guard],
    /// Whether the fragment says its key by itself, because it is another than the track's.
    pub own_key: bool,
    /// Headers of protection systems that go with a key of its own.
    pub systems: &'a [Bytes],
}

/// Returns a `moof` for `cut` whose samples are encrypted, and the header of its `mdat`.
///
/// # Errors
/// As [`build_cut`](crate::build_cut), and when there is not one guard a sample, or a guard with more
/// than [`SUBSAMPLES_MAX`] stretches.
pub fn build_guarded_cut(cut: &Cut<'_>, guarded: &Guarded<'_>) -> Result<Bytes, BmffError> {
    let too_large = |what| BmffError::TooLarge { kind: FourCc(*b"senc"), what };
    if guarded.samples.len() != cut.samples.len() {
        return Err(too_large("number of samples"));
    }
    if guarded.samples.iter().any(|guard| SUBSAMPLES_MAX < guard.subsamples.len()) {
        return Err(too_large("number of subsamples"));
    }
    let in_traf = |out: &mut BytesMut| {
        auxiliary(out, guarded)?;
        if guarded.own_key { groups(out, guarded) } else { Ok(()) }
    };
    let in_moof = |out: &mut BytesMut| {
        guarded.systems.iter().for_each(|system| out.put_slice(system));
        Ok(())
    };
    cut_with(cut, in_traf, in_moof)
}

/// Writes `saiz`, `saio` and `senc` (ISO/IEC 23001-7 §7.2): the same information, and where it is.
fn auxiliary(out: &mut BytesMut, guarded: &Guarded<'_>) -> Result<(), BmffError> {
    let stretched = guarded.samples.iter().any(|guard| !guard.subsamples.is_empty());
    let vector = if guarded.protection.constant_iv.is_none() { 16 } else { 0 };
    let size = |guard: &Guard| {
        let stretches = if stretched { 2 + 6 * guard.subsamples.len() } else { 0 };
        u8::try_from(vector + stretches).unwrap_or(u8::MAX)
    };
    if vector == 0 && !stretched {
        // ISO/IEC 23001-7 §7.1: where there is nothing to tell of samples, nothing is.
        return Ok(());
    }
    let too_large = |kind: &[u8; 4], what| BmffError::TooLarge { kind: FourCc(*kind), what };
    let many = || too_large(b"senc", "number of samples");
    let count = u32::try_from(guarded.samples.len()).map_err(|_| many())?;
    let first = guarded.samples.first().map_or(0, size);
    let alike = guarded.samples.iter().all(|guard| size(guard) == first);
    full_boxed(out, b"saiz", (0, 0), |out| {
        out.put_u8(if alike { first } else { 0 });
        out.put_u32(count);
        if !alike {
            guarded.samples.iter().for_each(|guard| out.put_u8(size(guard)));
        }
        Ok(())
    })?;
    // The `moof` begins where the bytes do. Behind this box come the head of `senc` and its count.
    let offset = u32::try_from(out.len() + 20 + 16);
    full_boxed(out, b"saio", (0, 0), |out| {
        out.put_u32(1);
        out.put_u32(offset.map_err(|_| too_large(b"saio", "offset"))?);
        Ok(())
    })?;
    full_boxed(out, b"senc", (0, if stretched { 2 } else { 0 }), |out| {
        out.put_u32(count);
        for guard in guarded.samples {
            if vector != 0 {
                out.put_slice(&guard.iv);
            }
            if stretched {
                let stretches = u16::try_from(guard.subsamples.len()).map_err(|_| many())?;
                out.put_u16(stretches);
                for subsample in &guard.subsamples {
                    out.put_u16(subsample.clear);
                    out.put_u32(subsample.protected);
                }
            }
        }
        Ok(())
    })
}

/// Writes a sample group of all samples that has their key (ISO/IEC 23001-7 §6).
fn groups(out: &mut BytesMut, guarded: &Guarded<'_>) -> Result<(), BmffError> {
    let mut entry = BytesMut::with_capacity(37);
    header::key(&mut entry, guarded.protection);
    let len = u32::try_from(entry.len()).unwrap_or(u32::MAX);
    full_boxed(out, b"sgpd", (1, 0), |out| {
        out.put_slice(b"seig");
        out.put_u32(len);
        out.put_u32(1);
        out.put_slice(&entry);
        Ok(())
    })?;
    full_boxed(out, b"sbgp", (0, 0), |out| {
        out.put_slice(b"seig");
        out.put_u32(1);
        out.put_u32(u32::try_from(guarded.samples.len()).unwrap_or(u32::MAX));
        // ISO/IEC 14496-12 §8.9.4: the first description of the fragment itself.
        out.put_u32(0x1_0001);
        Ok(())
    })
}

/// Writes the `sinf` of a sample entry that was of type `original`.
fn sinf(out: &mut BytesMut, original: FourCc, protection: &Protection) -> Result<(), BmffError> {
    boxed(out, b"sinf", |out| {
        boxed(out, b"frma", |out| {
            out.put_slice(&original.0);
            Ok(())
        })?;
        full_boxed(out, b"schm", (0, 0), |out| {
            out.put_slice(&protection.scheme.code().0);
            // ISO/IEC 23001-7 §4.1: version 1.0 of the scheme.
            out.put_u32(0x1_0000);
            Ok(())
        })?;
        boxed(out, b"schi", |out| {
            // ISO/IEC 23001-7 §8.2: version 1 has a pattern.
            let version = u8::from(protection.pattern != (0, 0));
            full_boxed(out, b"tenc", (version, 0), |out| {
                header::key(out, protection);
                Ok(())
            })
        })
    })
}

#[cfg(test)]
mod tests;
