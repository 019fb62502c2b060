//! The MPD of a channel, made from what arrived: nothing that an encoder wrote about itself is used.

use super::{Channel, Segment, Track};
use dashpot_base::WallTime;
use dashpot_bmff::Handler;
use dashpot_mpd::{
    AdaptationSet, Descriptor, Element, Mpd, Node, Period, PresentationType, Representation, S,
    SegmentTemplate, SegmentTimeline,
};
use std::time::Duration;

/// How an MPD of a channel addresses segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelForm {
    /// `$Number$` and one length for all, where the encoder keeps to one: players can ask for what
    /// is arriving.
    Number,
    /// `$Time$` and a `SegmentTimeline` of what is there as a whole.
    Time,
    /// The first where it can be, or else the second.
    Either,
}

/// The least target latency; below, a player has nothing to live on between two chunks.
const LATENCY_MS: u64 = 1_000;

impl Channel {
    /// Returns the MPD; `None` until each track has a segment, or where no segment is as long as
    /// another and numbers are asked for.
    #[must_use]
    pub fn mpd(&self, form: ChannelForm) -> Option<Mpd> {
        if !self.is_ready() {
            return None;
        }
        let numbers = match form {
            ChannelForm::Time => None,
            ChannelForm::Number => Some(self.each_ms().filter(|_| !self.is_ended)?),
            ChannelForm::Either => self.each_ms().filter(|_| !self.is_ended),
        };
        let ms = Duration::from_millis;
        let longest = self.tracks.values().map(Track::longest_ms).max().unwrap_or(0);
        let is_live = !self.is_ended;
        let (begin_ms, end_ms) = self.span_ms();
        let mut mpd = Mpd {
            profiles: Some("urn:mpeg:dash:profile:isoff-live:2011".to_owned()),
            presentation_type: Some(if self.is_ended {
                PresentationType::Static
            } else {
                PresentationType::Dynamic
            }),
            availability_start_time: is_live.then_some(WallTime::from_epoch(ms(self.zero_ms?))),
            publish_time: Some(self.last?),
            minimum_update_period: is_live.then(|| ms(longest)),
            time_shift_buffer_depth: is_live.then_some(self.bounds.window),
            media_presentation_duration: self.is_ended.then(|| ms(end_ms - begin_ms)),
            min_buffer_time: Some(ms(longest)),
            max_segment_duration: Some(ms(longest)),
            // Another run has other URLs.
            base_urls: vec![format!("{}/", self.run()).as_str().into()],
            utc_timings: is_live
                .then(|| Descriptor::new("urn:mpeg:dash:utc:http-iso:2014", "/time/iso"))
                .into_iter()
                .collect(),
            ..Mpd::default()
        };
        let offset_ms = numbers.and_then(|each_ms| self.offset_ms(each_ms));
        if let (Some(each_ms), Some(offset_ms)) = (numbers, offset_ms) {
            mpd.extra_children.push(latency(each_ms - offset_ms));
        }
        // Where time begins: with the first segment that is there once it has ended, or with numbers.
        let first = numbers.map(|each_ms| (each_ms, self.begun_ms.unwrap_or(0).div_ceil(each_ms)));
        let start_ms = match first {
            Some((each_ms, first)) => each_ms * first,
            None if self.is_ended => begin_ms,
            None => 0,
        };
        let template = |track: &Track| match first {
            Some((each_ms, first)) => track.numbered(each_ms, first, offset_ms),
            None => track.listed(start_ms),
        };
        mpd.periods.push(Period {
            id: Some(self.run()),
            start: Some(if self.is_ended { Duration::ZERO } else { ms(start_ms) }),
            adaptation_sets: self.sets(template),
            ..Period::default()
        });
        Some(mpd)
    }

    /// Returns the begin and the end of what there is, in milliseconds of media.
    fn span_ms(&self) -> (u64, u64) {
        let whole = |track: &Track| {
            let mut whole = track.segments.iter().filter(|(_, segment)| segment.is_whole);
            let (first, _) = whole.next()?;
            let (last, segment) = whole.next_back().unwrap_or((first, track.segments.get(first)?));
            Some((track.ms(*first), track.ms(last + segment.duration)))
        };
        let spans: Vec<_> = self.tracks.values().filter_map(whole).collect();
        let begin = spans.iter().map(|(begin, _)| *begin).min().unwrap_or(0);
        (begin, spans.iter().map(|(_, end)| *end).max().unwrap_or(0).max(begin))
    }

