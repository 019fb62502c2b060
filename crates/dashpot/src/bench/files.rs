//! Files and folders that were named on the command line.

use anyhow::{Context as _, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The largest input file: a day of Mahimahi's milliseconds at 30 Mbit/s is a tenth of it.
const BYTES_MAX: u64 = 256 << 20;

/// The most files of one folder.
const FILES_MAX: usize = 100_000;

/// How deep folders are looked into.
const DEPTH_MAX: usize = 8;

/// Reads a file of bounded size.
pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let size = fs::metadata(path).with_context(|| format!("cannot read `{shown}`"))?.len();
    if BYTES_MAX < size {
        bail!("`{shown}` has {size} bytes; at most {BYTES_MAX} are read");
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read `{shown}`"))?;
    String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("`{shown}` is not text (UTF-8)"))
}

/// Returns the files in `folder` and the folders in it, by name; hidden ones are left out.
pub(super) fn all(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    walk(folder, 0, &mut files)?;
    files.sort();
    Ok(files)
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let shown = folder.display();
    if DEPTH_MAX < depth {
        bail!("`{shown}` is more than {DEPTH_MAX} folders deep");
    }
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list `{shown}`"))?;
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list `{shown}`"))?.path();
        let hidden = path.file_name().is_none_or(|it| it.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(&path, depth + 1, files)?;
        } else {
            files.push(path);
        }
        if FILES_MAX < files.len() {
            bail!("`{shown}` has more than {FILES_MAX} files");
        }
    }
    Ok(())
}

/// Returns what results call `path`: its way below `root` without its ending, and nothing that a
/// line of CSV or a terminal would stumble over.
pub(super) fn name(path: &Path, root: Option<&Path>) -> String {
    let below = root.and_then(|root| path.strip_prefix(root).ok());
    let shown = below.map_or_else(
        || path.file_stem().unwrap_or_default().to_string_lossy(),
        |below| {
            let stem = below.with_extension("");
            stem.to_string_lossy().into_owned().into()
        },
    );
    let sound = |c: char| if c.is_control() || matches!(c, '"' | ',') { '_' } else { c };
    shown.chars().map(sound).collect()
}

/// Makes names that occur more than once unlike each other, by numbers behind them.
pub(super) fn unlike<'a>(names: impl Iterator<Item = &'a mut String>) {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for name in names {
        let times = seen.entry(name.clone()).or_default();
        *times += 1;
        if 1 < *times {
            *name = format!("{name}~{times}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_safe() {
        let check = |path: &str, root: Option<&str>, expected: &str| {
            assert_eq!(name(Path::new(path), root.map(Path::new)), expected, "{path}");
        };
        check("a/b/c.csv", None, "c");
        check("a/b/c.csv", Some("a"), "b/c");
        check("a/report.1.json", Some("a"), "report.1");
        check("a/x,\"y\n.csv", Some("a"), "x__y_");
        let mut names = ["a", "b", "a", "a"].map(str::to_owned);
        unlike(names.iter_mut());
        assert_eq!(names, ["a", "b", "a~2", "a~3"]);
    }
}
