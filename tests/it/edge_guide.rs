//! The operator's guide of the edge: its table of flags is made from the help text, and what else
//! it names exists.

use crate::judges::root;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    process::Command,
};

/// A flag as the help text has it.
#[derive(Default)]
struct Flag {
    heading: String,
    /// `--name <VALUE>`.
    usage: String,
    text: Vec<String>,
    values: Vec<String>,
    default: Option<String>,
    variable: Option<String>,
}

impl Flag {
    fn name(&self) -> &str {
        self.usage.split(' ').next().unwrap_or_default()
    }

    /// What it is for, and the default where the text has one that is no value.
    fn explained(&self) -> (String, Option<String>) {
        let text = self.text.join(" ");
        match text.split_once(" [default: ") {
            None => (text, None),
            Some((before, after)) => {
                let (default, rest) = after.split_once(']').expect("a bracket that closes");
                (format!("{before}{rest}"), Some(default.to_owned()))
            }
        }
    }
}

/// Runs the binary out of reach of the environment, and returns its stdout.
fn dashpot(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashpot"));
    let output = command.env_clear().args(arguments).output().expect("dashpot runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Returns the flags of a command, but for those that every command has.
fn flags(command: &str) -> Vec<Flag> {
    let help = dashpot(&[command, "--help"]);
    let (mut flags, mut heading) = (Vec::<Flag>::new(), String::new());
    for line in help.lines() {
        let text = line.trim();
        if let Some(title) = line.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
            title.clone_into(&mut heading);
        } else if text.starts_with("--") && line.starts_with("      -") {
            flags.push(Flag { heading: heading.clone(), usage: text.to_owned(), ..<_>::default() });
        } else if line.starts_with("  -") {
            // -h, which no table needs.
            flags.push(Flag::default());
        } else if let Some(flag) = flags.last_mut().filter(|_| line.starts_with("          ")) {
            flag.add(text);
        }
    }
    flags.retain(|flag| !matches!(&*flag.heading, "" | "Common options"));
    flags
}

impl Flag {
    fn add(&mut self, line: &str) {
        let inside = |prefix: &str| {
            line.strip_prefix(prefix).and_then(|line| line.strip_suffix(']')).map(str::to_owned)
        };
        if let Some(variable) = inside("[env: ") {
            self.variable = Some(variable.trim_end_matches('=').to_owned());
        } else if let Some(default) = inside("[default: ") {
            self.default = Some(default);
        } else if let Some(value) = line.strip_prefix("- ") {
            let (name, text) = value.split_once(':').expect("a value and what it means");
            self.values.push(format!("`{name}` {}", text.trim()));
        } else if !line.is_empty() && line != "Possible values:" {
            self.text.push(line.to_owned());
        }
    }
}

/// Keeps a text from ending the cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

const BEGINNING: &str = "\
# Flags of `dashpot edge`

Made from `dashpot edge --help` (`UPDATE_EXPECT=1 cargo test -p dashpot --test it edge_guide`); the
[guide](edge.md) says what they are good for.

Each can be typed (`--cache-mem 1GiB`), stand in the environment (`DASHPOT_EDGE_CACHE_MEM=1GiB`) or in the file of
`--config` (`[edge]`, `cache-mem = \"1GiB\"`); the first of these that is there counts. Times are written 200ms, 5s, 1h,
sizes 512MiB. A flag without a value is `true` in the file.
";

#[test]
fn the_table_of_flags_is_what_help_says() {
    let flags = flags("edge");
    let usage = dashpot(&["edge", "--help"]);
    let usage = usage.lines().find(|line| line.starts_with("Usage:")).expect("a usage");
    let mut text = BEGINNING.to_owned();
    let mut heading = "";
    for flag in &flags {
        if flag.heading != heading {
            heading = &flag.heading;
            let title = if heading == "Options" { "General" } else { heading };
            writeln!(text, "\n## {title}\n\n| Flag | Default | |\n|---|---|---|").expect("text");
        }
        let (explained, default) = flag.explained();
        let default = match (&flag.default, default) {
            (Some(value), _) => format!("`{value}`"),
            (None, Some(text)) => cell(&text),
            (None, None) if usage.contains(&flag.usage) => "needed".to_owned(),
            (None, None) => String::new(),
        };
        let values: String =
            flag.values.iter().map(|value| format!("<br>{}", cell(value))).collect();
        writeln!(text, "| `{}` | {default} | {}{values} |", flag.usage, cell(&explained))
            .expect("text");
        // One name, everywhere.
        let variable = flag.name()[2..].to_ascii_uppercase().replace('-', "_");
        assert_eq!(flag.variable, Some(format!("DASHPOT_EDGE_{variable}")), "{}", flag.usage);
        let explained = cell(&explained);
        assert!(explained.len() <= 170, "{} takes more than two lines: {explained}", flag.usage);
    }
    assert!(40 < flags.len(), "the help text was not understood");
    expect_test::expect_file!["../../docs/edge-flags.md"].assert_eq(&text);
}

#[test]
fn the_defaults_in_force_are_those_that_help_tells() {
    let config = dashpot(&["edge", "--origin", "http://origin.example", "--print-config"]);
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for flag in flags("edge") {
        if let Some(default) = &flag.default {
            told.insert(flag.name()[2..].to_owned(), default.clone());
        }
    }
    let mut seen = 0;
    for line in config.lines().filter(|line| line.ends_with("# default")) {
        let (name, value) = line.split_once(" = ").expect("a setting");
        let value = value.trim_end_matches("# default").trim().trim_matches('"');
        // Those that may only be given or not are off.
        let Some(told) = told.get(name) else {
            assert!(value == "false" || name.starts_with("log-"), "{line}");
            continue;
        };
        assert_eq!(value, told, "{name}");
        seen += 1;
    }
    assert_eq!(seen, told.len(), "{config}");
}

fn guide() -> String {
    fs::read_to_string(root().join("docs/edge.md")).expect("the guide")
}

/// Returns the text of the code blocks of `language`.
fn blocks(guide: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let blocks = guide.split(&begin).skip(1);
    blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_guide_names_only_flags_that_there_are() {
    let guide = guide();
    let mut known = BTreeSet::new();
    for command in ["edge", "purge", "prefill", "sign"] {
        known.extend(flags(command).iter().map(|flag| flag.name().to_owned()));
    }
    known.extend(["--config", "--print-config", "--minutes"].map(str::to_owned));
    let mut named = BTreeSet::new();
    for (at, _) in guide.match_indices("--") {
        let is_flag_char = |c: char| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit();
        let end = guide[at + 2..].find(|c| !is_flag_char(c)).unwrap_or(0);
        let before = guide[..at].chars().next_back().unwrap_or(' ');
        if end != 0 && matches!(before, '`' | ' ' | '\n' | '(') {
            named.insert(guide[at..at + 2 + end].trim_end_matches('-').to_owned());
        }
    }
    let unknown: Vec<_> = named.iter().filter(|flag| !known.contains(*flag)).collect();
    assert!(20 < named.len() && unknown.is_empty(), "no such flags: {unknown:?}");
}

#[test]
fn the_configuration_in_the_guide_is_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("url.key");
    fs::write(&key, "0123456789abcdef".repeat(4)).expect("a key");
    for text in blocks(&guide(), "toml") {
        let file = folder.path().join("edge.toml");
        // The only file that is read before anything starts.
        let text = text.replace("/etc/dashpot/url.key", &key.display().to_string());
        fs::write(&file, &text).expect("a file");
        let file = file.display().to_string();
        let shown = dashpot(&["edge", "--config", &file, "--print-config"]);
        let table: toml::Table = text.parse().expect("TOML");
        let settings = table["edge"].as_table().expect("a table").len();
        assert_eq!(shown.matches("# file").count(), settings, "{shown}");
    }
}