    /// Returns the track whose segments say how long all are.
    fn lead(&self) -> Option<&Track> {
        let is_video = |track: &&Track| track.coded.handler == Handler::Video;
        self.tracks.values().find(is_video).or_else(|| self.tracks.values().next())
    }

    /// Says whether each track has a segment, so that there is an MPD.
    pub(super) fn is_ready(&self) -> bool {
        let is_ready = |track: &Track| track.segments.values().any(|segment| segment.is_whole);
        !self.tracks.is_empty() && self.tracks.values().all(is_ready)
    }

    /// Returns the one length of segments in milliseconds, where they all begin at multiples of it: that
    /// of the first one, or what numbers in this run count by already.
    pub(super) fn each_ms(&self) -> Option<u64> {
        let lead = self.lead()?;
        let first = || {
            let first = lead.segments.values().find(|segment| segment.is_whole)?;
            Some(lead.ms(first.duration))
        };
        let each_ms = self.counted_ms.or_else(first).filter(|ms| 0 < *ms)?;
        let (scaled, scale) = (u128::from(each_ms) * u128::from(lead.coded.timescale), 1_000);
        let ticks = u64::try_from(scaled / scale).ok().filter(|_| scaled.is_multiple_of(scale))?;
        let is_first = self.counted_ms.is_some()
            || lead.segments.values().find(|one| one.is_whole)?.duration == ticks;
        let all = lead.segments.keys().all(|start| start.is_multiple_of(ticks));
        (is_first && all).then_some(each_ms)
    }

    /// Returns how long before its end a segment can be asked for, where it comes in chunks.
    fn offset_ms(&self, each_ms: u64) -> Option<u64> {
        let chunk = |track: &Track| {
            let segment = track.segments.values().find(|segment| segment.is_whole)?;
            Some(each_ms.div_ceil(u64::from(segment.fragments.max(1))))
        };
        let longest = self.tracks.values().filter_map(chunk).max()?;
        (longest < each_ms).then_some(each_ms - longest)
    }

    fn sets(&self, template: impl Fn(&Track) -> SegmentTemplate) -> Vec<AdaptationSet> {
        let mut sets: Vec<(&Track, AdaptationSet)> = Vec::new();
        for (name, track) in &self.tracks {
            let held = sets.iter_mut().find(|(first, _)| first.switches_to(track));
            if let Some((_, set)) = held {
                set.representations.push(track.representation(name));
                continue;
            }
            let mut set = track.set();
            set.segment_template = Some(template(track));
            set.representations.push(track.representation(name));
            sets.push((track, set));
        }
        // Pictures first.
        sets.sort_by_key(|(track, _)| track.coded.handler != Handler::Video);
        let numbered = (1..).zip(sets);
        numbered.map(|(id, (_, set))| AdaptationSet { id: Some(id), ..set }).collect()
    }
}

impl Track {
    /// Returns the number of a segment, which counts from time zero, where all are so long.
    pub(super) fn number(&self, start: u64, each_ms: u64) -> u64 {
        // To the nearest: sound is cut where its frames end.
        self.ms(start).saturating_add(each_ms / 2) / each_ms.max(1)
    }

    fn longest_ms(&self) -> u64 {
        let whole = self.segments.values().filter(|segment| segment.is_whole);
        whole.map(|segment| self.ms(segment.duration).saturating_add(1)).max().unwrap_or(0)
    }

    /// Says whether a player may switch between two tracks.
    fn switches_to(&self, other: &Self) -> bool {
        let family = |track: &Self| track.coded.sample_entry;
        self.coded.handler == other.coded.handler
            && family(self) == family(other)
            && self.coded.language == other.coded.language
            && self.coded.timescale == other.coded.timescale
            && self.coded.channels == other.coded.channels
            && self.segments.keys().eq(other.segments.keys())
    }

