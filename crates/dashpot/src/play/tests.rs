use super::*;
use clap::Parser;
use dashpot_qoe::Session;

/// `Args` alone, as clap wants a command around them.
#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

fn parse(words: &str) -> Result<Args, clap::Error> {
    let words = std::iter::once("play").chain(words.split_whitespace());
    Line::try_parse_from(words).map(|line| line.args)
}

fn check_refused(words: &str, expected: &str) {
    let message = match parse(words) {
        Err(error) => error.to_string(),
        Ok(args) => format!("{:#}", config(&args, false).unwrap_err()),
    };
    assert!(message.contains(expected), "{words}: {message}");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_would() {
    check_refused("", "<URL>");
    check_refused("film.mpd", "relative URL");
    check_refused("ftp://host/film.mpd", "not an http or https URL");
    check_refused("http://host/ --abr bolla", "`bolla` is no rule; there are dynamic-o, ");
    check_refused("http://host/ --for 20", "needs a unit");
    check_refused("http://host/ --seek 30s@5", "needs a unit");
    check_refused("http://host/ --loss 1.5", "a number from 0 to 1");
    check_refused("http://host/ --max-stall-ratio NaN", "a number from 0 to 1");
    check_refused("http://host/ --link 3MB", "write `3Mbps` or name a trace");
}

#[test]
fn flags_become_the_session() {
    let words = "https://host/film.mpd --abr bola --for 20s --link 3Mbps --latency 20ms --seed 7 \
                 --seek 30s@5s --seek 10s --buffer 12s --cmcd query --language ko";
    let config = config(&parse(words).unwrap(), true).unwrap();
    assert_eq!(config.rule.name(), "bola");
    assert_eq!(config.player.stop_after_time, Some(Duration::from_secs(20)));
    assert_eq!(config.player.buffer_max, Duration::from_secs(12));
    assert_eq!(config.player.language.as_deref(), Some("ko"));
    assert_eq!(config.cmcd, CmcdMode::Query);
    assert_eq!(config.seed, Seed(7));
    assert_eq!(config.refresh, Some(REFRESH));
    let seconds = Duration::from_secs;
    assert_eq!(config.seeks, [(seconds(5), seconds(30)), (seconds(0), seconds(10))]);
    let latency = config.link.unwrap().rows().map(|row| row.latency).next();
    assert_eq!(latency, Some(Duration::from_millis(20)));
}

fn check_verdict(reason: DoneReason, ratio: Option<f64>, max: Option<f64>, expected: ExitStatus) {
    let mut summary = Session::new().summary(dashpot_base::MonoTime::ZERO);
    summary.stall_ratio = ratio;
    summary.startup_ms = ratio.map(|_| 500);
    let shown = format!("{reason} {ratio:?} {max:?}");
    let outcome = Outcome { reason, error: None, problems: vec![], summary, took: Duration::ZERO };
    assert_eq!(verdict(&outcome, &Tally::default(), max), expected, "{shown}");
}

#[test]
fn the_exit_code_says_whether_the_check_held() {
    use ExitStatus::{CheckFailed, CouldNotRun, Done};
    let failed = DoneReason::Failed {
        what: dashpot_player::What::Manifest,
        failure: dashpot_player::Failure::Timeout,
    };
    check_verdict(DoneReason::TimeUp, Some(0.2), None, Done);
    check_verdict(DoneReason::TimeUp, Some(0.2), Some(0.2), Done);
    check_verdict(DoneReason::TimeUp, Some(0.3), Some(0.2), CheckFailed);
    check_verdict(DoneReason::Stopped, None, Some(1.0), CheckFailed);
    check_verdict(DoneReason::Stopped, None, None, Done);
    check_verdict(DoneReason::TimeUp, None, None, CheckFailed);
    check_verdict(failed.clone(), Some(0.0), None, CheckFailed);
    check_verdict(failed, None, None, CouldNotRun);
}
