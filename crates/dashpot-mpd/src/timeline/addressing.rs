//! Which segment information is in force: that of the innermost level, completed from the outer
//! ones of the same kind (ISO/IEC 23009-1 §5.3.9.1).

use super::{Problem, error::clip};
use crate::{
    AdaptationSet, ByteRange, Initialization, Period, Representation, SegmentBase, SegmentList,
    SegmentTemplate, SegmentTimeline, SegmentUrl,
};
use std::time::Duration;

/// The segment information of one level: Period, Adaptation Set or Representation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level<'a> {
    base: Option<&'a SegmentBase>,
    list: Option<&'a SegmentList>,
    template: Option<&'a SegmentTemplate>,
}

/// Returns the levels around a Representation, the innermost first.
pub(super) fn levels<'a>(
    representation: &'a Representation,
    set: &'a AdaptationSet,
    period: &'a Period,
) -> [Level<'a>; 3] {
    macro_rules! level {
        ($element:ident) => {
            Level {
                base: $element.segment_base.as_ref(),
                list: $element.segment_list.as_ref(),
                template: $element.segment_template.as_ref(),
            }
        };
    }
    [level!(representation), level!(set), level!(period)]
}

/// The segment information of a Representation.
#[derive(Debug)]
pub(super) struct Addressing<'a> {
    pub(super) kind: Addressed<'a>,
    /// Ticks a second; never zero.
    pub(super) timescale: u32,
    /// Whether the MPD says so; else it is 1.
    timescale_declared: bool,
    /// The media time at which the Period starts.
    pub(super) offset: u64,
    pub(super) initialization: Option<&'a Initialization>,
    pub(super) duration: Option<u64>,
    pub(super) start_number: u64,
    pub(super) end_number: Option<u64>,
    pub(super) timeline: Option<&'a SegmentTimeline>,
    /// From where on segments are listed, from the start of the Period.
    pub(super) from: Duration,
}

/// How segments are addressed.
#[derive(Debug)]
pub(super) enum Addressed<'a> {
    /// One file, with an index in it where there is a range.
    File { index_range: Option<ByteRange> },
    /// A list of URLs.
    List { urls: &'a [SegmentUrl] },
    /// A template.
    Template { media: Option<&'a str>, initialization: Option<&'a str> },
}

