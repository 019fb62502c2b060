//! What the options of a live path come to: every value, given or by default.

use crate::{
    ads::Ad,
    bases::Bases,
    catalogue::{Asset, Catalogue},
    events::Program,
    grammar::{
        AD, AST, ATO, CHUNK, INFINITE, LATENCY, MUP, Options, PERIOD, SNR, SPD, START, STOP, Spec,
        TSBD, UTC, WINDOW_MS_MAX, seconds,
    },
    live::{
        around::Around,
        parts::Division,
        reel::{Reel, Strip},
    },
    options::OptionError,
    protect::{Protector, Seal},
    respond::Refused,
    steering::Steered,
};

/// Window of a channel that never ends: as livesim2 has it, and enough to seek in.
const WINDOW_MS: u64 = 60_000;
/// Segments that a window may have: two days of 2 s, with room. Bounds what a `SegmentTimeline` can
/// grow to where segments are very short.
const SEGMENTS_MAX: u64 = 100_000;
/// How often a player looks for another MPD where this one says all in advance. It bounds how long a
/// change of the asset goes unseen.
const UPDATE_MS: u64 = 10_000;
/// The least latency that is aimed at by default: what dash.js holds without stalls on any machine.
const LATENCY_MS: u64 = 1_000;

/// A reel by the clock.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// The film.
    pub reel: Reel<'a>,
    /// How it is divided into Periods.
    pub division: Division,
    /// What is played in breaks, each in its turn.
    pub(crate) ads: Vec<Ad<'a>>,
    /// What the path gave, for features of their own.
    pub options: &'a Options,
    /// When time zero was, in milliseconds since the epoch.
    pub ast_ms: u64,
    /// The first segment there is, and whether the event begins with it.
    pub first: u64,
    /// Whether an event begins at `first`; if not, the film always ran.
    pub is_event: bool,
    /// The segment behind the last one, if there is a last one.
    pub stop: Option<u64>,
    /// `@timeShiftBufferDepth` in milliseconds.
    pub window_ms: u64,
    /// `@minimumUpdatePeriod` in milliseconds, where it was given.
    pub update_ms: Option<u64>,
    /// `@suggestedPresentationDelay` in milliseconds.
    pub delay_ms: u64,
    /// The number of segment 0.
    pub start_number: u64,
    /// How long before its end a segment may be asked for, in milliseconds.
    pub offset_ms: u64,
    /// Whether each may be asked for however long before that.
    pub always: bool,
    /// The length of a chunk in milliseconds, where there are chunks.
    pub chunk_ms: Option<u64>,
    /// The target latency in milliseconds, where there is one.
    pub latency_ms: Option<u64>,
    /// The schemes that give the time.
    pub utc: Vec<&'static str>,
    /// What the path alone does not say.
    pub around: Around,
    /// The messages there are.
    pub(crate) events: Program,
    /// Where else the segments are, where the path asked for that.
    pub steered: Option<Steered>,
    /// From which places its media comes, where that is not the MPD's own.
    pub bases: Option<Bases>,
    /// What protects the media, where it is protected.
    pub protector: Option<Protector<'a>>,
}

impl<'a> Settings<'a> {
    /// Returns what `options` come to for `asset`.
    ///
    /// # Errors
    /// Names the option that does not fit, and what would.
    pub fn of(asset: &'a Asset, options: &'a Options) -> Result<Self, OptionError> {
        let reel = Reel::of(asset, options)?;
        let number = |spec: &Spec| options.number(spec);
        let longest_ms = to_ms(reel.longest().into(), reel.timescale());
        let chunk_ms = shorter(options, &CHUNK, longest_ms)?;
        let offset_ms = offset(options, chunk_ms, longest_ms)?;
        let latency_ms =
            number(&LATENCY).or_else(|| chunk_ms.map(|chunk| (chunk * 3).max(LATENCY_MS)));
        let ast = number(&AST).unwrap_or(0);
        let index = |instant: u64| {
            let ticks = u128::from(instant.saturating_sub(ast)) * u128::from(reel.timescale());
            // The first segment that begins at that time or later.
            reel.at(ticks) + u64::from(reel.start(reel.at(ticks)) < ticks)
        };
        let first = number(&START).map_or(0, index);
        let stop = number(&STOP).map(index);
        if let Some(given) = number(&STOP).filter(|_| stop.is_some_and(|stop| stop <= first)) {
            return Err(OptionError::Fit {
                given: format!("stop_{given}"),
                why: "the event must last for a segment at least: choose a later time".to_owned(),
            });
        }
        let is_event = number(&START).is_some();
        let division = Division::of(&reel, options)?;
        let deepest_ms = WINDOW_MS_MAX
            .min(longest_ms.saturating_mul(SEGMENTS_MAX))
            .min(division.deepest_ms(&reel));
        if let Some(given) = number(&TSBD).filter(|given| deepest_ms < *given) {
            let most = seconds(deepest_ms);
            return Err(OptionError::Fit {
                given: format!("tsbd_{}s", seconds(given)),
                why: format!("with segments or Periods this short, `tsbd_{most}s` is the most"),
            });
        }
        let window_ms =
            number(&TSBD).unwrap_or(if is_event { deepest_ms } else { WINDOW_MS.min(deepest_ms) });
        Ok(Self {
            reel,
            division,
            ads: Vec::new(),
            options,
            ast_ms: ast * 1_000,
            first,
            is_event,
            stop,
            window_ms,
            update_ms: number(&MUP),
            delay_ms: number(&SPD).or(latency_ms).unwrap_or(longest_ms * 3),
            start_number: number(&SNR).unwrap_or(1),
            offset_ms: if offset_ms == INFINITE { 0 } else { offset_ms },
            always: offset_ms == INFINITE,
            chunk_ms,
            latency_ms,
            utc: options.words(&UTC).map_or_else(|| vec!["httpiso"], <[_]>::to_vec),
            around: Around::default(),
            events: Program::of(options)?,
            steered: None,
            bases: None,
            protector: None,
        })
    }