    fn set(&self) -> AdaptationSet {
        let is_video = self.coded.handler == Handler::Video;
        let channels = self.coded.channels.to_string();
        let scheme = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";
        AdaptationSet {
            content_type: Some(if is_video { "video" } else { "audio" }.to_owned()),
            mime_type: Some(self.content_type().to_owned()),
            lang: self.coded.language.clone().filter(|lang| lang != "und"),
            segment_alignment: Some(true),
            start_with_sap: Some(1),
            roles: vec![Descriptor::new("urn:mpeg:dash:role:2011", "main")],
            audio_channel_configurations: (!is_video)
                .then(|| Descriptor::new(scheme, &channels))
                .into_iter()
                .collect(),
            ..AdaptationSet::default()
        }
    }

    fn representation(&self, name: &str) -> Representation {
        let rate = |segment: &Segment| {
            let ticks = u128::from(segment.duration.max(1));
            let bits = u128::from(segment.bytes) * 8 * u128::from(self.coded.timescale);
            u64::try_from(bits.div_ceil(ticks)).unwrap_or(u64::MAX)
        };
        let whole = self.segments.values().filter(|segment| segment.is_whole);
        let is_video = self.coded.handler == Handler::Video;
        Representation {
            id: Some(name.to_owned()),
            bandwidth: Some(whole.map(rate).max().unwrap_or(1)),
            codecs: Some(self.coded.codec.clone()),
            width: is_video.then(|| self.coded.width.into()),
            height: is_video.then(|| self.coded.height.into()),
            audio_sampling_rate: (!is_video).then(|| self.coded.sample_rate.to_string()),
            ..Representation::default()
        }
    }

    fn template(&self) -> SegmentTemplate {
        SegmentTemplate {
            timescale: Some(self.coded.timescale),
            initialization_template: Some("$RepresentationID$/init.mp4".to_owned()),
            ..SegmentTemplate::default()
        }
    }

    fn numbered(&self, each_ms: u64, first: u64, offset_ms: Option<u64>) -> SegmentTemplate {
        let ticks = |ms: u64| ms.saturating_mul(self.coded.timescale.into()) / 1_000;
        SegmentTemplate {
            media: Some("$RepresentationID$/$Number$.m4s".to_owned()),
            duration: Some(ticks(each_ms)),
            start_number: Some(first),
            presentation_time_offset: Some(ticks(each_ms * first)).filter(|ticks| 0 < *ticks),
            availability_time_offset: offset_ms.map(|ms| Duration::from_millis(ms).as_secs_f64()),
            availability_time_complete: offset_ms.map(|_| false),
            ..self.template()
        }
    }

    fn listed(&self, start_ms: u64) -> SegmentTemplate {
        let mut runs: Vec<S> = Vec::new();
        let mut end = None;
        for (start, segment) in self.segments.iter().filter(|(_, segment)| segment.is_whole) {
            let d = segment.duration;
            match runs.last_mut() {
                Some(run) if run.d == d && end == Some(*start) => run.r += 1,
                _ => {
                    let t = (end != Some(*start)).then_some(*start);
                    runs.push(S { t, d, ..S::default() });
                }
            }
            end = Some(start + d);
        }
        let timeline = SegmentTimeline { s: runs, ..SegmentTimeline::default() };
        let offset = start_ms.saturating_mul(self.coded.timescale.into()) / 1_000;
        SegmentTemplate {
            media: Some("$RepresentationID$/t$Time$.m4s".to_owned()),
            segment_timeline: Some(timeline),
            presentation_time_offset: Some(offset).filter(|offset| 0 < *offset),
            ..self.template()
        }
    }
}

/// Returns the latency to hold where chunks are so long.
fn latency(chunk_ms: u64) -> Element {
    let target = chunk_ms.saturating_mul(3).max(LATENCY_MS);
    let element = |name: &str, attributes: &[(&str, String)]| Element {
        name: name.to_owned(),
        attributes: attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
        children: Vec::new(),
    };
    let target_ms = |ms: u64| ms.to_string();
    let latency = [
        ("target", target_ms(target)),
        ("min", target_ms(target / 2)),
        ("max", target_ms(target.saturating_mul(2))),
    ];
    let rate = [("min", "0.96".to_owned()), ("max", "1.04".to_owned())];
    Element {
        children: vec![
            Node::Element(element("Latency", &latency)),
            Node::Element(element("PlaybackRate", &rate)),
        ],
        ..element("ServiceDescription", &[("id", "0".to_owned())])
    }
}
