//! Fast switching: fetching again, at a higher rung, what is in the buffer already.
//!
//! Spiteri, Sitaraman and Sparacio, ACM Multimedia Systems 2018, as in Sabre 2020 (`Replace`). It
//! goes with any rule: `bolae:replace=left`.

use crate::{Arrival, Decision, Outlook, Params, Progress, Rule, Rung, View, bola::ROUNDING_MS};

/// Which of the segments below the rung chosen is fetched again first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that is played first: the picture is better soonest.
    Left,
    /// The one that is played last: it is the least likely to come too late.
    Right,
}

/// How much of the segments to be played next is left alone, in segments; Sabre's. What is nearer
/// would be played before it had come again.
const LEFT_ALONE: f64 = 1.5;

/// A rule that fetches buffered segments again once it chooses a higher rung than theirs.
#[derive(Debug)]
pub struct FastSwitching {
    rule: Box<dyn Rule>,
    from: Side,
}

impl FastSwitching {
    /// Returns `rule` with replacement.
    #[must_use]
    pub const fn new(rule: Box<dyn Rule>, from: Side) -> Self {
        Self { rule, from }
    }
}

/// Returns `rule` as `replace=` has it.
pub(crate) fn with(rule: impl Rule + 'static, params: &mut Params<'_>) -> Box<dyn Rule> {
    let others = [("left", Some(Side::Left)), ("right", Some(Side::Right))];
    match params.choice("replace", ("none", None), &others) {
        None => Box::new(rule),
        Some(from) => Box::new(FastSwitching::new(Box::new(rule), from)),
    }
}

/// Returns how long it is until the playhead reaches the segment that is being replaced; `None`
/// where what is on its way replaces nothing.
fn until_played(view: &View<'_>, progress: &Progress) -> Option<f64> {
    let from_end = view.index.checked_sub(progress.index).filter(|from_end| 0 < *from_end)?;
    Some(view.buffer_ms - view.segment_ms * from_end as f64)
}

impl Rule for FastSwitching {
    fn name(&self) -> &'static str {
        self.rule.name()
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        self.rule.decide(view)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.rule.arrived(arrival);
    }

    fn hears_arrivals(&self) -> bool {
        self.rule.hears_arrivals()
    }

    fn waited(&mut self, ms: f64) {
        self.rule.waited(ms);
    }

    fn seeked(&mut self) {
        self.rule.seeked();
    }

    fn patience_ms(&self, view: &View<'_>, progress: &Progress) -> f64 {
        match until_played(view, progress) {
            None => self.rule.patience_ms(view, progress),
            Some(ms) => (ms - ROUNDING_MS).max(0.0),
        }
    }

    fn awaits(&self, view: &View<'_>, outlook: &Outlook) -> bool {
        self.rule.awaits(view, outlook)
    }

    /// A replacement is given up once what it would replace is being played; the rule beneath
    /// hears of that, whatever it would say.
    fn gives_up(&mut self, view: &View<'_>, progress: &Progress) -> bool {
        match until_played(view, progress) {
            None => self.rule.gives_up(view, progress),
            Some(ms) if ms <= 0.0 => {
                self.rule.gives_up(view, progress);
                true
            }
            Some(_) => false,
        }
    }

    fn may_replace(&self) -> bool {
        true
    }

    fn replaces(&mut self, view: &View<'_>, buffered: &[Rung], rung: Rung) -> Option<usize> {
        let partly_ms = view.buffer_ms - view.segment_ms * buffered.len() as f64;
        let is_partly = 0.0 < partly_ms;
        let played_ms = if is_partly { view.segment_ms - partly_ms } else { 0.0 };
        // Sabre counts the segment that is being played with those that are whole.
        let skipped = libm::ceil(LEFT_ALONE + played_ms / view.segment_ms);
        let lower = |index: &usize| {
            skipped <= (index + usize::from(is_partly)) as f64
                && buffered.get(*index).is_some_and(|held| *held < rung)
        };
        match self.from {
            Side::Left => (0..buffered.len()).find(lower),
            Side::Right => (0..buffered.len()).rev().find(lower),
        }
    }

    fn speed(&mut self, view: &View<'_>) -> Option<f64> {
        self.rule.speed(view)
    }
}

#[cfg(test)]
mod tests;
