//! Quantities as JSON numbers; the field's name carries the unit.

use dashpot_base::{Bitrate, ByteSize, MonoTime, Speed};
use serde::Serializer;
use std::time::Duration;

/// Returns whole milliseconds, rounded down.
pub(crate) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn ms<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(millis(*span))
}

pub(crate) fn t_ms<S: Serializer>(at: &MonoTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(at.nanos() / 1_000_000)
}

pub(crate) fn bytes<S: Serializer>(size: &ByteSize, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(size.bytes())
}

pub(crate) fn ratio<S: Serializer>(speed: &Speed, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(speed.ratio())
}

pub(crate) fn bps<S: Serializer>(rate: &Bitrate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(rate.bps())
}

#[expect(clippy::ref_option, reason = "the signature is serde's")]
pub(crate) fn bps_or_null<S: Serializer>(
    rate: &Option<Bitrate>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match rate {
        Some(rate) => bps(rate, serializer),
        None => serializer.serialize_none(),
    }
}
