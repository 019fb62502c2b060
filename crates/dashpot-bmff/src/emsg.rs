//! Event message boxes.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::build::full_boxed;
use crate::error::BmffError;

/// When an event message is due, in its version of the box (ISO/IEC 23009-1 §5.10.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTime {
    /// Version 0: ticks after the earliest presentation time of the segment.
    Delta(u32),
    /// Version 1: ticks on the timeline of the media.
    Media(u64),
}

/// An event message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emsg<'a> {
    /// The URI of the scheme.
    pub scheme_id_uri: &'a str,
    /// The value in the scheme.
    pub value: &'a str,
    /// Ticks a second.
    pub timescale: u32,
    /// When it is due.
    pub time: EventTime,
    /// How long it lasts in ticks; `u32::MAX` where that is not known.
    pub duration: u32,
    /// What names it in its scheme and value.
    pub id: u32,
    /// The message.
    pub message: &'a [u8],
}

/// Returns an event message box. Texts end at a zero byte, so that one within them would cut them:
/// what comes behind it is left out.
///
/// # Errors
/// Fails when the message is larger than a box can be.
pub fn build_emsg(event: &Emsg<'_>) -> Result<Bytes, BmffError> {
    let text = |out: &mut BytesMut, text: &str| {
        out.put_slice(text.split('\0').next().unwrap_or_default().as_bytes());
        out.put_u8(0);
    };
    let texts = |out: &mut BytesMut| {
        text(out, event.scheme_id_uri);
        text(out, event.value);
    };
    let version = match event.time {
        EventTime::Delta(_) => 0,
        EventTime::Media(_) => 1,
    };
    let mut out = BytesMut::new();
    full_boxed(&mut out, b"emsg", (version, 0), |out| {
        match event.time {
            EventTime::Delta(delta) => {
                texts(out);
                out.put_u32(event.timescale);
                out.put_u32(delta);
            }
            EventTime::Media(time) => {
                out.put_u32(event.timescale);
                out.put_u64(time);
            }
        }
        out.put_u32(event.duration);
        out.put_u32(event.id);
        if version == 1 {
            texts(out);
        }
        out.put_slice(event.message);
        Ok(())
    })?;
    Ok(out.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_lie_as_the_standard_has_them() {
        let event = |time| Emsg {
            scheme_id_uri: "urn:s",
            value: "v\0w",
            timescale: 1_000,
            time,
            duration: 5,
            id: 6,
            message: b"hi",
        };
        // ISO/IEC 23009-1 §5.10.3.3.3.
        let delta = build_emsg(&event(EventTime::Delta(7))).unwrap();
        let expected =
            b"\0\0\0\x26emsg\0\0\0\0urn:s\0v\0\0\0\x03\xe8\0\0\0\x07\0\0\0\x05\0\0\0\x06hi";
        assert_eq!(&delta[..], expected);
        let media = build_emsg(&event(EventTime::Media(0x1_0000_0007))).unwrap();
        let expected = b"\0\0\0\x2aemsg\x01\0\0\0\0\0\x03\xe8\0\0\0\x01\0\0\0\x07\0\0\0\x05\0\0\0\x06urn:s\0v\0hi";
        assert_eq!(&media[..], expected);
    }
}
