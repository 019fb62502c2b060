//! The guide to rate adaptation: its example compiles and plays, its tables are made from the code,
//! and it says what every metric means.

mod own_rule;

use crate::judges::root;
use dashpot_abr::{Reason, Table, rules};
use dashpot_net::Trace;
use dashpot_qoe::{Better, Metric};
use dashpot_sim::lab::{Film, Lab};
use std::{fmt::Write as _, fs};

fn guide() -> String {
    fs::read_to_string(root().join("docs/abr.md")).expect("docs/abr.md is readable")
}

#[test]
fn the_example_of_the_guide_is_the_rule_that_is_played_here() {
    let example = include_str!("abr_guide/own_rule.rs");
    assert!(guide().contains(&format!("```rust\n{example}```")), "docs/abr.md has another example");

    let ladder = [500.0, 1_000.0, 2_000.0];
    let sizes = vec![ladder.map(|kbps| kbps * 2_000.0).to_vec(); 30];
    let table = Table::new(ladder.to_vec(), vec![2_000.0; 30], &sizes).expect("a film");
    let trace = Trace::parse("1000,2500,20").expect("a trace");
    let kbps = |params: &str| {
        let rule = own_rule::ENTRIES[0].parse(params).expect("a rule");
        let outcome = Lab::new(Film::new(&table), trace.clone(), rule).run();
        assert_eq!((outcome.summary.stalls, outcome.summary.played_ms), (0, 60_000));
        outcome.summary.average_bitrate_bps.expect("a bitrate") / 1_000
    };
    // All but the first segment of 30 are at the rung that half of 2500 kbit/s carry, or 90 %.
    assert_eq!(kbps(""), (29 * 1_000 + 500) / 30);
    assert_eq!(kbps("share=0.9"), (29 * 2_000 + 500) / 30);
}

#[test]
fn the_tables_of_rules_reasons_and_metrics_are_these() {
    let mut text = String::from(
        "# Rules, reasons and metrics\n\n\
         Made from the code (`UPDATE_EXPECT=1 cargo test -p dashpot --test it abr_guide`); the \
         [guide](abr.md) says\nwhat they are good for.\n\n\
         ## Rules\n\n\
         Parameters are shown with their defaults and typed after the name: \
         `throughput:safety=0.8,…`.\n\n\
         | Rule | Follows | Parameters |\n|---|---|---|\n",
    );
    for rule in rules() {
        let parameters = rule.parameters();
        let typed = parameters.iter().map(|(key, default)| format!("`{key}={default}`"));
        let typed = typed.collect::<Vec<_>>().join(" ");
        writeln!(text, "| `{}` | {} | {typed} |", rule.name, rule.follows).expect("text");
    }
    text.push_str(
        "\n## Reasons\n\nWhat a decision log has under `reason`.\n\n| Reason | |\n|---|---|\n",
    );
    for reason in Reason::ALL {
        writeln!(text, "| `{reason}` | {} |", reason.meaning()).expect("text");
    }
    text.push_str("\n## Metrics\n\n| Metric | Better |\n|---|---|\n");
    for metric in Metric::ALL {
        let better = match metric.better() {
            Better::Higher => "higher",
            Better::Lower => "lower",
            Better::Neither => "",
        };
        writeln!(text, "| `{}` | {better} |", metric.name()).expect("text");
    }
    expect_test::expect_file![root().join("docs/abr-rules.md")].assert_eq(&text);
}

#[test]
fn the_guide_says_what_every_metric_means() {
    let guide = guide();
    let explained = |metric: &Metric| guide.contains(&format!("| `{}` |", metric.name()));
    let missing: Vec<_> = Metric::ALL
        .iter()
        .filter(|metric| !explained(metric))
        .map(|metric| metric.name())
        .collect();
    assert!(missing.is_empty(), "docs/abr.md does not explain {missing:?}");
}

#[test]
fn rules_that_the_guide_has_others_type_exist() {
    let guide = guide();
    // With --browser there are contenders that are no rules.
    let is_of_rules =
        |line: &&str| line.starts_with("dashpot bench") && !line.contains("--browser");
    let lines = guide.lines().filter(is_of_rules);
    let typed = lines.filter_map(|line| line.split("--abr ").nth(1)?.split(' ').next());
    let mut found = 0;
    for typed in typed {
        for rule in dashpot_sim::sweep::split_rules(typed) {
            // Not a rule but the player itself, which needs a browser.
            if rule.split(':').next() == Some("dash.js") {
                continue;
            }
            let made = dashpot_abr::parse(&rule);
            assert!(made.is_ok(), "{rule}: {:?}", made.err());
            found += 1;
        }
    }
    assert!(3 < found, "docs/abr.md has no commands");
}
