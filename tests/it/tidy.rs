//! Rules of the house that a machine can hold: sizes, forbidden words, links and forgotten files.

use crate::judges::root;
use std::{collections::BTreeSet, fs, process::Command};

/// The longest file of code that the house allows; a file aims at 120 lines and splits before this.
const LINES_MAX: usize = 500;
/// The largest file that may be committed outside `media/`.
const BYTES_MAX: u64 = 512 * 1024;
/// What all of `media/` may weigh: a clone should stay a matter of seconds.
const MEDIA_BYTES_MAX: u64 = 12 * 1024 * 1024;
/// The longest architecture document that is still read.
const ARCHITECTURE_LINES_MAX: usize = 250;

/// Files that git tracks or would track.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("names are UTF-8");
    let mut files: Vec<_> = text.lines().map(str::to_owned).collect();
    files.retain(|file| root().join(file).is_file());
    files.sort();
    files.dedup();
    files
}

fn is_code(file: &str) -> bool {
    [".rs", ".ts", ".mjs", ".js", ".css", ".html", ".sh"].iter().any(|end| file.ends_with(end))
}

#[test]
fn no_file_of_code_is_longer_than_a_reader_can_hold() {
    let long: Vec<_> = files()
        .into_iter()
        .filter(|file| is_code(file))
        .filter_map(|file| {
            let lines = fs::read_to_string(root().join(&file)).ok()?.lines().count();
            (LINES_MAX < lines).then(|| format!("{file}: {lines} lines"))
        })
        .collect();
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

#[test]
fn nothing_large_is_committed_but_the_film() {
    let mut media = 0;
    let mut large = Vec::new();
    for file in files() {
        let size = fs::metadata(root().join(&file)).expect("a file").len();
        if file.starts_with("media/") {
            media += size;
        } else if BYTES_MAX < size {
            large.push(format!("{file}: {size} bytes"));
        }
    }
    assert!(large.is_empty(), "too large:\n{}", large.join("\n"));
    assert!(media <= MEDIA_BYTES_MAX, "media/ holds {media} bytes");
}

#[test]
fn no_marker_of_unfinished_work_and_no_host_of_a_registry_is_left() {
    // Spelled in halves, so that this file does not find itself.
    let words: Vec<String> = [
        ("FIX", "ME"),
        ("TO", "DO:"),
        ("XX", "X:"),
        ("registry.npm", "js.org"),
        ("static.crates", ".io"),
        ("index.crates", ".io"),
        ("pypi", ".org"),
    ]
    .iter()
    .map(|(a, b)| format!("{a}{b}"))
    .collect();
    let mut found = Vec::new();
    for file in files() {
        let Ok(text) = fs::read_to_string(root().join(&file)) else { continue };
        for (number, line) in text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                found.push(format!("{file}:{}: {word}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "left behind:\n{}", found.join("\n"));
}

#[test]
fn relative_links_in_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for file in files().into_iter().filter(|file| file.ends_with(".md")) {
        let path = root().join(&file);
        let text = fs::read_to_string(&path).expect("readable");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            if !path.parent().expect("in a folder").join(target).exists() {
                dead.push(format!("{file}: {target}"));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

#[test]
fn architecture_is_short_and_names_every_crate() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("readable");
    let lines = text.lines().count();
    assert!(lines <= ARCHITECTURE_LINES_MAX, "ARCHITECTURE.md has {lines} lines");
    let crates = fs::read_dir(root().join("crates")).expect("a folder");
    let missing: Vec<_> = crates
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| {
            !text.contains(&format!("`{name}`"))
                && !text.contains(&format!("`{}`", name.trim_start_matches("dashpot-")))
        })
        .collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md does not name {missing:?}");
}

#[test]
fn no_module_of_the_integration_tests_is_forgotten() {
    let main = fs::read_to_string(root().join("tests/it/main.rs")).expect("readable");
    let named: BTreeSet<_> = main
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect();
    let present: BTreeSet<_> = fs::read_dir(root().join("tests/it"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .filter(|name| name != "main")
        .collect();
    assert_eq!(named, present, "tests/it/main.rs and the files beside it differ");
}

/// `foo.rs` + `foo/`, crate docs and re-exports in `lib.rs`, and nothing else there.
#[test]
fn lib_files_hold_only_docs_modules_and_exports() {
    let mut bad = Vec::new();
    for file in files().into_iter().filter(|file| file.ends_with("/src/lib.rs")) {
        let text = fs::read_to_string(root().join(&file)).expect("readable");
        for (number, line) in text.lines().enumerate() {
            let declares = ["fn ", "struct ", "enum ", "impl ", "trait ", "const ", "static "]
                .iter()
                .any(|word| line.trim_start_matches("pub ").starts_with(word));
            if declares {
                bad.push(format!("{file}:{}: {line}", number + 1));
            }
        }
    }
    assert!(bad.is_empty(), "move these out of lib.rs:\n{}", bad.join("\n"));
}
