use super::*;
use url::Url;

fn config() -> Config {
    Config::new(Url::parse("http://origin.test/film.mpd").unwrap())
}

#[test]
fn waits_double_up_to_their_limit_and_end() {
    let config = Config { retries_max: 6, ..config() };
    let mut slot = Slot::default();
    let mut waits = Vec::new();
    while let Next::RetryAfter(wait) = slot.failed(MonoTime::ZERO, Failure::Connect, &config) {
        waits.push(wait.as_millis());
    }
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 8_000]);
}

#[test]
fn a_success_forgives_earlier_failures() {
    let config = Config { retries_max: 1, ..config() };
    let mut slot = Slot::default();
    for _ in 0..3 {
        let next = slot.failed(MonoTime::ZERO, Failure::Status(500), &config);
        assert_eq!(next, Next::RetryAfter(config.backoff_first));
        slot.succeeded();
    }
}

#[test]
fn only_what_may_pass_is_retryable() {
    for (failure, expected) in [
        (Failure::Connect, true),
        (Failure::Timeout, true),
        (Failure::Truncated, true),
        (Failure::Status(408), true),
        (Failure::Status(429), true),
        (Failure::Status(500), true),
        (Failure::Status(599), true),
        (Failure::Status(404), false),
        (Failure::Status(410), false),
        (Failure::Status(301), false),
        (Failure::TooLarge, false),
        (Failure::Malformed, false),
    ] {
        assert_eq!(failure.is_retryable(), expected, "{failure}");
    }
}
