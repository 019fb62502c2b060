//! Writes `ftyp` and `moov` of a track file. Sample entries are kept verbatim.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::build::{boxed, full_boxed};
use crate::error::BmffError;
use crate::init::{Handler, Track};
use crate::language;
use crate::mux::plan::Plan;
use crate::mux::write::{NON_SYNC_FLAGS, SYNC_FLAGS};

/// Returns default duration and flags of the track's samples.
pub(crate) fn defaults(plan: &Plan) -> (u32, u32) {
    // The second sample is more ordinary than the first, which may have been made longer.
    let duration = plan.samples.get(1).or(plan.samples.first()).map_or(0, |s| s.duration);
    let flags = if plan.track.handler == Handler::Video { NON_SYNC_FLAGS } else { SYNC_FLAGS };
    (duration, flags)
}

/// Returns `ftyp` and `moov` of a plan's track.
pub(crate) fn header(plan: &Plan, track_id: u32) -> Result<Bytes, BmffError> {
    movie(&plan.track, track_id, Some(plan.duration_ticks()), defaults(plan))
}

/// Returns `ftyp` and `moov` (ISO/IEC 23000-19 §7.3.1: one track, empty tables, no edit list) of a
/// track of so many ticks, where that is known, whose samples by default have that duration and those
/// flags.
pub(crate) fn movie(
    track: &Track,
    track_id: u32,
    duration_ticks: Option<u64>,
    defaults: (u32, u32),
) -> Result<Bytes, BmffError> {
    let mut out = BytesMut::new();
    boxed(&mut out, b"ftyp", |out| {
        out.put_slice(b"iso6\0\0\0\0iso6cmfcdash");
        Ok(())
    })?;
    boxed(&mut out, b"moov", |out| {
        mvhd(out, track.timescale, track_id)?;
        boxed(out, b"trak", |out| {
            tkhd(out, track, track_id)?;
            mdia(out, track)
        })?;
        mvex(out, track_id, duration_ticks, defaults)
    })?;
    Ok(out.freeze())
}

fn mvhd(out: &mut BytesMut, timescale: u32, track_id: u32) -> Result<(), BmffError> {
    full_boxed(out, b"mvhd", (0, 0), |out| {
        out.put_bytes(0, 8);
        out.put_u32(timescale);
        // The duration is that of samples in the movie itself: none.
        out.put_u32(0);
        // Rate and volume, both 1; reserved; the unity matrix; predefined.
        out.put_u32(0x1_0000);
        out.put_u16(0x100);
        out.put_bytes(0, 10);
        for element in [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000] {
            out.put_u32(element);
        }
        out.put_bytes(0, 24);
        out.put_u32(track_id.saturating_add(1));
        Ok(())
    })
}

fn tkhd(out: &mut BytesMut, track: &Track, track_id: u32) -> Result<(), BmffError> {
    // Enabled, in the movie.
    full_boxed(out, b"tkhd", (0, 3), |out| {
        out.put_bytes(0, 8);
        out.put_u32(track_id);
        out.put_bytes(0, 4);
        // Duration; reserved; layer; alternate group.
        out.put_bytes(0, 4 + 8 + 2 + 2);
        out.put_u16(if track.handler == Handler::Audio { 0x100 } else { 0 });
        out.put_u16(0);
        out.put_slice(&track.display);
        Ok(())
    })
}

fn mdia(out: &mut BytesMut, track: &Track) -> Result<(), BmffError> {
    let tag = track.language.as_deref().unwrap_or("und");
    let packed = language::pack(tag);
    boxed(out, b"mdia", |out| {
        full_boxed(out, b"mdhd", (0, 0), |out| {
            out.put_bytes(0, 8);
            out.put_u32(track.timescale);
            out.put_u32(0);
            out.put_u16(packed);
            out.put_u16(0);
            Ok(())
        })?;
        full_boxed(out, b"hdlr", (0, 0), |out| {
            out.put_u32(0);
            out.put_slice(&track.handler_type.0);
            out.put_bytes(0, 12);
            out.put_slice(b"dashpot\0");
            Ok(())
        })?;
        // A tag that the packed code cannot say in full goes beside it.
        let packs = language::unpack(packed).is_some() || track.language.is_none();
        if !packs || tag.contains('-') {
            full_boxed(out, b"elng", (0, 0), |out| {
                out.put_slice(tag.as_bytes());
                out.put_u8(0);
                Ok(())
            })?;
        }
        minf(out, track)
    })
}

fn minf(out: &mut BytesMut, track: &Track) -> Result<(), BmffError> {
    boxed(out, b"minf", |out| {
        match track.handler {
            Handler::Video => full_boxed(out, b"vmhd", (0, 1), |out| {
                out.put_bytes(0, 8);
                Ok(())
            }),
            Handler::Audio => full_boxed(out, b"smhd", (0, 0), |out| {
                out.put_bytes(0, 4);
                Ok(())
            }),
            Handler::Text if track.handler_type.0 == *b"subt" => {
                full_boxed(out, b"sthd", (0, 0), |_| Ok(()))
            }
            Handler::Text | Handler::Other(_) => full_boxed(out, b"nmhd", (0, 0), |_| Ok(())),
        }?;
        boxed(out, b"dinf", |out| {
            full_boxed(out, b"dref", (0, 0), |out| {
                out.put_u32(1);
                // Self-contained.
                full_boxed(out, b"url ", (0, 1), |_| Ok(()))
            })
        })?;
        boxed(out, b"stbl", |out| {
            boxed(out, b"stsd", |out| {
                out.put_slice(&track.sample_entries);
                Ok(())
            })?;
            for table in [b"stts", b"stsc", b"stco"] {
                full_boxed(out, table, (0, 0), |out| {
                    out.put_u32(0);
                    Ok(())
                })?;
            }
            full_boxed(out, b"stsz", (0, 0), |out| {
                out.put_u64(0);
                Ok(())
            })
        })
    })
}

fn mvex(
    out: &mut BytesMut,
    track_id: u32,
    duration_ticks: Option<u64>,
    (duration, flags): (u32, u32),
) -> Result<(), BmffError> {
    boxed(out, b"mvex", |out| {
        if let Some(duration_ticks) = duration_ticks {
            full_boxed(out, b"mehd", (1, 0), |out| {
                out.put_u64(duration_ticks);
                Ok(())
            })?;
        }
        full_boxed(out, b"trex", (0, 0), |out| {
            out.put_u32(track_id);
            out.put_u32(1);
            out.put_u32(duration);
            out.put_u32(0);
            out.put_u32(flags);
            Ok(())
        })
    })
}
