//! Where segments are and when they play (ISO/IEC 23009-1 §5.3.9).

use crate::{ByteRange, record::record};

record! {
    /// A Representation that is one file, or one segment (ISO/IEC 23009-1 §5.3.9.2).
    SegmentBase = "SegmentBase" {
        attributes {
            /// Ticks a second; 1 where it is missing.
            timescale: Option<u32> = "timescale",
            /// The media time, in ticks, at which the Period starts.
            presentation_time_offset: Option<u64> = "presentationTimeOffset",
            /// Where in the file the segment index is.
            index_range: Option<ByteRange> = "indexRange",
            /// Whether that range is the index and nothing else.
            index_range_exact: Option<bool> = "indexRangeExact",
            /// How many seconds before its end a segment may be asked for.
            availability_time_offset: Option<f64> = "availabilityTimeOffset",
            /// Whether all of a segment is there when it may be asked for.
            availability_time_complete: Option<bool> = "availabilityTimeComplete",
        }
        children {
            /// Where the initialization segment is.
            initialization: Option<Initialization> = "Initialization",
            /// Where an index of the whole Representation is.
            representation_index: Option<RepresentationIndex> = "RepresentationIndex",
        }
    }
}

record! {
    /// A list of segment URLs (ISO/IEC 23009-1 §5.3.9.3).
    SegmentList = "SegmentList" {
        attributes {
            /// Ticks a second; 1 where it is missing.
            timescale: Option<u32> = "timescale",
            /// The media time, in ticks, at which the Period starts.
            presentation_time_offset: Option<u64> = "presentationTimeOffset",
            /// Where in the file the segment index is.
            index_range: Option<ByteRange> = "indexRange",
            /// How many seconds before its end a segment may be asked for.
            availability_time_offset: Option<f64> = "availabilityTimeOffset",
            /// Whether all of a segment is there when it may be asked for.
            availability_time_complete: Option<bool> = "availabilityTimeComplete",
            /// The length of each segment in ticks.
            duration: Option<u64> = "duration",
            /// The number of the first segment; 1 where it is missing.
            start_number: Option<u64> = "startNumber",
            /// The number of the last segment.
            end_number: Option<u64> = "endNumber",
        }
        children {
            /// Where the initialization segment is.
            initialization: Option<Initialization> = "Initialization",
            /// Where an index of the whole Representation is.
            representation_index: Option<RepresentationIndex> = "RepresentationIndex",
            /// The lengths of segments, in place of one for all.
            segment_timeline: Option<SegmentTimeline> = "SegmentTimeline",
            /// The segments in order.
            segment_urls: Vec<SegmentUrl> = "SegmentURL",
        }
    }
}

record! {
    /// A rule for segment URLs (ISO/IEC 23009-1 §5.3.9.4).
    SegmentTemplate = "SegmentTemplate" {
        attributes {
            /// Ticks a second; 1 where it is missing.
            timescale: Option<u32> = "timescale",
            /// The media time, in ticks, at which the Period starts.
            presentation_time_offset: Option<u64> = "presentationTimeOffset",
            /// Where in the file the segment index is.
            index_range: Option<ByteRange> = "indexRange",
            /// How many seconds before its end a segment may be asked for.
            availability_time_offset: Option<f64> = "availabilityTimeOffset",
            /// Whether all of a segment is there when it may be asked for.
            availability_time_complete: Option<bool> = "availabilityTimeComplete",
            /// The length of each segment in ticks.
            duration: Option<u64> = "duration",
            /// The number of the first segment; 1 where it is missing.
            start_number: Option<u64> = "startNumber",
            /// The number of the last segment.
            end_number: Option<u64> = "endNumber",
            /// The URL of a segment, with `$Number$` or `$Time$` in it.
            media: Option<String> = "media",
            /// The URL of a segment's index.
            index: Option<String> = "index",
            /// The URL of the initialization segment.
            initialization_template: Option<String> = "initialization",
        }
        children {
            /// Where the initialization segment is, in place of the attribute.
            initialization: Option<Initialization> = "Initialization",
            /// Where an index of the whole Representation is.
            representation_index: Option<RepresentationIndex> = "RepresentationIndex",
            /// The lengths of segments, in place of one for all.
            segment_timeline: Option<SegmentTimeline> = "SegmentTimeline",
        }
    }
}

record! {
    /// The lengths of segments (ISO/IEC 23009-1 §5.3.9.6).
    SegmentTimeline = "SegmentTimeline" {
        children {
            /// Runs of segments of equal length.
            s: Vec<S> = "S",
        }
    }
}

record! {
    /// A run of segments of equal length.
    S = "S" {
        attributes {
            /// When the first starts, in ticks; the end of the run before where it is missing.
            t: Option<u64> = "t",
            /// The number of the first.
            n: Option<u64> = "n",
            /// The length of each in ticks; 0 where it is missing.
            d: u64 = "d",
            /// How many more there are after the first; negative: until the next run or the end.
            r: i64 = "r",
        }
    }
}

record! {
    /// A segment in a list.
    SegmentUrl = "SegmentURL" {
        attributes {
            /// The URL; the base URL where it is missing.
            media: Option<String> = "media",
            /// The bytes of that URL that are the segment.
            media_range: Option<ByteRange> = "mediaRange",
            /// The URL of its index.
            index: Option<String> = "index",
            /// The bytes of that URL that are its index.
            index_range: Option<ByteRange> = "indexRange",
        }
    }
}

record! {
    /// Where an initialization segment is.
    Initialization = "Initialization" {
        attributes {
            /// The URL; the base URL where it is missing.
            source_url: Option<String> = "sourceURL",
            /// The bytes of that URL.
            range: Option<ByteRange> = "range",
        }
    }
}

record! {
    /// Where an index of a whole Representation is.
    RepresentationIndex = "RepresentationIndex" {
        attributes {
            /// The URL; the base URL where it is missing.
            source_url: Option<String> = "sourceURL",
            /// The bytes of that URL.
            range: Option<ByteRange> = "range",
        }
    }
}
