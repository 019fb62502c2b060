//! How long it takes until a better network is seen in a better picture.

use dashpot_abr::Rung;

/// Rises of what the network carries, until the picture has followed.
#[derive(Clone, Debug)]
pub(super) struct Reaction {
    /// The longest that counts, in milliseconds: a full buffer.
    longest_ms: f64,
    rises: Vec<Rise>,
    total_ms: f64,
}

#[derive(Clone, Copy, Debug)]
struct Rise {
    at_ms: f64,
    rung: Rung,
    followed_ms: Option<f64>,
}

impl Reaction {
    pub(super) const fn new(longest_ms: f64) -> Self {
        Self { longest_ms, rises: Vec::new(), total_ms: 0.0 }
    }

    pub(super) const fn total_ms(&self) -> f64 {
        self.total_ms
    }

    /// Learns that `rung` is being played.
    pub(super) fn played(&mut self, now_ms: f64, rung: Rung) {
        self.follow(now_ms, |rise| rise <= rung);
    }

    /// Counts the rises that are older than the longest that counts.
    pub(super) fn settle(&mut self, now_ms: f64) {
        let before_ms = now_ms - self.longest_ms;
        let settled = self.rises.iter().take_while(|rise| rise.at_ms < before_ms).count();
        for rise in self.rises.drain(..settled) {
            let took_ms = rise.followed_ms.map(|followed_ms| followed_ms - rise.at_ms);
            self.total_ms += took_ms.map_or(self.longest_ms, |ms| ms.min(self.longest_ms));
        }
    }

    /// Learns that the network carries `rung` from now on.
    pub(super) fn network(&mut self, now_ms: f64, rung: Rung, before: Rung, buffered: &[Rung]) {
        self.settle(now_ms);
        // A network that falls below a rung again has ended that rung's rise.
        self.follow(now_ms, |rise| rung < rise);
        let is_new = before < rung
            && buffered.iter().all(|held| *held < rung)
            && self.rises.iter().all(|rise| rise.rung < rung);
        if is_new {
            self.rises.push(Rise { at_ms: now_ms, rung, followed_ms: None });
        }
    }

    fn follow(&mut self, now_ms: f64, is_followed: impl Fn(Rung) -> bool) {
        for rise in &mut self.rises {
            if rise.followed_ms.is_none() && is_followed(rise.rung) {
                rise.followed_ms = Some(now_ms);
            }
        }
    }
}
