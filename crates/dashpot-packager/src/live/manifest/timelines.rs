//! The long lists of an MPD: beside its model, and into its text fast.
//!
//! A window of hours has thousands of `S` elements, and sets often share them. So the model has a
//! mark in the place of each list; the text of the rest is written from the model, that of a list
//! once, straight to where it belongs, and copied where it is the same.

use crate::live::reel::Run;
use dashpot_mpd::{Element, Mpd, S, SegmentTimeline};
use std::{cell::RefCell, fmt::Write as _, ops::Range, rc::Rc};

/// Segments, from when on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// When the first begins, in ticks of its track.
    pub(super) start: u64,
    pub(super) runs: Vec<Run>,
}

impl Listed {
    /// Returns an element of the list.
    pub(super) fn s(&self, at: usize) -> Option<S> {
        let run = self.runs.get(at)?;
        let r = i64::try_from(run.more).unwrap_or(i64::MAX);
        Some(S { t: (at == 0).then_some(self.start), d: run.duration, r, ..S::default() })
    }
}

/// The lists of one MPD.
#[derive(Debug, Default)]
pub struct Timelines(RefCell<Vec<Rc<Listed>>>);

/// What stands for a list until it is put in. No other `S` can have such a time, and no text such
/// brackets.
const MARK: (&str, &str) = ("<S t=\"#", "\"/>");

impl Timelines {
    /// Keeps a list and returns what stands for it in the model.
    pub(super) fn list(&self, start: u64, runs: Vec<Run>) -> SegmentTimeline {
        if runs.is_empty() {
            return SegmentTimeline::default();
        }
        let (list, mut lists) = (Listed { start, runs }, self.0.borrow_mut());
        let known = lists.iter().position(|known| **known == list);
        let at = known.unwrap_or_else(|| {
            lists.push(Rc::new(list));
            lists.len() - 1
        });
        let mark = Element {
            name: "S".to_owned(),
            attributes: vec![("t".to_owned(), format!("#{at}"))],
            children: Vec::new(),
        };
        SegmentTimeline { extra_children: vec![mark], ..SegmentTimeline::default() }
    }

    /// Takes a mark out of the model, and returns the list that it stands for.
    pub(super) fn take(&self, timeline: &mut SegmentTimeline) -> Option<Rc<Listed>> {
        let mark = timeline.extra_children.pop()?;
        let (_, value) = mark.attributes.first()?;
        self.0.borrow().get(value.strip_prefix('#')?.parse::<usize>().ok()?).cloned()
    }
}

/// Returns the text of an MPD whose model marks where `timelines` go.
pub(super) fn write(mpd: &Mpd, timelines: &Timelines) -> String {
    let (text, lists) = (mpd.write(), timelines.0.borrow());
    let (marks, runs) = (text.matches(MARK.0).count(), lists.iter().map(|list| list.runs.len()));
    let longest = marks * runs.max().unwrap_or(0);
    let mut out = String::with_capacity(text.len() + longest * LINE_BYTES);
    let mut written: Vec<Option<(usize, Range<usize>)>> = vec![None; lists.len()];
    let mut rest = text.as_str();
    while let Some((before, behind)) = rest.split_once(MARK.0) {
        out.push_str(before);
        let Some((at, behind)) = behind.split_once(MARK.1) else { break };
        let indent = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        let at = at.parse().unwrap_or(usize::MAX);
        if let (Some(list), Some(written)) = (lists.get(at), written.get_mut(at)) {
            match written {
                Some((alike, place)) if *alike == indent => out.extend_from_within(place.clone()),
                Some(_) | None => {
                    let start = out.len();
                    lines(list, indent, &mut out);
                    *written = Some((indent, start..out.len()));
                }
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Bytes of a line of a list, about: `@d` has up to seven digits, and most lines no other attribute.
const LINE_BYTES: usize = 40;
/// Lines that are remembered while a list is written. Sound beside pictures has two lengths, and runs
/// of at most two counts of each.
const REMEMBERED: usize = 4;

/// Writes the lines of a list, the first without its indent and the last without its end.
fn lines(list: &Listed, indent: usize, out: &mut String) {
    let mut known: Vec<(Run, Range<usize>)> = Vec::with_capacity(REMEMBERED);
    // Writing to a String cannot fail.
    let Some((first, rest)) = list.runs.split_first() else { return };
    write!(out, "<S t=\"{}\"", list.start).unwrap_or_default();
    line(first, out).unwrap_or_default();
    for run in rest {
        if let Some((_, place)) = known.iter().find(|(known, _)| known == run) {
            out.extend_from_within(place.clone());
            continue;
        }
        let start = out.len();
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
        out.push_str("<S");
        line(run, out).unwrap_or_default();
        if known.len() < REMEMBERED {
            known.push((*run, start..out.len()));
        }
    }
}

fn line(run: &Run, out: &mut String) -> std::fmt::Result {
    write!(out, " d=\"{}\"", run.duration)?;
    if run.more != 0 {
        write!(out, " r=\"{}\"", run.more)?;
    }
    out.push_str("/>");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_mpd::{AdaptationSet, Period, SegmentTemplate};

    /// What the model writes, were all lists in it.
    fn slow(mut mpd: Mpd, timelines: &Timelines) -> String {
        let sets = mpd.periods.iter_mut().flat_map(|period| &mut period.adaptation_sets);
        for template in sets.filter_map(|set| set.segment_template.as_mut()) {
            let timeline = template.segment_timeline.as_mut().unwrap();
            if let Some(list) = timelines.take(timeline) {
                timeline.s = (0..list.runs.len()).map(|at| list.s(at).unwrap()).collect();
            }
        }
        mpd.write()
    }

    #[test]
    fn what_is_put_in_is_what_the_model_would_have_written() {
        let timelines = Timelines::default();
        let list = |count: u64| {
            let run = |at| Run { duration: 5 + at % 3, more: at % 2 };
            timelines.list(9 + count % 2, (0..count).map(run).collect())
        };
        let set = |count| AdaptationSet {
            segment_template: Some(SegmentTemplate {
                segment_timeline: Some(list(count)),
                ..SegmentTemplate::default()
            }),
            ..AdaptationSet::default()
        };
        let adaptation_sets = [3, 8, 0, 1, 9, 100, 9, 101, 3].map(set).to_vec();
        assert_eq!(timelines.0.borrow().len(), 6);
        let periods = vec![Period { adaptation_sets, ..Period::default() }];
        let mpd = Mpd { periods, ..Mpd::default() };
        assert_eq!(write(&mpd, &timelines), slow(mpd, &timelines));
    }
}
