//! What judges us and is not ours, where it is on this machine; what is absent is told.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Returns the folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

/// Says whether a program that a judge needs is there.
#[expect(clippy::print_stdout, reason = "whoever runs the tests should see what was skipped")]
pub(crate) fn has(program: &str, version: &str) -> bool {
    let there = Command::new(program).arg(version).output().is_ok_and(|out| out.status.success());
    if !there {
        println!("skipped: `{program}` is not installed");
    }
    there
}

/// Validates MPDs by the schema of ISO/IEC 23009-1; passes with a message where the schema, which
/// is ISO's and no part of the project, does not lie beside the checkout.
pub(crate) fn keep_to_the_dash_schema(files: &[PathBuf]) {
    keep_to("DASH-MPD.xsd", files);
}

/// Validates patches of MPDs likewise.
pub(crate) fn keep_to_the_patch_schema(files: &[PathBuf]) {
    keep_to("DASH-MPD-PATCH.xsd", files);
}

#[expect(clippy::print_stdout, reason = "whoever runs the tests should see what was skipped")]
fn keep_to(schema: &str, files: &[PathBuf]) {
    assert!(!files.is_empty(), "nothing to judge");
    let schema = root().join("../shared/reference/mpd-schema/6th-Ed").join(schema);
    if !schema.is_file() {
        println!("skipped: no DASH schema beside the workspace");
        return;
    }
    if !has("xmllint", "--version") {
        return;
    }
    let judged = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(schema)
        .args(files)
        .output()
        .expect("xmllint runs");
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
}
