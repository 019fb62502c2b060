//! Thumbnails: sheets of small pictures for a viewer who seeks (DASH-IF IOP 4.3 §6.2.6).
//!
//! All sheets of a film last equally long and end with it, so that they come again in each pass as
//! segments do. Sheet `k` begins at `k` times the film's length over their number: exactly, in ticks of
//! the lead track divided by that number.

use crate::{
    catalogue::{Asset, Thumbnails},
    live::{
        manifest::Page,
        settings::{Settings, to_ms},
        window::stays_from,
    },
    manifest::sets::ROLE,
    plan::{Part, Plan},
    respond::Refused,
};
use dashpot_base::MediaTime;
use dashpot_mpd::{AdaptationSet, Descriptor, Representation, S, SegmentTemplate, SegmentTimeline};
use std::time::Duration;

/// The Representation's id.
pub(crate) const ID: &str = "thumbs";
/// The media type of sheets.
pub(crate) const CONTENT_TYPE: &str = "image/jpeg";
/// What says how many pictures across and down a sheet has.
const SCHEME: &str = "http://dashif.org/guidelines/thumbnail_tile";

/// The sheets of a film in time.
#[derive(Clone, Copy, Debug)]
struct Sheets<'a> {
    held: &'a Thumbnails,
    count: u64,
    timescale: u32,
    /// Ticks of a sheet: as many as the whole film has in the lead track's own ticks.
    each: u64,
}

impl<'a> Sheets<'a> {
    fn of(asset: &'a Asset) -> Option<Self> {
        let held = asset.thumbnails.as_ref()?;
        let count = u32::try_from(held.sheets.len()).ok()?;
        let timescale = asset.period.timescale.checked_mul(count)?;
        Some(Self { held, count: count.into(), timescale, each: asset.period.ticks })
    }

    /// Returns those of a film that runs by the clock, if a pass of it is the whole film: otherwise
    /// pictures and sheets would not begin again together.
    fn live(settings: &Settings<'a>) -> Option<Self> {
        let reel = &settings.reel;
        let sheets = Self::of(reel.asset())?;
        (reel.pass_ticks() == sheets.each && reel.start(0) == 0).then_some(sheets)
    }

    /// Returns where the file of a sheet is, counted over all passes.
    fn plan(&self, index: u64) -> Option<Plan> {
        let at = usize::try_from(index.checked_rem(self.count)?).ok()?;
        let sheet = self.held.sheets.get(at)?;
        let file = Part::File { path: sheet.path.clone(), range: 0..sheet.size };
        Some(Plan::of_parts([file]))
    }

    fn template(&self) -> SegmentTemplate {
        SegmentTemplate {
            timescale: Some(self.timescale),
            media: Some("$RepresentationID$/$Number$.jpg".to_owned()),
            ..SegmentTemplate::default()
        }
    }

    fn set(&self, template: SegmentTemplate) -> AdaptationSet {
        let Thumbnails { columns, rows, width, height, sheets } = self.held;
        let largest = sheets.iter().map(|sheet| sheet.size).max().unwrap_or(0);
        let bits = u128::from(largest) * 8 * u128::from(self.timescale);
        let bandwidth = u64::try_from(bits.div_ceil(u128::from(self.each).max(1)));
        AdaptationSet {
            content_type: Some("image".to_owned()),
            mime_type: Some(CONTENT_TYPE.to_owned()),
            roles: vec![Descriptor::new(ROLE, "main")],
            segment_template: Some(template),
            representations: vec![Representation {
                id: Some(ID.to_owned()),
                bandwidth: Some(bandwidth.unwrap_or(u64::MAX)),
                width: Some(*width),
                height: Some(*height),
                essential_properties: vec![Descriptor::new(SCHEME, &format!("{columns}x{rows}"))],
                ..Representation::default()
            }],
            ..AdaptationSet::default()
        }
    }
}

/// Returns how long a sheet lasts, rounded up to milliseconds; nothing where there are none.
pub(crate) fn longest(asset: &Asset) -> Duration {
    let ms = Sheets::of(asset).map_or(0, |sheets| {
        (u128::from(sheets.each) * 1_000).div_ceil(u128::from(sheets.timescale).max(1))
    });
    Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
}

/// Returns the set of a film on demand.
pub(crate) fn set(asset: &Asset) -> Option<AdaptationSet> {
    let sheets = Sheets::of(asset)?;
    let template =
        SegmentTemplate { duration: Some(sheets.each), start_number: Some(1), ..sheets.template() };
    Some(sheets.set(template))
}

