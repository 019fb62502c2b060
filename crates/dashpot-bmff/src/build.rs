//! Writes boxes: open one, put fields and boxes into it, close it.

use bytes::{BufMut as _, BytesMut};

use crate::error::BmffError;
use crate::path::FourCc;

/// Opens a box and returns where it starts, for [`len32`] to close it.
pub(crate) fn open(out: &mut BytesMut, kind: &[u8; 4]) -> usize {
    let start = out.len();
    out.put_u32(0);
    out.put_slice(kind);
    start
}

/// Opens a full box, with version and 24 bits of flags (ISO/IEC 14496-12 §4.2).
pub(crate) fn full_box(out: &mut BytesMut, kind: &[u8; 4], version: u8, flags: u32) -> usize {
    let start = open(out, kind);
    out.put_u32(u32::from(version) << 24 | flags & 0x00ff_ffff);
    start
}

/// Closes the box that was opened at `start`, by writing its 32-bit size.
///
/// # Errors
/// Fails when the box has grown beyond 4 GiB.
pub(crate) fn len32(out: &mut BytesMut, start: usize) -> Result<(), BmffError> {
    let kind = out.get(start + 4..start + 8).and_then(|kind| kind.try_into().ok()).map(FourCc);
    let too_large =
        BmffError::TooLarge { kind: kind.unwrap_or(FourCc(*b"????")), what: "size of the box" };
    let size = u32::try_from(out.len() - start).map_err(|_| too_large.clone())?;
    out.get_mut(start..start + 4).ok_or(too_large)?.copy_from_slice(&size.to_be_bytes());
    Ok(())
}

/// Writes a box of the given contents.
///
/// # Errors
/// Fails when the contents grow beyond 4 GiB, or as `fill` does.
pub(crate) fn boxed(
    out: &mut BytesMut,
    kind: &[u8; 4],
    fill: impl FnOnce(&mut BytesMut) -> Result<(), BmffError>,
) -> Result<(), BmffError> {
    let start = open(out, kind);
    fill(out)?;
    len32(out, start)
}

/// Writes a full box of the given contents.
///
/// # Errors
/// Fails when the contents grow beyond 4 GiB, or as `fill` does.
pub(crate) fn full_boxed(
    out: &mut BytesMut,
    kind: &[u8; 4],
    (version, flags): (u8, u32),
    fill: impl FnOnce(&mut BytesMut) -> Result<(), BmffError>,
) -> Result<(), BmffError> {
    let start = full_box(out, kind, version, flags);
    fill(out)?;
    len32(out, start)
}
