//! Configuration from a file, below flags and environment: flag > `DASHPOT_*` > file > default.
//!
//! A file's `[edge]` table holds the long flags of `dashpot edge` by name. Its values become the
//! defaults of those flags before the command line is read, so that clap alone decides what wins.

use anyhow::{Context as _, bail};
use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Largest configuration file that is read: it is typed by hand.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Returns the file that `--config` or `DASHPOT_CONFIG` names, before anything else is parsed.
pub(crate) fn file_of(args: &[OsString]) -> Option<PathBuf> {
    let mut args = args.iter().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--" {
            break;
        }
        if arg == "--config" {
            return args.next().map(PathBuf::from);
        }
        if let Some(path) = arg.to_str().and_then(|arg| arg.strip_prefix("--config=")) {
            return Some(PathBuf::from(path));
        }
    }
    std::env::var_os("DASHPOT_CONFIG").map(PathBuf::from)
}

/// The flags whose defaults come from a file: command and long flag.
pub(crate) type FromFile = BTreeSet<(String, String)>;

/// Returns `command` with the values of the file as the defaults of its subcommands' flags, and
/// which flags these are.
///
/// # Errors
/// Where the file cannot be read, is not TOML, or names a command or flag that does not exist.
pub(crate) fn with_file(command: Command, path: &Path) -> anyhow::Result<(Command, FromFile)> {
    let place = path.display();
    let size = fs::metadata(path).with_context(|| format!("cannot read `{place}`"))?.len();
    if FILE_BYTES_MAX < size {
        bail!("`{place}` is {size} bytes; a configuration file may have {FILE_BYTES_MAX}");
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{place}`"))?;
    let table: toml::Table = text.parse().with_context(|| format!("`{place}` is not TOML"))?;
    with_table(command, &table).with_context(|| format!("in `{place}`"))
}

fn with_table(mut command: Command, table: &toml::Table) -> anyhow::Result<(Command, FromFile)> {
    let mut from_file = FromFile::new();
    for (name, section) in table {
        let Some(subcommand) = command.find_subcommand(name) else {
            let known: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
            bail!(
                "there is no command `{name}`; a flag stands below its command's name, one of {}",
                known.join(", ")
            );
        };
        let Some(section) = section.as_table() else {
            bail!(
                "`{name}` must be a table: write `[{name}]`, or `[edge]` above a flag of the edge"
            );
        };
        let flags = long_flags(subcommand);
        if let Some(unknown) = section.keys().find(|key| !flags.contains(key)) {
            bail!("`[{name}]` has no `{unknown}`; {}", instead(name, unknown, &flags));
        }
        let lists = repeatable_flags(subcommand);
        let mut defaults = BTreeMap::new();
        for (key, value) in section {
            let is_list = lists.contains(key);
            let values = plain_or_list(value, is_list).with_context(|| {
                let or_list = if is_list { ", or a list of them" } else { "" };
                format!("`{name}.{key}` must be a string, number or bool{or_list}")
            })?;
            defaults.insert(key.clone(), values);
            from_file.insert((name.clone(), key.clone()));
        }
        command = command.mut_subcommand(name, |subcommand| with_defaults(subcommand, defaults));
    }
    Ok((command, from_file))
}

/// Returns `error` with a note where the flag that it is about stands in the file.
pub(crate) fn named(mut error: clap::Error, from_file: &FromFile) -> clap::Error {
    use clap::error::{ContextKind, ContextValue};
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else { return error };
    let name = flag.split(' ').next().unwrap_or_default().trim_start_matches('-').to_owned();
    if let Some((command, _)) = from_file.iter().find(|(_, flag)| *flag == name) {
        let tip = format!("the file of --config sets `{name}` in `[{command}]`");
        let tips = ContextValue::StyledStrs(vec![tip.into()]);
        drop(error.insert(ContextKind::Suggested, tips));
    }
    error
}

/// Returns what to write in place of `unknown` in the table of the command `name`.
fn instead(name: &str, unknown: &str, flags: &[String]) -> String {
    let meant = unknown.trim_start_matches('-').replace('_', "-").to_lowercase();
    let words: BTreeSet<&str> = meant.split('-').collect();
    let shared = |flag: &str| flag.split('-').filter(|word| words.contains(word)).count();
    let likeness = |flag: &String| (*flag == meant, flag.contains(&meant), shared(flag));
    let best = flags.iter().map(likeness).max().unwrap_or_default();
    let alike: Vec<_> = flags.iter().filter(|&flag| likeness(flag) == best).collect();
    // Of what shares a word with everything, help has the better list.
    if best == <_>::default() || 6 < alike.len() {
        return format!("`dashpot {name} --help` lists its flags");
    }
    let alike: Vec<_> = alike.into_iter().map(|flag| format!("`{flag}`")).collect();
    format!("perhaps {}", alike.join(", "))
}

/// Returns the variables in the environment that look like a flag of a command and are none.
pub(crate) fn unknown_variables<'a>(
    command: &Command,
    names: impl Iterator<Item = &'a str>,
) -> Vec<&'a str> {
    let commands = || command.get_subcommands();
    let is_ours = |name: &str| {
        commands().any(|it| name.starts_with(&format!("DASHPOT_{}_", it.get_name().to_uppercase())))
    };
    let is_known = |name: &str| {
        let mut flags = commands().flat_map(Command::get_arguments);
        flags.any(|flag| flag.get_env().is_some_and(|env| env == name))
    };
    names.filter(|name| is_ours(name) && !is_known(name)).collect()
}

fn long_flags(command: &Command) -> Vec<String> {
    command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect()
}

/// Returns the long flags that may be given several times.
fn repeatable_flags(command: &Command) -> BTreeSet<String> {
    let is_repeatable = |arg: &&Arg| matches!(arg.get_action(), ArgAction::Append);
    let repeatable = command.get_arguments().filter(is_repeatable);
    repeatable.filter_map(|arg| arg.get_long().map(str::to_owned)).collect()
}

fn plain_or_list(value: &toml::Value, may_be_list: bool) -> Option<Vec<String>> {
    match value.as_array() {
        Some(values) if may_be_list => values.iter().map(plain).collect(),
        Some(_) | None => plain(value).map(|value| vec![value]),
    }
}

fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => None,
    }
}

fn with_defaults(command: Command, mut defaults: BTreeMap<String, Vec<String>>) -> Command {
    // Over all of them, because changing a single one would move it to the end of the help.
    command.mut_args(|arg| match arg.get_long().and_then(|long| defaults.remove(long)) {
        Some(values) => arg.required(false).default_values(values),
        None => arg,
    })
}

/// A flag of the chosen command, as it is in force.
pub(crate) struct InForce {
    pub(crate) name: String,
    /// In the order given; none where it is not set.
    pub(crate) values: Vec<String>,
    /// Where they come from.
    pub(crate) source: &'static str,
}

/// Returns what is in force for the chosen command.
pub(crate) fn in_force(
    command: &Command,
    matches: &ArgMatches,
    from_file: &FromFile,
) -> Vec<InForce> {
    let Some((name, matches)) = matches.subcommand() else { return Vec::new() };
    let Some(command) = command.find_subcommand(name) else { return Vec::new() };
    let is_from_file = |long: &str| from_file.contains(&(name.to_owned(), long.to_owned()));
    let flags = command.get_arguments().filter_map(|arg| {
        let long = arg.get_long()?;
        let id = arg.get_id().as_str();
        if ["help", "version", "print-config", "config"].contains(&long) {
            return None;
        }
        let source = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => "flag",
            Some(ValueSource::EnvVariable) => "environment",
            Some(ValueSource::DefaultValue) if is_from_file(long) => "file",
            Some(ValueSource::DefaultValue) => "default",
            Some(_) | None => "not set",
        };
        let values = matches.try_get_raw(id).ok().flatten().into_iter().flatten();
        let values = values.map(|value| value.to_string_lossy().into_owned()).collect();
        Some(InForce { name: long.to_owned(), values, source })
    });
    flags.collect()
}

/// Returns what is in force for the chosen command, as a configuration file with each value's
/// source beside it.
pub(crate) fn print(command: &Command, matches: &ArgMatches, from_file: &FromFile) -> String {
    let mut text = String::new();
    let Some(name) = matches.subcommand_name() else { return text };
    let mut line = |args: std::fmt::Arguments<'_>| writeln!(text, "{args}").is_ok();
    line(format_args!("[{name}]"));
    for InForce { name, values, source } in in_force(command, matches, from_file) {
        let mut values: Vec<_> = values.into_iter().map(toml::Value::String).collect();
        match (values.pop(), values.is_empty()) {
            (Some(value), true) => line(format_args!("{name} = {value}  # {source}")),
            (Some(last), false) => {
                values.push(last);
                line(format_args!("{name} = {}  # {source}", toml::Value::Array(values)))
            }
            (None, _) => line(format_args!("# {name} =  # {source}")),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        Command::new("dashpot").subcommand(
            Command::new("edge")
                .arg(Arg::new("origin").long("origin").required(true))
                .arg(Arg::new("cache_mem").long("cache-mem").default_value("512MiB"))
                .arg(Arg::new("upstream").long("upstream").action(ArgAction::Append)),
        )
    }

    fn check(file: &str, args: &[&str], expected: Result<&str, &str>) {
        let table: toml::Table = file.parse().unwrap();
        let got = with_table(command(), &table).map(|(command, from_file)| {
            let matches = command.clone().try_get_matches_from(args).unwrap();
            print(&command, &matches, &from_file)
        });
        match (got, expected) {
            (Ok(got), Ok(expected)) => assert_eq!(got.trim(), expected.trim()),
            (Err(got), Err(expected)) => assert!(got.to_string().contains(expected), "{got}"),
            (got, expected) => panic!("{got:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        check(
            "[edge]\norigin = 'http://o/'\ncache-mem = '1GiB'",
            &["dashpot", "edge", "--cache-mem", "2GiB"],
            Ok(
                "[edge]\norigin = \"http://o/\"  # file\ncache-mem = \"2GiB\"  # flag\n# upstream =  # not set",
            ),
        );
        check(
            "[edge]\norigin = 'http://o/'",
            &["dashpot", "edge"],
            Ok(
                "[edge]\norigin = \"http://o/\"  # file\ncache-mem = \"512MiB\"  # default\n# upstream =  # not set",
            ),
        );
    }

    #[test]
    fn a_flag_that_may_be_repeated_is_a_list_in_the_file() {
        let common = "[edge]\norigin = \"http://o/\"  # file\ncache-mem = \"512MiB\"  # default\n";
        check(
            "[edge]\norigin = 'http://o/'\nupstream = ['http://a/', 'http://b/']",
            &["dashpot", "edge"],
            Ok(&format!("{common}upstream = [\"http://a/\", \"http://b/\"]  # file")),
        );
        check(
            "[edge]\norigin = 'http://o/'\nupstream = ['http://a/', 'http://b/']",
            &["dashpot", "edge", "--upstream", "http://c/"],
            Ok(&format!("{common}upstream = \"http://c/\"  # flag")),
        );
    }

    #[test]
    fn a_mistyped_variable_is_noticed() {
        let names = ["DASHPOT_EDGE_CACHE_MEM", "DASHPOT_EDGE_CACHE_MEMM", "DASHPOT_BIN", "HOME"];
        let command = Command::new("dashpot").subcommand(
            Command::new("edge")
                .arg(Arg::new("cache_mem").long("cache-mem").env("DASHPOT_EDGE_CACHE_MEM")),
        );
        assert_eq!(unknown_variables(&command, names.into_iter()), ["DASHPOT_EDGE_CACHE_MEMM"]);
    }

    #[test]
    fn what_the_file_may_not_say_is_named() {
        let edge = ["dashpot", "edge"];
        check("[egde]\n", &edge, Err("there is no command `egde`"));
        check("[edge]\ncahe-mem = '1GiB'", &edge, Err("has no `cahe-mem`"));
        check("edge = 3", &edge, Err("must be a table"));
        check("[edge]\norigin = ['a']", &edge, Err("`edge.origin` must be"));
    }
}
