//! The movie header of a protected track, and the headers of protection systems.

use bytes::{BufMut as _, Bytes, BytesMut};

use super::{Protection, sinf};
use crate::build::{boxed, full_boxed};
use crate::error::BmffError;
use crate::init::{Handler, parse_init};
use crate::path::FourCc;
use crate::walk::{Mp4Box, boxes};

/// Where sample entries are.
const TO_ENTRIES: [&[u8; 4]; 5] = [b"trak", b"mdia", b"minf", b"stbl", b"stsd"];

/// Returns `init`, a file's boxes up to and with its `moov`, with every sample entry protected and
/// with the headers of `systems` at the end of the `moov`.
///
/// # Errors
/// Fails when a box is broken, when there is no track of pictures or sound alone, or when one is
/// protected already.
pub fn protect_init(
    init: &Bytes,
    protection: &Protection,
    systems: &[Bytes],
) -> Result<Bytes, BmffError> {
    let protected = match parse_init(init)?.tracks.as_slice() {
        [track] if track.handler == Handler::Video => b"encv",
        [track] if track.handler == Handler::Audio => b"enca",
        _ => return Err(BmffError::Missing { path: crate::BoxPath::TOP, kind: FourCc(*b"trak") }),
    };
    let mut out = BytesMut::with_capacity(init.len() + 512);
    for found in boxes(init) {
        let found = found?;
        if !found.is(b"moov") {
            copy(&found, init, &mut out)?;
            continue;
        }
        boxed(&mut out, b"moov", |out| {
            let entries =
                |stsd: &Mp4Box, out: &mut BytesMut| entries(stsd, protected, protection, out);
            below(&found, init, &TO_ENTRIES, out, &entries)?;
            systems.iter().for_each(|system| out.put_slice(system));
            Ok(())
        })?;
    }
    Ok(out.freeze())
}

/// Copies what is in a container, but for the box at the end of `path`, which `leaf` writes.
fn below(
    container: &Mp4Box,
    init: &Bytes,
    path: &[&[u8; 4]],
    out: &mut BytesMut,
    leaf: &impl Fn(&Mp4Box, &mut BytesMut) -> Result<(), BmffError>,
) -> Result<(), BmffError> {
    let Some((next, rest)) = path.split_first() else {
        return leaf(container, out);
    };
    for child in container.children() {
        let child = child?;
        if child.is(next) {
            boxed(out, next, |out| below(&child, init, rest, out, leaf))?;
        } else {
            copy(&child, init, out)?;
        }
    }
    Ok(())
}

fn copy(found: &Mp4Box, init: &Bytes, out: &mut BytesMut) -> Result<(), BmffError> {
    let at = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
    let bytes = init.get(at(found.header.start)..at(found.header.end()));
    out.put_slice(bytes.ok_or_else(|| found.invalid("it lies outside of the file"))?);
    Ok(())
}

fn entries(
    stsd: &Mp4Box,
    protected: &[u8; 4],
    protection: &Protection,
    out: &mut BytesMut,
) -> Result<(), BmffError> {
    // Version, flags and the number of entries.
    out.put_slice(stsd.body.get(..8).ok_or_else(|| stsd.invalid("it has no entry"))?);
    for entry in stsd.children_after(8) {
        let entry = entry?;
        if entry.is(b"encv") || entry.is(b"enca") {
            return Err(entry.invalid("it is protected already"));
        }
        boxed(out, protected, |out| {
            out.put_slice(&entry.body);
            sinf(out, entry.header.kind, protection)
        })?;
    }
    Ok(())
}

/// Writes the fields that `tenc` and a sample group of keys have alike (ISO/IEC 23001-7 §6, §8.2).
pub(super) fn key(out: &mut BytesMut, protection: &Protection) {
    let (crypt, skip) = protection.pattern;
    out.put_u8(0);
    out.put_u8(crypt << 4 | skip & 0xf);
    out.put_u8(1);
    out.put_u8(if protection.constant_iv.is_some() { 0 } else { 16 });
    out.put_slice(&protection.key_id);
    if let Some(vector) = protection.constant_iv {
        out.put_u8(16);
        out.put_slice(&vector);
    }
}

/// What a protection system is told (ISO/IEC 23001-7 §8.1).
#[derive(Debug, Clone, Copy)]
pub struct SystemHeader<'a> {
    /// Names the system.
    pub system: [u8; 16],
    /// The keys that it is about.
    pub key_ids: &'a [[u8; 16]],
    /// What only it understands.
    pub data: &'a [u8],
}

/// Returns a `pssh` box of version 1, which names its keys.
///
/// # Errors
/// Fails when it has 4 GiB or more.
pub fn build_pssh(header: &SystemHeader<'_>) -> Result<Bytes, BmffError> {
    let count = |len: usize, what| {
        u32::try_from(len).map_err(|_| BmffError::TooLarge { kind: FourCc(*b"pssh"), what })
    };
    let mut out = BytesMut::with_capacity(36 + 16 * header.key_ids.len() + header.data.len());
    full_boxed(&mut out, b"pssh", (1, 0), |out| {
        out.put_slice(&header.system);
        out.put_u32(count(header.key_ids.len(), "number of keys")?);
        header.key_ids.iter().for_each(|id| out.put_slice(id));
        out.put_u32(count(header.data.len(), "size of the data")?);
        out.put_slice(header.data);
        Ok(())
    })?;
    Ok(out.freeze())
}
