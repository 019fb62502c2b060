//! Tracks: adaptation sets and their representations.

use super::{BaseUrl, EventStream, SegmentBase, SegmentList, SegmentTemplate};
use crate::record::record;

record! {
    /// Interchangeable versions of one track (ISO/IEC 23009-1 §5.3.3).
    AdaptationSet = "AdaptationSet" {
        attributes {
            /// What names the set within its Period.
            id: Option<u32> = "id",
            /// The group of sets of which one is played at a time.
            group: Option<u32> = "group",
            /// The language, as RFC 5646 has it.
            lang: Option<String> = "lang",
            /// `video`, `audio`, `text` and so on.
            content_type: Option<String> = "contentType",
            /// The shape of the picture, such as `16:9`.
            par: Option<String> = "par",
            /// The lowest declared bandwidth in bits a second.
            min_bandwidth: Option<u64> = "minBandwidth",
            /// The highest declared bandwidth in bits a second.
            max_bandwidth: Option<u64> = "maxBandwidth",
            /// The smallest width in pixels.
            min_width: Option<u32> = "minWidth",
            /// The largest width in pixels.
            max_width: Option<u32> = "maxWidth",
            /// The smallest height in pixels.
            min_height: Option<u32> = "minHeight",
            /// The largest height in pixels.
            max_height: Option<u32> = "maxHeight",
            /// The lowest frame rate, whole or a fraction such as `30000/1001`.
            min_frame_rate: Option<String> = "minFrameRate",
            /// The highest frame rate.
            max_frame_rate: Option<String> = "maxFrameRate",
            /// Whether segments of all Representations begin and end together.
            segment_alignment: Option<bool> = "segmentAlignment",
            /// Whether subsegments do.
            subsegment_alignment: Option<bool> = "subsegmentAlignment",
            /// The kind of access point that each subsegment starts with.
            subsegment_starts_with_sap: Option<u32> = "subsegmentStartsWithSAP",
            /// Whether Representations switch without another initialization.
            bitstream_switching: Option<bool> = "bitstreamSwitching",
            /// The profiles it claims.
            profiles: Option<String> = "profiles",
            /// The width in pixels.
            width: Option<u32> = "width",
            /// The height in pixels.
            height: Option<u32> = "height",
            /// The shape of a pixel, such as `1:1`.
            sar: Option<String> = "sar",
            /// The frame rate.
            frame_rate: Option<String> = "frameRate",
            /// The sampling rate of audio in hertz, or two of them.
            audio_sampling_rate: Option<String> = "audioSamplingRate",
            /// The media type of the segments.
            mime_type: Option<String> = "mimeType",
            /// The codecs, as RFC 6381 has them.
            codecs: Option<String> = "codecs",
            /// The kind of access point that each segment starts with.
            start_with_sap: Option<u32> = "startWithSAP",
            /// `progressive`, `interlaced` or `unknown`.
            scan_type: Option<String> = "scanType",
            /// Which sets to prefer: the highest.
            selection_priority: Option<u32> = "selectionPriority",
        }
        children {
            /// The layout of the loudspeakers.
            audio_channel_configurations: Vec<Descriptor> = "AudioChannelConfiguration",
            /// What a client must understand to use this.
            essential_properties: Vec<Descriptor> = "EssentialProperty",
            /// What a client may make use of.
            supplemental_properties: Vec<Descriptor> = "SupplementalProperty",
            /// Messages that its segments carry.
            inband_event_streams: Vec<EventStream> = "InbandEventStream",
            /// Names for people.
            labels: Vec<Label> = "Label",
            /// Whom the track helps.
            accessibilities: Vec<Descriptor> = "Accessibility",
            /// What the track is for.
            roles: Vec<Descriptor> = "Role",
            /// Alternatives for where relative URLs begin.
            base_urls: Vec<BaseUrl> = "BaseURL",
            /// Segment information that the Representations inherit.
            segment_base: Option<SegmentBase> = "SegmentBase",
            /// Segment information that the Representations inherit.
            segment_list: Option<SegmentList> = "SegmentList",
            /// Segment information that the Representations inherit.
            segment_template: Option<SegmentTemplate> = "SegmentTemplate",
            /// The versions.
            representations: Vec<Representation> = "Representation",
        }
    }
}

