use dashpot_abr::{Decision, Entry, Reason, Rule, View};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "careful",
    follows: "nobody: the example of docs/abr.md",
    make: |params| Box::new(Careful { share: params.number("share", 0.5, 0.01..=1.0) }),
}];

#[derive(Debug)]
struct Careful {
    share: f64,
}

impl Rule for Careful {
    fn name(&self) -> &'static str {
        "careful"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let kbps = view.throughput_kbps.unwrap_or_default();
        Decision::now(view.rung_below(self.share * kbps), Reason::ThroughputFits)
    }
}
