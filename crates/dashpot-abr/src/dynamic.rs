//! DYNAMIC: throughput while the buffer is thin, BOLA once it is not.
//!
//! Spiteri, Sitaraman and Sparacio, "From Theory to Practice: Improving Bitrate Adaptation in the
//! DASH Reference Player", ACM Multimedia Systems 2018.

use crate::{Bola, BolaO, Decision, Entry, Rule, Throughput, View};

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        name: "dynamic-o",
        follows: "DYNAMIC over BOLA-O, as in dash.js",
        make: |_| Box::new(DynamicO::default()),
    },
    Entry {
        name: "dynamic",
        follows: "DYNAMIC of MMSys 2018, as in Sabre",
        make: |_| Box::new(Dynamic::default()),
    },
];

/// The buffer from which the level says enough to choose by. Below it BOLA would keep to low rungs
/// on a fast link for want of a buffer; the paper and Sabre take 10 s.
const BUFFER_TRUSTED_MS: f64 = 10_000.0;

/// Chooses by throughput at the start and after seeks, and by buffer level in steady state.
///
/// It changes over only where that does not cost quality: to BOLA once BOLA asks for as much, back
/// once BOLA asks for less.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dynamic {
    by_buffer: bool,
}

impl Rule for Dynamic {
    fn name(&self) -> &'static str {
        "dynamic"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        choose(&mut self.by_buffer, view, Bola.decide(view))
    }
}

/// [`Dynamic`] over [`BolaO`], as dash.js has it: it settles on a rung that the link carries.
#[derive(Clone, Copy, Debug, Default)]
pub struct DynamicO {
    by_buffer: bool,
}

impl Rule for DynamicO {
    fn name(&self) -> &'static str {
        "dynamic-o"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        choose(&mut self.by_buffer, view, BolaO.decide(view))
    }
}

/// Returns `bola` or what throughput says, and remembers which of them is in charge.
fn choose(by_buffer: &mut bool, view: &View<'_>, bola: Decision) -> Decision {
    let throughput = Throughput::default().decide(view);
    // A player that holds less than this at most would never leave the throughput rule.
    let trusted = BUFFER_TRUSTED_MS.min(view.buffer_max_ms / 2.0);
    let (is_thick, is_rich) = (trusted <= view.buffer_ms, throughput.rung <= bola.rung);
    *by_buffer = if *by_buffer { is_thick || is_rich } else { is_thick && is_rich };
    if *by_buffer { bola } else { throughput }
}

#[cfg(test)]
mod tests;
