//! What the rest of a plan comes to at most.

/// At which multiples of what a second more of download gains on the whole ladder seconds are
/// charged, but never at more than a stall's price. Segments differ in size and the best price from
/// plan to plan; these are near enough to it to cut most of the tree, and few enough to be tried at
/// each branch.
const MULTIPLES: [f64; 3] = [0.6, 1.0, 1.6];

/// How many prices there are: those, and that of a stall.
pub(super) const PRICES: usize = MULTIPLES.len() + 1;

/// The rest of a plan, from each of its steps and for each rung before it.
///
/// It stalls for no less than its downloads take beyond the buffer and the media that it brings itself
/// before its last download. To pay only a share of the price for that, and to be paid the share where
/// it is less than nothing, costs no more. At such a price each download costs what it takes and
/// nothing hangs on the buffer: the best rest is found from the last step to the first.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    rungs: usize,
    /// By step, rung before it and share, but for what the media there is pays.
    most: Vec<[f64; PRICES]>,
    /// The media that the steps from each on bring, but for the last one, in seconds.
    media_s: Vec<f64>,
    prices: [f64; PRICES],
}

/// What steps are reckoned with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    /// The rungs' values, ascending, and what a change by one of these costs.
    pub(super) values: &'a [f64],
    pub(super) change: f64,
    /// What a second of stall costs.
    pub(super) stall: f64,
    /// Seconds of download, step by step, each rung by rung.
    pub(super) seconds: &'a [f64],
}

impl Terms<'_> {
    /// Returns at which prices seconds of download are charged.
    fn prices(&self) -> [f64; PRICES] {
        let rungs = self.values.len();
        let (mut gained, mut took_s) = (0.0, 0.0);
        for seconds in self.seconds.chunks_exact(rungs.max(1)) {
            gained += self.values[rungs - 1] - self.values[0];
            took_s += seconds[rungs - 1] - seconds[0];
        }
        let mut prices = [self.stall; PRICES];
        // Where larger rungs take no longer there is no such price.
        if 0.0 < took_s {
            for (price, multiple) in prices.iter_mut().zip(MULTIPLES) {
                *price = self.stall.min(multiple * gained / took_s);
            }
        }
        prices
    }
}

impl Rest {
    /// Takes up a plan whose steps bring so many seconds of media.
    pub(super) fn fit(&mut self, terms: &Terms<'_>, media_s: impl DoubleEndedIterator<Item = f64>) {
        let rungs = terms.values.len();
        let steps = terms.seconds.len() / rungs.max(1);
        self.rungs = rungs;
        self.prices = terms.prices();
        self.most.clear();
        self.most.resize((steps + 1) * rungs, [0.0; PRICES]);
        for step in (0..steps).rev() {
            let (here, after) = self.most[step * rungs..].split_at_mut(rungs);
            let seconds = &terms.seconds[step * rungs..][..rungs];
            let of = terms.values.iter().zip(seconds).zip(after.iter().zip(here));
            for ((value, took_s), (after, here)) in of {
                for ((here, after), price) in here.iter_mut().zip(after).zip(self.prices) {
                    *here = value - price * took_s + *after;
                }
            }
            self.or_by_a_change(terms, step);
        }
        self.media_s.clear();
        self.media_s.push(0.0);
        let mut sum = 0.0;
        self.media_s.extend(media_s.rev().skip(1).map(|media_s| {
            sum += media_s;
            sum
        }));
        self.media_s.reverse();
    }

    /// Has what comes of a rung at `step` be had after any other rung, too, less what the change costs:
    /// from neighbour to neighbour, which comes to as much as all at once.
    fn or_by_a_change(&mut self, terms: &Terms<'_>, step: usize) {
        let here = &mut self.most[step * self.rungs..][..self.rungs];
        let mut better = |to: usize, from: usize| {
            let cost = terms.change * (terms.values[to] - terms.values[from]).abs();
            let offered = here[from];
            for (here, offered) in here[to].iter_mut().zip(offered) {
                *here = here.max(offered - cost);
            }
        };
        (1..self.rungs).for_each(|rung| better(rung, rung - 1));
        (1..self.rungs).rev().for_each(|rung| better(rung - 1, rung));
    }

    /// Returns what no rest from `step` on is worth more than, after `last` and with so much
    /// buffered.
    pub(super) fn most(&self, step: usize, last: usize, buffer_s: f64) -> f64 {
        let media_s = buffer_s + self.media_s[step];
        let most = &self.most[step * self.rungs + last];
        let shares = most.iter().zip(self.prices).map(|(most, price)| most + price * media_s);
        shares.fold(f64::INFINITY, f64::min)
    }

    /// Returns the best rung for a step, after `last`, where downloads are charged at that share.
    pub(super) fn next(
        &self,
        terms: &Terms<'_>,
        (step, last): (usize, usize),
        share: usize,
    ) -> usize {
        let mut best = (0, f64::NEG_INFINITY);
        for (rung, value) in terms.values.iter().enumerate() {
            let place = step * self.rungs + rung;
            let change = terms.change * (value - terms.values[last]).abs();
            let took = self.prices[share] * terms.seconds[place];
            let worth = value - change - took + self.most[place + self.rungs][share];
            if best.1 < worth {
                best = (rung, worth);
            }
        }
        best.0
    }
}