    /// Returns what becomes of the samples of a segment, where they are protected.
    pub(crate) fn seal(&self, strip: &Strip<'_>, index: u64) -> Option<Seal> {
        let protector = self.protector.as_ref()?;
        let at = self.reel.asset().track_index(&strip.track.id)?;
        // All tracks have another key from the same segment on.
        let start_ms = to_ms(self.reel.start(index), self.reel.timescale());
        protector.seal(at, protector.period(start_ms))
    }

    /// Finds the assets that are played in breaks.
    ///
    /// # Errors
    /// Names one that there is not.
    pub(crate) fn with_ads(mut self, catalogue: &'a Catalogue) -> Result<Self, Refused> {
        if let Some(length) = self.division.break_length(&self.reel) {
            let ad = |(name, _)| Ad::once(catalogue, AD.name, name)?.filling(length);
            self.ads = self.options.assets(&AD).map(ad).collect::<Result<_, _>>()?;
        }
        Ok(self)
    }

    /// Returns what is played in a break.
    pub(crate) fn ad(&self, number: u64) -> Option<&Ad<'a>> {
        let count = u64::try_from(self.ads.len()).unwrap_or(u64::MAX);
        let at = number.checked_rem(count)?;
        self.ads.get(usize::try_from(at).ok()?)
    }

    /// Returns `@minimumUpdatePeriod` in milliseconds of an MPD that does or does not list segments.
    #[must_use]
    pub fn update_period_ms(&self, lists: bool) -> u64 {
        let longest_ms = to_ms(self.reel.longest().into(), self.reel.timescale());
        if lists { self.update_ms.unwrap_or(longest_ms) } else { update_ms(self.update_ms) }
    }

    /// Returns when segment `index` begins, in milliseconds since the epoch, rounded down.
    #[must_use]
    pub fn start_ms(&self, index: u64) -> u64 {
        let since = to_ms(self.reel.start(index), self.reel.timescale());
        self.ast_ms.saturating_add(since)
    }

    /// Returns from when on segment `index` may be asked for, in milliseconds since the epoch.
    ///
    /// ISO/IEC 23009-1 §5.3.9.5.3: from its end on, less the availability time offset. All tracks
    /// go by the end of the pictures, whatever frame their sound ends with.
    #[must_use]
    pub fn available_ms(&self, index: u64) -> u64 {
        self.start_ms(index.saturating_add(1)).saturating_sub(self.offset_ms)
    }

    /// Returns from when on segment `index` is handed out, in milliseconds since the epoch.
    #[must_use]
    pub fn asked_ms(&self, index: u64) -> u64 {
        if self.always { 0 } else { self.available_ms(index) }
    }

    /// Returns until when segment `index` may be asked for, in milliseconds since the epoch, or
    /// `None` where it stays for good.
    ///
    /// ISO/IEC 23009-1 §A.3.4: until the window and twice its length after its start.
    #[must_use]
    pub fn gone_ms(&self, index: u64, stays_from: Option<u64>) -> Option<u64> {
        if stays_from.is_some_and(|from| from <= index) {
            return None;
        }
        let longest_ms = to_ms(self.reel.longest().into(), self.reel.timescale()) + 1;
        let end = self.start_ms(index.saturating_add(1));
        Some(end.saturating_add(self.window_ms).saturating_add(longest_ms))
    }
}

/// Returns an option that must be shorter than a segment.
fn shorter(options: &Options, spec: &Spec, longest_ms: u64) -> Result<Option<u64>, OptionError> {
    match options.number(spec) {
        Some(given) if longest_ms <= given => Err(OptionError::Fit {
            given: format!("{}_{}", spec.name, span(given)),
            why: format!("it must be shorter than a segment, which has {}s", seconds(longest_ms)),
        }),
        given => Ok(given),
    }
}

/// Returns how long before its end a segment may be asked for. If it is whole that can be before it
/// begins, where Periods and breaks do not go by what has come.
fn offset(options: &Options, chunk_ms: Option<u64>, longest_ms: u64) -> Result<u64, OptionError> {
    if let Some(chunk) = chunk_ms {
        let given = shorter(options, &ATO, longest_ms)?;
        return Ok(given.unwrap_or_else(|| longest_ms.saturating_sub(chunk)));
    }
    if options.has(&AD) {
        return Ok(shorter(options, &ATO, longest_ms)?.unwrap_or(0));
    }
    let given = options.number(&ATO).unwrap_or(0);
    if given == INFINITE && options.has(&PERIOD) {
        let why = "there would be Periods without end: leave out `period_`".to_owned();
        return Err(OptionError::Fit { given: "ato_inf".to_owned(), why });
    }
    Ok(given)
}

/// Writes a span as an option has it.
pub(crate) fn span(ms: u64) -> String {
    if ms == INFINITE { "inf".to_owned() } else { format!("{}s", seconds(ms)) }
}

/// Returns `@minimumUpdatePeriod` in milliseconds of an MPD that lists no segments.
pub(super) fn update_ms(given: Option<u64>) -> u64 {
    given.unwrap_or(UPDATE_MS)
}

/// Returns ticks as milliseconds, rounded down.
pub(crate) fn to_ms(ticks: u128, timescale: u32) -> u64 {
    let ms = (ticks * 1_000).checked_div(u128::from(timescale)).unwrap_or(0);
    u64::try_from(ms).unwrap_or(u64::MAX)
}
