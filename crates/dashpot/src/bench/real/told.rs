//! How far the two times agree, in a table and in JSON.

use super::COMPARED;
use dashpot_base::Seed;
use dashpot_qoe::{Measures, Metric, stats};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// How far a session's mean rate may be off: a body that arrives a millisecond later, every time,
/// can tip a choice between two rungs now and then.
const RATE_OFF_MAX: f64 = 0.03;

/// How far the time stalled may be off: half a second, or this share of it where that is more.
const STALL_OFF_S: f64 = 0.5;
const STALL_OFF_SHARE: f64 = 0.1;

/// One session in both times.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) rule: String,
    pub(super) trace: String,
    pub(super) in_virtual: Measures,
    pub(super) in_real: Measures,
}

impl Pair {
    fn both(&self, metric: Metric) -> Option<(f64, f64)> {
        Some((self.in_virtual.get(metric)?, self.in_real.get(metric)?))
    }

    /// Returns whether rate and stalls are as near as they should be.
    fn agrees(&self) -> bool {
        let rate = self.both(Metric::BitrateKbps).is_some_and(|(in_virtual, in_real)| {
            (in_real - in_virtual).abs() <= in_virtual * RATE_OFF_MAX
        });
        let stall = self.both(Metric::StallSeconds).is_some_and(|(in_virtual, in_real)| {
            (in_real - in_virtual).abs() <= STALL_OFF_S.max(in_virtual * STALL_OFF_SHARE)
        });
        rate && stall
    }
}

/// All sessions in both times.
#[derive(Debug)]
pub(super) struct Agreement {
    pairs: Vec<Pair>,
    /// Real less virtual, for each figure that is compared.
    differences: Vec<(Metric, Option<stats::Interval>)>,
}

impl Agreement {
    pub(super) fn of(pairs: Vec<Pair>, seed: Seed) -> Self {
        let differences = COMPARED.map(|metric| {
            let both = pairs.iter().filter_map(|pair| pair.both(metric));
            let off: Vec<_> = both.map(|(in_virtual, in_real)| in_real - in_virtual).collect();
            (metric, stats::paired_interval(&off, seed))
        });
        Self { pairs, differences: differences.to_vec() }
    }

    /// Returns whether every session agrees.
    pub(super) fn holds(&self) -> bool {
        self.pairs.iter().all(Pair::agrees)
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.write_text(&mut text).unwrap_or_default();
        text
    }

    fn write_text(&self, text: &mut String) -> std::fmt::Result {
        let width = |name: fn(&Pair) -> &str, least: usize| {
            self.pairs.iter().map(|pair| name(pair).len()).max().unwrap_or(0).max(least)
        };
        let (rules, traces) = (width(|it| &it.rule, 4), width(|it| &it.trace, 5));
        write!(text, "{:rules$}  {:traces$}", "rule", "trace")?;
        for metric in COMPARED {
            write!(text, "  {:>20}", metric.name())?;
        }
        writeln!(
            text,
            "\n{:rules$}  {:traces$}{}",
            "",
            "",
            "       virtual   real".repeat(COMPARED.len())
        )?;
        for pair in &self.pairs {
            write!(text, "{:rules$}  {:traces$}", pair.rule, pair.trace)?;
            for metric in COMPARED {
                match pair.both(metric) {
                    Some((in_virtual, in_real)) => {
                        write!(text, "  {:>12} {:>7}", figure(in_virtual), figure(in_real))?;
                    }
                    None => write!(text, "  {:>20}", "-")?,
                }
            }
            writeln!(text, "{}", if pair.agrees() { "" } else { "  differs" })?;
        }
        writeln!(
            text,
            "\nreal less virtual, mean and 95 % interval over {} sessions",
            self.pairs.len()
        )?;
        for (metric, interval) in &self.differences {
            let Some(stats::Interval { mean, low, high }) = interval else { continue };
            let name = metric.name();
            writeln!(text, "  {name:<18} {mean:+.3} ({low:+.3} to {high:+.3})")?;
        }
        let off = self.pairs.iter().filter(|pair| !pair.agrees()).count();
        writeln!(
            text,
            "\n{} of {} sessions agree: rate within 3 %, stalls within 0.5 s or 10 %",
            self.pairs.len() - off,
            self.pairs.len()
        )
    }

    pub(super) fn json(&self) -> anyhow::Result<String> {
        let measures = |measures: &Measures| {
            let named =
                measures.iter().map(|(metric, value)| (metric.name().to_owned(), json!(value)));
            Value::Object(named.collect::<Map<_, _>>())
        };
        let pairs = self.pairs.iter().map(|pair| {
            json!({
                "rule": pair.rule, "trace": pair.trace, "agrees": pair.agrees(),
                "virtual": measures(&pair.in_virtual), "real": measures(&pair.in_real),
            })
        });
        let differences = self.differences.iter().filter_map(|(metric, interval)| {
            let stats::Interval { mean, low, high } = (*interval)?;
            Some(json!({ "metric": metric.name(), "mean": mean, "low": low, "high": high }))
        });
        let all = json!({
            "agrees": self.holds(),
            "sessions": pairs.collect::<Vec<_>>(),
            "real_less_virtual": differences.collect::<Vec<_>>(),
        });
        Ok(serde_json::to_string_pretty(&all)?)
    }
}

fn figure(value: f64) -> String {
    if 100.0 <= value.abs() { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(rates: (f64, f64), stalls: (f64, f64)) -> Pair {
        let measures = |rate, stall| {
            let mut measures = Measures::default();
            measures.set(Metric::BitrateKbps, Some(rate));
            measures.set(Metric::StallSeconds, Some(stall));
            measures
        };
        Pair {
            rule: "bola".to_owned(),
            trace: "step".to_owned(),
            in_virtual: measures(rates.0, stalls.0),
            in_real: measures(rates.1, stalls.1),
        }
    }

    #[test]
    fn a_session_agrees_within_three_percent_of_rate_and_a_tenth_of_stalls() {
        let check = |rates, stalls, expected| {
            assert_eq!(pair(rates, stalls).agrees(), expected, "{rates:?} {stalls:?}");
        };
        check((1_000.0, 1_030.0), (0.0, 0.5), true);
        check((1_000.0, 969.0), (0.0, 0.0), false);
        check((1_000.0, 1_000.0), (0.0, 0.6), false);
        check((1_000.0, 1_000.0), (20.0, 21.9), true);
        check((1_000.0, 1_000.0), (20.0, 22.1), false);
        assert!(!Pair { in_real: Measures::default(), ..pair((1.0, 1.0), (0.0, 0.0)) }.agrees());
    }

    #[test]
    fn one_session_that_differs_is_named_and_spoils_the_whole() {
        let pairs = vec![pair((1_000.0, 1_000.0), (0.0, 0.0)), pair((1_000.0, 900.0), (0.0, 0.0))];
        let agreement = Agreement::of(pairs, Seed(1));
        assert!(!agreement.holds());
        let text = agreement.text();
        assert!(text.contains("1 of 2 sessions agree"), "{text}");
        assert!(text.contains("bitrate_kbps       -50.000 (-100.000 to +0.000)"), "{text}");
    }
}