impl<'a> Addressing<'a> {
    /// Returns what is in force, given the levels from the innermost to the outermost.
    pub(super) fn of(levels: [Level<'a>; 3]) -> Result<Self, Problem> {
        for level in levels {
            let here = [level.base.is_some(), level.list.is_some(), level.template.is_some()];
            match here {
                [false, false, false] => {}
                [true, false, false] => return Self::of_base(&some(levels.map(|l| l.base))),
                [false, true, false] => return Self::of_list(&some(levels.map(|l| l.list))),
                [false, false, true] => {
                    return Self::of_template(&some(levels.map(|l| l.template)));
                }
                _ => return Err(Problem::Ambiguous),
            }
        }
        Self::of_base(&[])
    }

    fn of_base(levels: &[&'a SegmentBase]) -> Result<Self, Problem> {
        readable(levels.iter().map(|level| &level.extra_attributes))?;
        Ok(Self {
            kind: Addressed::File { index_range: first(levels, |level| level.index_range) },
            timescale: timescale(first(levels, |level| level.timescale))?,
            timescale_declared: first(levels, |level| level.timescale).is_some(),
            offset: first(levels, |level| level.presentation_time_offset).unwrap_or(0),
            initialization: first(levels, |level| level.initialization.as_ref()),
            duration: None,
            start_number: 1,
            end_number: None,
            timeline: None,
            from: Duration::ZERO,
        })
    }

    fn of_list(levels: &[&'a SegmentList]) -> Result<Self, Problem> {
        readable(levels.iter().map(|level| &level.extra_attributes))?;
        let urls = first(levels, |level| Some(&level.segment_urls).filter(|urls| !urls.is_empty()));
        let urls = urls.map_or(&[][..], Vec::as_slice);
        let start_number = first(levels, |level| level.start_number).unwrap_or(1);
        // A list ends with its last URL, however long the Period is.
        let length = u64::try_from(urls.len()).unwrap_or(u64::MAX);
        let last = start_number.saturating_add(length).saturating_sub(1);
        let declared_end = first(levels, |level| level.end_number);
        Ok(Self {
            kind: Addressed::List { urls },
            timescale: timescale(first(levels, |level| level.timescale))?,
            timescale_declared: first(levels, |level| level.timescale).is_some(),
            offset: first(levels, |level| level.presentation_time_offset).unwrap_or(0),
            initialization: first(levels, |level| level.initialization.as_ref()),
            duration: first(levels, |level| level.duration),
            start_number,
            end_number: Some(declared_end.map_or(last, |end| end.min(last))),
            timeline: first(levels, |level| level.segment_timeline.as_ref()),
            from: Duration::ZERO,
        })
    }

    fn of_template(levels: &[&'a SegmentTemplate]) -> Result<Self, Problem> {
        readable(levels.iter().map(|level| &level.extra_attributes))?;
        Ok(Self {
            kind: Addressed::Template {
                media: first(levels, |level| level.media.as_deref()),
                initialization: first(levels, |level| level.initialization_template.as_deref()),
            },
            timescale: timescale(first(levels, |level| level.timescale))?,
            timescale_declared: first(levels, |level| level.timescale).is_some(),
            offset: first(levels, |level| level.presentation_time_offset).unwrap_or(0),
            initialization: first(levels, |level| level.initialization.as_ref()),
            duration: first(levels, |level| level.duration),
            start_number: first(levels, |level| level.start_number).unwrap_or(1),
            end_number: first(levels, |level| level.end_number),
            timeline: first(levels, |level| level.segment_timeline.as_ref()),
            from: Duration::ZERO,
        })
    }
}

impl Addressing<'_> {
    /// Returns the suspicion that a timescale was forgotten: segments longer than their Period.
    pub(super) fn odd_timescale(&self, period: Duration) -> Option<Problem> {
        // ISO/IEC 23009-1 §5.3.9.2.2: without @timescale, one tick is a second.
        if self.timescale_declared {
            return None;
        }
        let runs = self.timeline.map_or(&[][..], |timeline| &timeline.s);
        let longest = runs.iter().map(|run| run.d).max().or(self.duration)?;
        // A last segment may well be rounded up to its second.
        (period.as_secs().saturating_add(1) < longest)
            .then_some(Problem::NoTimescale { ticks: longest, period })
    }
}

fn some<T>(levels: [Option<&T>; 3]) -> Vec<&T> {
    levels.into_iter().flatten().collect()
}

/// Returns what the innermost level that has it says.
fn first<'a, T, V>(levels: &[&'a T], field: impl Fn(&'a T) -> Option<V>) -> Option<V> {
    levels.iter().find_map(|level| field(level))
}

fn timescale(timescale: Option<u32>) -> Result<u32, Problem> {
    match timescale {
        Some(0) => Err(Problem::ZeroTimescale),
        Some(timescale) => Ok(timescale),
        None => Ok(1),
    }
}

/// Refuses attributes that could not be read: a default in their place would give wrong segments.
fn readable<'a>(
    mut levels: impl Iterator<Item = &'a Vec<(String, String)>>,
) -> Result<(), Problem> {
    levels.try_for_each(|extra| {
        refuse(
            extra,
            &[
                "timescale",
                "presentationTimeOffset",
                "indexRange",
                "duration",
                "startNumber",
                "endNumber",
            ],
        )
    })
}

/// Refuses the attributes called `names` among those that were not read.
pub(super) fn refuse(extra: &[(String, String)], names: &[&str]) -> Result<(), Problem> {
    match extra.iter().find(|(name, _)| names.contains(&name.as_str())) {
        Some((name, value)) => Err(Problem::Unreadable { name: name.clone(), value: clip(value) }),
        None => Ok(()),
    }
}
