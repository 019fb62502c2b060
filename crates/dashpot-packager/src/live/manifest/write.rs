//! Writes MPDs with long timelines fast.
//!
//! A window of hours has thousands of `S` elements, and sets often share them. So the text of each
//! timeline is made once and put into that of the rest, which is written from the model.

use dashpot_mpd::{Element, Mpd, S, SegmentTimeline};
use std::fmt::Write as _;

/// Runs up to which a timeline is left to the model.
const FEW: usize = 8;
/// What stands for a timeline until it is put in. No other `S` can have such a time, and no text such
/// brackets.
const MARK: (&str, &str) = ("<S t=\"#", "\"/>");

/// Returns the text of an MPD.
pub(super) fn write(mut mpd: Mpd) -> String {
    let mut timelines: Vec<Vec<S>> = Vec::new();
    let sets = mpd.periods.iter_mut().flat_map(|period| &mut period.adaptation_sets);
    let templates = sets.filter_map(|set| set.segment_template.as_mut());
    for timeline in templates.filter_map(|template| template.segment_timeline.as_mut()) {
        if FEW < timeline.s.len() && timeline.s.iter().all(is_plain) {
            let runs = std::mem::take(&mut timeline.s);
            let known = timelines.iter().position(|known| *known == runs);
            let at = known.unwrap_or_else(|| {
                timelines.push(runs);
                timelines.len() - 1
            });
            mark(timeline, at);
        }
    }
    spliced(&mpd.write(), &timelines)
}

/// Says whether a run has nothing but what [`line()`] writes.
fn is_plain(run: &S) -> bool {
    run.n.is_none() && run.extra_attributes.is_empty() && run.extra_children.is_empty()
}

fn mark(timeline: &mut SegmentTimeline, at: usize) {
    let mark = Element {
        name: "S".to_owned(),
        attributes: vec![("t".to_owned(), format!("#{at}"))],
        children: Vec::new(),
    };
    timeline.extra_children.insert(0, mark);
}

/// Puts timelines where their marks are.
fn spliced(text: &str, timelines: &[Vec<S>]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut texts: Vec<Option<String>> = vec![None; timelines.len()];
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(MARK.0) {
        out.push_str(before);
        let Some((at, behind)) = behind.split_once(MARK.1) else { break };
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let indent = &before[line_start..];
        let at = at.parse().unwrap_or(usize::MAX);
        if let (Some(runs), Some(text)) = (timelines.get(at), texts.get_mut(at)) {
            out.push_str(text.get_or_insert_with(|| lines(runs, indent)));
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Returns the lines of a timeline, the first without its indent and the last without its end.
fn lines(runs: &[S], indent: &str) -> String {
    let mut out = String::with_capacity(runs.len() * (indent.len() + 24));
    for (at, run) in runs.iter().enumerate() {
        if 0 < at {
            out.push('\n');
            out.push_str(indent);
        }
        // Writing to a String cannot fail.
        line(run, &mut out).unwrap_or_default();
    }
    out
}

fn line(run: &S, out: &mut String) -> std::fmt::Result {
    out.push_str("<S");
    if let Some(t) = run.t {
        write!(out, " t=\"{t}\"")?;
    }
    write!(out, " d=\"{}\"", run.d)?;
    if run.r != 0 {
        write!(out, " r=\"{}\"", run.r)?;
    }
    out.push_str("/>");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_mpd::{AdaptationSet, Period, SegmentTemplate};

    #[test]
    fn what_is_put_in_is_what_the_model_would_have_written() {
        let set = |count: u64| {
            let run = |at| S {
                t: (at == 0).then_some(9),
                d: 5 + at % 3,
                r: i64::try_from(at % 2).unwrap(),
                ..S::default()
            };
            let timeline =
                SegmentTimeline { s: (0..count).map(run).collect(), ..Default::default() };
            let template =
                SegmentTemplate { segment_timeline: Some(timeline), ..SegmentTemplate::default() };
            AdaptationSet { segment_template: Some(template), ..AdaptationSet::default() }
        };
        let adaptation_sets = [3, 8, 9, 100, 9, 101].map(set).to_vec();
        let periods = vec![Period { adaptation_sets, ..Period::default() }];
        let mpd = Mpd { periods, ..Mpd::default() };
        assert_eq!(write(mpd.clone()), mpd.write());
    }
}