record! {
    /// One version of a track (ISO/IEC 23009-1 §5.3.5).
    Representation = "Representation" {
        attributes {
            /// What names it within its Period; the schema requires it.
            id: Option<String> = "id",
            /// The bits a second it needs; the schema requires it.
            bandwidth: Option<u64> = "bandwidth",
            /// How good it is among its set: the lowest is best.
            quality_ranking: Option<u32> = "qualityRanking",
            /// The Representations that it needs beside itself.
            dependency_id: Option<String> = "dependencyId",
            /// The profiles it claims.
            profiles: Option<String> = "profiles",
            /// The width in pixels.
            width: Option<u32> = "width",
            /// The height in pixels.
            height: Option<u32> = "height",
            /// The shape of a pixel, such as `1:1`.
            sar: Option<String> = "sar",
            /// The frame rate.
            frame_rate: Option<String> = "frameRate",
            /// The sampling rate of audio in hertz, or two of them.
            audio_sampling_rate: Option<String> = "audioSamplingRate",
            /// The media type of the segments.
            mime_type: Option<String> = "mimeType",
            /// The codecs, as RFC 6381 has them.
            codecs: Option<String> = "codecs",
            /// The kind of access point that each segment starts with.
            start_with_sap: Option<u32> = "startWithSAP",
            /// `progressive`, `interlaced` or `unknown`.
            scan_type: Option<String> = "scanType",
            /// Which versions to prefer: the highest.
            selection_priority: Option<u32> = "selectionPriority",
        }
        children {
            /// The layout of the loudspeakers.
            audio_channel_configurations: Vec<Descriptor> = "AudioChannelConfiguration",
            /// What a client must understand to use this.
            essential_properties: Vec<Descriptor> = "EssentialProperty",
            /// What a client may make use of.
            supplemental_properties: Vec<Descriptor> = "SupplementalProperty",
            /// Messages that its segments carry.
            inband_event_streams: Vec<EventStream> = "InbandEventStream",
            /// Names for people.
            labels: Vec<Label> = "Label",
            /// Alternatives for where relative URLs begin.
            base_urls: Vec<BaseUrl> = "BaseURL",
            /// Where its segments are.
            segment_base: Option<SegmentBase> = "SegmentBase",
            /// Where its segments are.
            segment_list: Option<SegmentList> = "SegmentList",
            /// Where its segments are.
            segment_template: Option<SegmentTemplate> = "SegmentTemplate",
        }
    }
}

record! {
    /// A scheme and a value in it (ISO/IEC 23009-1 §5.8.2).
    Descriptor = "Descriptor" {
        attributes {
            /// The URI of the scheme; the schema requires it.
            scheme_id_uri: Option<String> = "schemeIdUri",
            /// The value.
            value: Option<String> = "value",
            /// Descriptors with the same one mean the same.
            id: Option<String> = "id",
        }
    }
}

record! {
    /// A name for people.
    Label = "Label" {
        attributes {
            /// The group of labels it belongs to.
            id: Option<u32> = "id",
            /// The language it is written in.
            lang: Option<String> = "lang",
        }
        text {
            /// The name.
            text,
        }
    }
}

impl Descriptor {
    /// Returns the descriptor with `value` in the scheme `scheme_id_uri`.
    #[must_use]
    pub fn new(scheme_id_uri: &str, value: &str) -> Self {
        let (scheme_id_uri, value) = (Some(scheme_id_uri.to_owned()), Some(value.to_owned()));
        Self { scheme_id_uri, value, ..Self::default() }
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}