/// Returns a sheet of a film on demand.
///
/// # Errors
/// Says which sheets there are.
pub(crate) fn on_demand(
    asset: &Asset,
    passes: u32,
    (id, number): (&str, u64),
) -> Result<Plan, Refused> {
    let sheets = named(Sheets::of(asset), id)?;
    let count = sheets.count * u64::from(passes);
    let index = number.checked_sub(1).filter(|index| *index < count);
    index.and_then(|index| sheets.plan(index)).ok_or_else(|| {
        Refused::NotFound(format!("`{id}` has sheets 1 to {count}, no number {number}"))
    })
}

fn named<'a>(sheets: Option<Sheets<'a>>, id: &str) -> Result<Sheets<'a>, Refused> {
    sheets
        .filter(|_| id == ID)
        .ok_or_else(|| Refused::NotFound(format!("there are no thumbnails `{id}`")))
}

/// Returns the set of the Period at hand of a film that runs by the clock, where its sheets can be
/// told: without a list they must begin with the Period.
pub(crate) fn live_set(page: &Page<'_>) -> Option<AdaptationSet> {
    let sheets = Sheets::live(page.settings)?;
    let start = |index: u64| {
        let ticks = if index == 0 { 0 } else { page.settings.reel.start(index) };
        u64::try_from(ticks).ok()?.checked_mul(sheets.count)
    };
    let begin = start(page.part_begin())?;
    let mut template = sheets.template();
    template.presentation_time_offset = Some(begin).filter(|begin| 0 < *begin);
    let first = if page.lists() {
        let segments = page.segments();
        let first = start(segments.start)? / sheets.each;
        let end = start(segments.end)?.div_ceil(sheets.each).max(first);
        let run = (first < end).then(|| S {
            t: Some(first * sheets.each),
            d: sheets.each,
            r: i64::try_from(end - first - 1).unwrap_or(i64::MAX),
            ..S::default()
        });
        template.segment_timeline =
            Some(SegmentTimeline { s: run.into_iter().collect(), ..SegmentTimeline::default() });
        first
    } else {
        template.duration = Some(sheets.each);
        begin.is_multiple_of(sheets.each).then_some(begin / sheets.each)?
    };
    if !page.window.ended() {
        // A sheet is there from its begin on, so that what a viewer has seen can be seen again.
        let each = MediaTime { ticks: sheets.each, timescale: sheets.timescale };
        template.availability_time_offset = Some(each.as_duration().as_secs_f64());
    }
    template.start_number = Some(first + 1);
    Some(sheets.set(template))
}

/// Returns a sheet of a film that runs by the clock, and when it is gone, in milliseconds since the
/// epoch, if ever.
///
/// # Errors
/// Says that there is none, not yet or no longer.
pub(crate) fn live(
    settings: &Settings<'_>,
    now_ms: u64,
    (id, number): (&str, u64),
) -> Result<(Plan, Option<u64>), Refused> {
    let sheets = named(Sheets::live(settings), id)?;
    let none = || Refused::NotFound(format!("the event has no sheet {number} of `{id}`"));
    let index = number.checked_sub(1).ok_or_else(none)?;
    let ticks = |index: u64| u128::from(index) * u128::from(sheets.each);
    let (begin, end) = (ticks(index), ticks(index.saturating_add(1)));
    let of_segment = |index: u64| settings.reel.start(index) * u128::from(sheets.count);
    let stops = settings.stop.is_some_and(|stop| of_segment(stop) <= begin);
    if stops || end <= of_segment(settings.first) {
        return Err(none());
    }
    let ms = |ticks| settings.ast_ms.saturating_add(to_ms(ticks, sheets.timescale));
    let offset_ms = if settings.always { u64::MAX } else { settings.offset_ms };
    let available = ms(begin).saturating_sub(offset_ms);
    if let Some(in_ms) = available.checked_sub(now_ms).filter(|in_ms| 0 < *in_ms) {
        let why = format!("sheet {number} of `{id}` comes in {in_ms} ms");
        return Err(Refused::TooEarly { why, in_ms });
    }
    let plan = sheets.plan(index).ok_or_else(none)?;
    if stays_from(settings).is_some_and(|from| of_segment(from) < end) {
        return Ok((plan, None));
    }
    // ISO/IEC 23009-1 §A.3.4, as for segments: the window and twice its length after its begin.
    let each_ms = ms(end).saturating_sub(ms(begin)) + 1;
    let gone = ms(end).saturating_add(settings.window_ms).saturating_add(each_ms);
    if gone <= now_ms {
        return Err(Refused::Gone(format!("sheet {number} of `{id}` has left the window")));
    }
    Ok((plan, Some(gone)))
}

#[cfg(test)]
mod tests;
