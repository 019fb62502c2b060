//! Moves a fragment in time by patching its head.

use bytes::{Bytes, BytesMut};

use crate::error::BmffError;
use crate::path::{BoxPath, FourCc};
use crate::walk::{Header, Mp4Box, boxes};

/// Returns a copy of a fragment's head with `add_ticks` added to every decode time and with the
/// sequence number set. The length stays, nothing but those fields changes.
///
/// `head` is a `moof`, or what stands before the media data of a fragment: `styp`, `prft`, `sidx`
/// and `emsg` may precede the `moof`, and what follows from `mdat` on is kept unread, so that the
/// head may end anywhere within it. The earliest presentation time of a `sidx` moves along.
///
/// # Errors
/// Fails when there is no whole `moof` with a `tfdt` in each `traf`, when a time leaves its field
/// (32 bits in a version 0 `tfdt`), or when a version 1 `emsg` is there, whose absolute time is in a
/// timescale of its own.
pub fn retime(head: &Bytes, add_ticks: u64, sequence_number: u32) -> Result<Bytes, BmffError> {
    let mut out = BytesMut::from(&head[..]);
    let mut moofs = 0_u32;
    for found in boxes(&before_mdat(head)?) {
        let found = found?;
        match &found.header.kind.0 {
            b"moof" => {
                moof(&found, &mut out, add_ticks, sequence_number)?;
                moofs += 1;
            }
            b"sidx" => {
                // reference_ID and timescale stand between the version and the time.
                let (version, _) = found.fields().full_box()?;
                add(&found, &mut out, 12, version, add_ticks)?;
            }
            b"emsg" if found.fields().full_box()?.0 != 0 => {
                return Err(found.invalid("an event with an absolute time cannot be moved along"));
            }
            _ => {}
        }
    }
    if moofs == 0 {
        return Err(BmffError::Missing { path: BoxPath::TOP, kind: FourCc(*b"moof") });
    }
    Ok(out.freeze())
}

/// Returns the bytes before the first `mdat`, whose body may be cut or absent.
fn before_mdat(head: &Bytes) -> Result<Bytes, BmffError> {
    let mut at = 0;
    while let Some(rest) = head.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.get(4..8) == Some(b"mdat") {
            return Ok(head.slice(..at));
        }
        let start = u64::try_from(at).unwrap_or(u64::MAX);
        let room = u64::try_from(rest.len()).unwrap_or(u64::MAX);
        let header = Header::parse(rest, start, room, BoxPath::TOP)?;
        at = usize::try_from(header.end()).unwrap_or(usize::MAX);
    }
    Ok(head.clone())
}

fn moof(
    moof: &Mp4Box,
    out: &mut BytesMut,
    add_ticks: u64,
    sequence_number: u32,
) -> Result<(), BmffError> {
    let mfhd = moof.child(b"mfhd")?;
    put(&mfhd, out, 4, &sequence_number.to_be_bytes())?;
    for traf in moof.children() {
        let traf = traf?;
        if traf.is(b"traf") {
            let tfdt = traf.child(b"tfdt")?;
            let (version, _) = tfdt.fields().full_box()?;
            add(&tfdt, out, 4, version, add_ticks)?;
        }
    }
    Ok(())
}

/// Adds to the time that stands `skip` bytes into the body: 32 bits in version 0, else 64.
fn add(
    target: &Mp4Box,
    out: &mut BytesMut,
    skip: usize,
    version: u8,
    add: u64,
) -> Result<(), BmffError> {
    let mut fields = target.fields();
    fields.skip(skip)?;
    let ticks = fields.u64_if(version)?;
    let bits = if version == 0 { 32 } else { 64 };
    let overflow =
        BmffError::TimeOverflow { path: target.path, at: target.header.start, ticks, add, bits };
    let sum = ticks.checked_add(add).ok_or_else(|| overflow.clone())?;
    if version == 0 {
        let sum = u32::try_from(sum).map_err(|_| overflow)?;
        put(target, out, skip, &sum.to_be_bytes())
    } else {
        put(target, out, skip, &sum.to_be_bytes())
    }
}

/// Overwrites bytes of the body, `skip` bytes into it.
fn put(target: &Mp4Box, out: &mut BytesMut, skip: usize, value: &[u8]) -> Result<(), BmffError> {
    let mut fields = target.fields();
    fields.skip(skip)?;
    fields.skip(value.len())?;
    let start = usize::try_from(target.body_start()).unwrap_or(usize::MAX).saturating_add(skip);
    let end = start.saturating_add(value.len());
    out.get_mut(start..end)
        .ok_or_else(|| target.invalid("the field lies outside the head"))?
        .copy_from_slice(value);
    Ok(())
}

#[cfg(test)]
mod tests;
