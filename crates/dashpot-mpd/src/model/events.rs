//! Messages that come at a time (ISO/IEC 23009-1 §5.10).

use crate::record::record;

record! {
    /// Messages of one scheme: an `EventStream` in a Period lists them (ISO/IEC 23009-1 §5.10.2), an
    /// `InbandEventStream` in a set says that segments carry them (§5.10.3).
    EventStream = "EventStream" {
        attributes {
            /// The URI of the scheme; the schema requires it.
            scheme_id_uri: Option<String> = "schemeIdUri",
            /// The value in the scheme.
            value: Option<String> = "value",
            /// Ticks a second of all times; 1 where it is missing.
            timescale: Option<u32> = "timescale",
            /// The time, in ticks, at which the Period starts.
            presentation_time_offset: Option<u64> = "presentationTimeOffset",
        }
        children {
            /// The messages, in the order of their times.
            events: Vec<Event> = "Event",
        }
    }
}

record! {
    /// One message; it may be elements rather than text.
    Event = "Event" {
        attributes {
            /// When it comes, in ticks; 0 where it is missing.
            presentation_time: Option<u64> = "presentationTime",
            /// How long it lasts, in ticks; unknown where it is missing.
            duration: Option<u64> = "duration",
            /// What names it in its stream: messages with the same one are the same.
            id: Option<u64> = "id",
        }
        text {
            /// The message.
            text,
        }
    }
}
