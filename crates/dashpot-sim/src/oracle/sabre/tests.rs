use super::*;
use proptest::prelude::*;

const LADDER: [f64; 3] = [500.0, 1_000.0, 2_000.0];

fn movie(segments: usize) -> Table {
    let sizes = vec![LADDER.iter().map(|kbps| kbps * 2_000.0).collect(); segments];
    Table::new(LADDER.to_vec(), vec![2_000.0; segments], &sizes).unwrap()
}

fn period(duration_ms: f64, bandwidth_kbps: f64, latency_ms: f64) -> Period {
    Period { duration_ms, bandwidth_kbps, latency_ms }
}

fn play(network: &[Period], spec: &str, segments: usize) -> (Outcome, Vec<Step>) {
    let mut rule = dashpot_abr::parse(spec).unwrap();
    let mut steps = Vec::new();
    let options = Options::default();
    let log = |step: &Step| steps.push(*step);
    let outcome = run_logged(&movie(segments), network, rule.as_mut(), &options, log);
    (outcome, steps)
}

fn check(network: &[Period], expected: &[(&str, f64)]) {
    let (outcome, _) = play(network, "throughput", 4);
    for (name, value) in expected {
        let got = outcome.metric(name).unwrap();
        assert!((got - value).abs() < 1e-6, "{name}: {got}, not {value}, on {network:?}");
    }
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    // 1 Mbit/s and 100 ms: the first segment, of 1 Mbit, takes 1.1 s, and so do the others: nine
    // tenths of the estimate do not carry the second rung.
    check(
        &[period(60_000.0, 1_000.0, 100.0)],
        &[
            ("buffer size", 25_000.0),
            ("total played bitrate", 2_000.0),
            ("total play time", 9.1),
            ("total play time chunks", 4.55),
            ("time average played bitrate", 2_000.0 / 4.55),
            ("total rebuffer", 0.0),
            ("rampup time", 1.1),
            ("estimate", 0.0),
            ("leq estimate count", 3.0),
        ],
    );
    // 400 kbit/s and no latency: 2.5 s for each segment, of which 2 s are played meanwhile.
    check(
        &[period(60_000.0, 400.0, 0.0)],
        &[
            ("total rebuffer", 1.5),
            ("total rebuffer events", 3.0),
            ("total play time", 12.0),
            ("time average score", (0.0 - 5.0 * 1.5 / 2.0) / 6.0),
        ],
    );
    // Latency passes by shares: half of 200 ms in the first period, half of 1 s in the second.
    let (_, steps) =
        play(&[period(100.0, 1_000.0, 200.0), period(1e9, 1_000.0, 1_000.0)], "bola", 1);
    assert_eq!((steps[0].first_byte_ms, steps[0].took_ms), (600.0, 1_600.0));
}

#[test]
fn a_network_that_carries_nothing_is_taken_for_none() {
    for network in [&[][..], &[period(1_000.0, 0.0, 50.0)]] {
        let (outcome, steps) = play(network, "bola", 5);
        assert_eq!(outcome.metric("total rebuffer"), Some(0.0), "{network:?}");
        assert_eq!(steps.len(), 5);
    }
    assert_eq!(play(&[], "bola", 5).0.metric("rebuffers"), None);
}

/// A rule that gives everything up.
#[derive(Debug)]
struct Quitter;

impl Rule for Quitter {
    fn name(&self) -> &'static str {
        "quitter"
    }

    fn decide(&mut self, _: &View<'_>) -> Decision {
        Decision::now(Rung(9), Reason::NoEstimate)
    }

    fn patience_ms(&self, _: &View<'_>, _: &Progress) -> f64 {
        0.0
    }

    fn gives_up(&mut self, _: &View<'_>, _: &Progress) -> bool {
        true
    }
}

#[test]
fn a_rule_that_gives_everything_up_comes_to_the_end_all_the_same() {
    let mut tries = 0;
    let network = [period(1e6, 4_000.0, 5.0)];
    let log = |step: &Step| {
        assert!(step.index == 0 || step.decision.rung == Rung(2), "inside the ladder");
        tries += 1;
    };
    let outcome = run_logged(&movie(3), &network, &mut Quitter, &Options::default(), log);
    assert_eq!((tries, outcome.metric("total played bitrate")), (2_003, Some(4_500.0)));
}

/// Periods of any sort of which one carries something.
fn networks() -> impl Strategy<Value = Vec<Period>> {
    let bandwidth = prop_oneof![Just(0.0), 10.0..20_000.0_f64];
    let any = (1.0..20_000.0_f64, bandwidth, 0.0..3_000.0_f64);
    let some = (100.0..9_000.0_f64, 300.0..9_000.0_f64, 0.0..500.0_f64);
    (prop::collection::vec(any, 0..9), some).prop_map(|(mut periods, some)| {
        periods.push(some);
        periods.into_iter().map(|(ms, kbps, latency_ms)| period(ms, kbps, latency_ms)).collect()
    })
}

proptest! {
    #[test]
    fn law_time_is_conserved_and_each_segment_is_played_once(
        network in networks(), segments in 1..40_usize,
        rule in prop::sample::select(dashpot_abr::names().collect::<Vec<_>>()),
    ) {
        let (outcome, steps) = play(&network, rule, segments);
        let figure = |name: &str| outcome.metric(name).unwrap();
        let startup_s = steps[0].took_ms / 1_000.0;
        let played_s = 2.0 * segments as f64;
        let off_s = figure("total play time") - startup_s - played_s - figure("total rebuffer");
        prop_assert!(off_s.abs() < 1e-6, "{} {}", rule, off_s);
        let appended = steps.iter().filter(|step| !step.is_given_up && !step.is_replacement);
        let indices: Vec<_> = appended.map(|step| step.index).collect();
        prop_assert_eq!(indices, (0..segments).collect::<Vec<_>>(), "{}", rule);
    }

    #[test]
    fn law_patience_spares_questions_and_changes_nothing(
        network in networks(),
        rule in prop::sample::select(vec!["throughput", "bola", "bolae", "dynamic", "dynamicdash", "bolae:replace=left"]),
    ) {
        let mut impatient = Impatient(dashpot_abr::parse(rule).unwrap());
        let asked_often = run(&movie(60), &network, &mut impatient, &Options::default());
        prop_assert_eq!(asked_often, play(&network, rule, 60).0, "{}", rule);
    }
}

/// A rule that is asked at every look whether it gives up.
#[derive(Debug)]
struct Impatient(Box<dyn Rule>);

impl Rule for Impatient {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        self.0.decide(view)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.0.arrived(arrival);
    }

    fn waited(&mut self, ms: f64) {
        self.0.waited(ms);
    }

    fn patience_ms(&self, _: &View<'_>, _: &Progress) -> f64 {
        0.0
    }

    fn gives_up(&mut self, view: &View<'_>, progress: &Progress) -> bool {
        self.0.gives_up(view, progress)
    }

    fn may_replace(&self) -> bool {
        true
    }

    fn replaces(&mut self, view: &View<'_>, buffered: &[Rung], rung: Rung) -> Option<usize> {
        self.0.replaces(view, buffered, rung)
    }
}
