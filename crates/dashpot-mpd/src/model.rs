//! The elements of an MPD that have fields of their own.

mod events;
mod segments;
mod tracks;

pub use events::{Event, EventStream};
pub use segments::{
    Initialization, RepresentationIndex, S, SegmentBase, SegmentList, SegmentTemplate,
    SegmentTimeline, SegmentUrl,
};
pub use tracks::{AdaptationSet, Descriptor, Label, Representation};

use crate::{PresentationType, record::record};
use dashpot_base::WallTime;
use std::time::Duration;

record! {
    /// A media presentation description (ISO/IEC 23009-1 §5.3.1).
    Mpd = "MPD" {
        attributes {
            /// What names the presentation.
            id: Option<String> = "id",
            /// The profiles it claims, separated by commas; the schema requires it.
            profiles: Option<String> = "profiles",
            /// On demand or live; on demand where it is missing.
            presentation_type: Option<PresentationType> = "type",
            /// When the presentation's time zero becomes available.
            availability_start_time: Option<WallTime> = "availabilityStartTime",
            /// When the last segment ceases to be available.
            availability_end_time: Option<WallTime> = "availabilityEndTime",
            /// When this version was made.
            publish_time: Option<WallTime> = "publishTime",
            /// How long the whole presentation is.
            media_presentation_duration: Option<Duration> = "mediaPresentationDuration",
            /// How soon the MPD may change.
            minimum_update_period: Option<Duration> = "minimumUpdatePeriod",
            /// The buffer that each declared bandwidth assumes; the schema requires it.
            min_buffer_time: Option<Duration> = "minBufferTime",
            /// How far back a live presentation can be played.
            time_shift_buffer_depth: Option<Duration> = "timeShiftBufferDepth",
            /// How far behind the live edge a player should stay.
            suggested_presentation_delay: Option<Duration> = "suggestedPresentationDelay",
            /// The length of the longest segment.
            max_segment_duration: Option<Duration> = "maxSegmentDuration",
            /// The length of the longest subsegment.
            max_subsegment_duration: Option<Duration> = "maxSubsegmentDuration",
        }
        children {
            /// Titles and their like.
            program_information: Vec<ProgramInformation> = "ProgramInformation",
            /// Alternatives for where relative URLs begin.
            base_urls: Vec<BaseUrl> = "BaseURL",
            /// Where the MPD itself is.
            locations: Vec<Location> = "Location",
            /// Where what changed since this version is to be fetched from.
            patch_locations: Vec<PatchLocation> = "PatchLocation",
            /// The spans of time that follow one another.
            periods: Vec<Period> = "Period",
            /// What a client must understand to play this.
            essential_properties: Vec<Descriptor> = "EssentialProperty",
            /// What a client may make use of.
            supplemental_properties: Vec<Descriptor> = "SupplementalProperty",
            /// Where to get the time from.
            utc_timings: Vec<Descriptor> = "UTCTiming",
        }
    }
}

record! {
    /// What the presentation is called, for people.
    ProgramInformation = "ProgramInformation" {
        attributes {
            /// The language of the texts.
            lang: Option<String> = "lang",
            /// Where to read more.
            more_information_url: Option<String> = "moreInformationURL",
        }
        children {
            /// The title.
            title: Option<Text> = "Title",
            /// The source.
            source: Option<Text> = "Source",
            /// Who owns it.
            copyright: Option<Text> = "Copyright",
        }
    }
}

record! {
    /// An element that is nothing but text, such as a title.
    Text = "Text" {
        text {
            /// The text.
            text,
        }
    }
}

record! {
    /// Where relative URLs begin (ISO/IEC 23009-1 §5.6).
    BaseUrl = "BaseURL" {
        attributes {
            /// The name of the service, the same for all URLs that fail together.
            service_location: Option<String> = "serviceLocation",
            /// How to ask for byte ranges within a URL.
            byte_range: Option<String> = "byteRange",
            /// How many seconds before its end a segment may be asked for.
            availability_time_offset: Option<f64> = "availabilityTimeOffset",
            /// Whether all of a segment is there when it may be asked for.
            availability_time_complete: Option<bool> = "availabilityTimeComplete",
            /// How far back these URLs can be played.
            time_shift_buffer_depth: Option<Duration> = "timeShiftBufferDepth",
            /// Whether byte ranges can be asked for.
            range_access: Option<bool> = "rangeAccess",
        }
        text {
            /// The URL, maybe relative to the next outer one.
            url,
        }
    }
}

record! {
    /// Where the MPD is to be fetched from.
    Location = "Location" {
        attributes {
            /// The name of the service.
            service_location: Option<String> = "serviceLocation",
        }
        text {
            /// The URL.
            url,
        }
    }
}

record! {
    /// Where a patch of the MPD is to be fetched from (ISO/IEC 23009-1 §5.15.2).
    PatchLocation = "PatchLocation" {
        attributes {
            /// The name of the service.
            service_location: Option<String> = "serviceLocation",
            /// For how many seconds after `MPD@publishTime` there is a patch.
            ttl: Option<f64> = "ttl",
        }
        text {
            /// The URL.
            url,
        }
    }
}

record! {
    /// A span of time with its own set of tracks (ISO/IEC 23009-1 §5.3.2).
    Period = "Period" {
        attributes {
            /// What names the Period.
            id: Option<String> = "id",
            /// When it starts, from the start of the presentation.
            start: Option<Duration> = "start",
            /// How long it is.
            duration: Option<Duration> = "duration",
            /// Whether Representations switch without another initialization.
            bitstream_switching: Option<bool> = "bitstreamSwitching",
        }
        children {
            /// Alternatives for where relative URLs begin.
            base_urls: Vec<BaseUrl> = "BaseURL",
            /// Segment information that the tracks inherit.
            segment_base: Option<SegmentBase> = "SegmentBase",
            /// Segment information that the tracks inherit.
            segment_list: Option<SegmentList> = "SegmentList",
            /// Segment information that the tracks inherit.
            segment_template: Option<SegmentTemplate> = "SegmentTemplate",
            /// What names the content that Periods have in common.
            asset_identifier: Option<Descriptor> = "AssetIdentifier",
            /// Messages that come at a time.
            event_streams: Vec<EventStream> = "EventStream",
            /// The tracks.
            adaptation_sets: Vec<AdaptationSet> = "AdaptationSet",
            /// What a client may make use of.
            supplemental_properties: Vec<Descriptor> = "SupplementalProperty",
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}

impl From<&str> for BaseUrl {
    fn from(url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::default() }
    }
}

impl From<&str> for Location {
    fn from(url: &str) -> Self {
        Self { url: url.to_owned(), ..Self::default() }
    }
}
