use super::*;
use proptest::prelude::*;

fn mean_kbps(trace: &Trace) -> f64 {
    let (mut bits, mut seconds) = (0.0, 0.0);
    for row in trace.rows() {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let bps = row.rate.bps() as f64;
        bits += bps * row.duration.as_secs_f64();
        seconds += row.duration.as_secs_f64();
    }
    bits / seconds / 1e3
}

#[test]
fn each_kind_moves_about_the_mean_that_was_asked_for() {
    for kind in Kind::ALL {
        let text = format!("{},kbps=3000,spread=1,seconds=20000,n=2", kind.name());
        for (name, trace) in Generator::parse(&text).unwrap().traces().unwrap() {
            let mean = mean_kbps(&trace);
            assert!((2_000.0..5_000.0).contains(&mean), "{name}: {mean}");
            let rates = trace.rows().map(|row| row.rate).collect::<std::collections::BTreeSet<_>>();
            assert!(2 <= rates.len(), "{name} never changes");
            let seconds = trace.rows().map(|row| row.duration.as_secs()).sum::<u64>();
            assert_eq!(seconds, 20_000, "{name}");
        }
    }
}

#[test]
fn outages_carry_nothing_and_fades_little() {
    let traces = Generator::parse("outage,n=1").unwrap().traces().unwrap();
    assert!(traces[0].1.rows().any(|row| row.rate.bps() == 0));
}

#[test]
fn kinds_take_turns_in_a_mixture_and_names_are_unique() {
    let names = Generator::parse("mixed,n=6,seed=7").unwrap().traces().unwrap();
    let names = names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    let expected = [
        "markov-7-0000",
        "step-7-0001",
        "lte-7-0002",
        "outage-7-0003",
        "profile-7-0004",
        "markov-7-0005",
    ];
    assert_eq!(names, expected);
}

fn check_refused(text: &str, words: &str) {
    let message = Generator::parse(text).unwrap_err().to_string();
    assert!(message.contains(words), "{text}: {message}");
}

#[test]
fn what_cannot_be_made_is_refused_with_what_can() {
    check_refused("marcov", "`marcov` is no generator; there are mixed, markov, step, lte");
    check_refused("markov,m=5", "`m=5`: parameters are seed=1");
    check_refused("markov,n=0", "`n=0`");
    check_refused("markov,kbps=NaN", "`kbps=NaN`");
    check_refused("markov,n", "`n`");
}

proptest! {
    #[test]
    fn the_same_words_make_the_same_traces_and_more_of_them_the_same_first_ones(
        kind in 0_usize..5, seed in any::<u64>(), more in 1_usize..4,
    ) {
        let kind = Kind::ALL[kind].name();
        let make = |n| {
            let text = format!("{kind},seed={seed},n={n},seconds=60");
            Generator::parse(&text).unwrap().traces().unwrap()
        };
        let few = make(2);
        prop_assert_eq!(&few[..], &make(2 + more)[..2]);
        prop_assert_ne!(&few[0].1, &few[1].1);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,60}") {
        if let Ok(generator) = Generator::parse(&text) {
            prop_assert!(generator.count <= 10_000);
        }
    }
}
