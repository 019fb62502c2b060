//! Rules as they are typed: those that are compiled in, and programs outside.

use anyhow::{Context as _, bail};
use dashpot_abr::Rule;
use dashpot_policy::{Exec, Limits};
use std::path::Path;

/// What a rule begins with behind which a program decides.
const EXEC: &str = "exec:";

/// What a rule begins with behind which a network in a file decides.
const ONNX: &str = "onnx:";

/// The program that plays networks; it is built by itself, since what it needs is as much as all of
/// the rest.
const PLAYER: &str = "dashpot-onnx";

/// Says whether there is such a rule; a program is not started for that.
///
/// # Errors
/// Where there is none.
pub(crate) fn check(spec: &str) -> anyhow::Result<()> {
    if let Some(file) = spec.strip_prefix(ONNX) {
        return network(file).map(drop);
    }
    match spec.strip_prefix(EXEC) {
        Some(command) if command.trim().is_empty() => Err(dashpot_policy::PolicyError::NoCommand)?,
        Some(_) => Ok(()),
        None => Ok(dashpot_abr::parse(spec).map(drop)?),
    }
}

/// Says whether a program outside decides, of which nobody here knows when it changes.
pub(crate) fn is_outside(spec: &str) -> bool {
    spec.starts_with(EXEC) || spec.starts_with(ONNX)
}

/// Makes a rule; a program is started, for this rule alone.
///
/// # Errors
/// Where there is no such rule, or its program cannot be started or does not answer.
pub(crate) fn make(spec: &str) -> anyhow::Result<Box<dyn Rule>> {
    if let Some(file) = spec.strip_prefix(ONNX) {
        let started = Exec::start(&network(file)?, Limits::default());
        let hint =
            || format!("is `{PLAYER}` beside this program or in PATH? `make onnx` builds it");
        return Ok(Box::new(started.with_context(hint)?));
    }
    match spec.strip_prefix(EXEC) {
        Some(command) => Ok(Box::new(Exec::start(command, Limits::default())?)),
        None => Ok(dashpot_abr::parse(spec)?),
    }
}

/// Returns the command that plays the network in `file`.
fn network(file: &str) -> anyhow::Result<String> {
    if file.is_empty() {
        bail!("`{ONNX}` wants a file, such as `{ONNX}policy.onnx`");
    }
    if !Path::new(file).is_file() {
        bail!("there is no file `{file}`");
    }
    let beside = std::env::current_exe().ok().map(|exe| exe.with_file_name(PLAYER));
    let beside = beside.filter(|player| player.is_file());
    let player = beside.as_ref().and_then(|it| it.to_str()).map_or(PLAYER.to_owned(), quoted);
    // A name that begins with a dash is no option behind `./`.
    let here = if file.starts_with('-') { "./" } else { "" };
    Ok(format!("exec {player} {}", quoted(&format!("{here}{file}"))))
}

/// Returns the text as one word of the shell's.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Takes a rule as it is typed, once it is known that there is such a rule.
///
/// # Errors
/// Where there is none.
pub(crate) fn spec(text: &str) -> Result<String, String> {
    check(text).map(|()| text.to_owned()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_played_by_the_program_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("it's a network.onnx");
        std::fs::write(&file, "").unwrap();
        let command = network(file.to_str().unwrap()).unwrap();
        assert!(command.ends_with(r"/it'\''s a network.onnx'"), "{command}");
        assert!(command.starts_with("exec ") && command.contains(PLAYER), "{command}");
        let check = |spec: &str, expected: &str| {
            let told = check(spec).unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        };
        check("onnx:", "wants a file");
        check("onnx:absent.onnx", "there is no file `absent.onnx`");
    }
}
