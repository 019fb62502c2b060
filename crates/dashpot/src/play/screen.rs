//! The live view: one block of lines on a terminal, redrawn in place.

use super::tally::{Arrived, Tally};
use console::Term;
use dashpot_base::MonoTime;
use dashpot_qoe::{Media, Phase, Session};
use std::time::Duration;

/// Cells of the bar that shows the buffer.
const BAR_CELLS: usize = 30;

/// The block of lines that is on the terminal.
#[derive(Debug)]
pub(super) struct Screen {
    term: Term,
    buffer_max: Duration,
    drawn: usize,
}

impl Screen {
    /// Returns a screen on stderr, or `None` where that is no terminal.
    pub(super) fn on_terminal(buffer_max: Duration) -> Option<Self> {
        let term = Term::buffered_stderr();
        term.is_term().then_some(Self { term, buffer_max, drawn: 0 })
    }

    /// Draws over what was drawn before.
    ///
    /// A terminal that has gone away loses the view and nothing else.
    pub(super) fn draw(&mut self, tally: &Tally, session: &Session, now: MonoTime) {
        let (_, columns) = self.term.size();
        let lines = lines(tally, session, now, self.buffer_max);
        // The last column stays free: terminals wrap a line that fills it.
        let width = usize::from(columns).saturating_sub(1);
        let lines = lines.iter().map(|line| cut(line, width));
        let erased = self.term.clear_last_lines(self.drawn);
        self.drawn = lines.len();
        let text = lines.fold(String::new(), |text, line| text + &line + "\n");
        let drawn =
            erased.and_then(|()| self.term.write_str(&text)).and_then(|()| self.term.flush());
        if let Err(error) = drawn {
            tracing::debug!(%error, "the terminal is gone");
        }
    }

    /// Takes the view off the terminal.
    pub(super) fn erase(&mut self) {
        let erased = self.term.clear_last_lines(self.drawn).and_then(|()| self.term.flush());
        if let Err(error) = erased {
            tracing::debug!(%error, "the terminal is gone");
        }
        self.drawn = 0;
    }
}

/// Returns `line`, or what of it fits with a sign that there is more.
fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    line.chars().take(width.saturating_sub(1)).chain(['…']).take(width).collect()
}

/// Returns the view as of `now`: nothing until the MPD has come, since what is odd about it is
/// logged to the same terminal then, and a view in between would be torn.
fn lines(tally: &Tally, session: &Session, now: MonoTime, buffer_max: Duration) -> Vec<String> {
    if tally.rung.is_none() && tally.last.is_none() {
        return Vec::new();
    }
    let summary = session.summary(now);
    let chosen = tally.rung.map_or_else(
        || "nothing chosen yet".to_owned(),
        |it| format!("rung {}, {} ({})", it.rung, it.bitrate, it.reason),
    );
    let buffer = tally.buffer(session.position(now));
    let throughput = tally.throughput.map_or_else(|| "-".to_owned(), |rate| rate.to_string());
    vec![
        format!("{:<9}{:>8.1} s   {chosen}", phase(session), session.position(now).as_secs_f64()),
        format!("buffer   {} {:.1} s", bar(buffer, buffer_max), buffer.as_secs_f64()),
        format!(
            "link     {throughput}; {} segments, {} from a cache, {} failures",
            summary.segments, tally.from_cache, summary.failures
        ),
        format!(
            "stalls   {} ({:.1} s), switches {}",
            summary.stalls,
            Duration::from_millis(summary.stall_ms).as_secs_f64(),
            summary.switches
        ),
        format!("last     {}", tally.last.as_ref().map_or_else(|| "-".to_owned(), arrived)),
    ]
}

fn phase(session: &Session) -> &'static str {
    match session.phase() {
        Phase::Starting => "starting",
        Phase::Playing => "playing",
        Phase::Stalled => "stalled",
        Phase::Seeking => "seeking",
        Phase::Done => "done",
    }
}

fn bar(level: Duration, full: Duration) -> String {
    let cells = u128::try_from(BAR_CELLS).unwrap_or_default();
    let filled = (level.as_nanos() * cells).checked_div(full.as_nanos()).unwrap_or_default();
    let filled = usize::try_from(filled).unwrap_or(BAR_CELLS).min(BAR_CELLS);
    "█".repeat(filled) + &"░".repeat(BAR_CELLS - filled)
}

fn arrived(it: &Arrived) -> String {
    let media = match it.media {
        Media::Video => "video",
        Media::Audio => "audio",
    };
    let line = format!("{media} {}, {} in {} ms", it.number, it.size, it.took.as_millis());
    match &it.cache_status {
        // A server's words go to a terminal: what could steer it is left out.
        Some(status) => line + ", " + &status.replace(char::is_control, ""),
        None => line,
    }
}

#[cfg(test)]
mod tests;
