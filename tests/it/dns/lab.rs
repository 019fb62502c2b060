//! A tree of name servers in a network of its own, where port 53 is free, before unbound, dig, drill
//! and zonemaster.

use crate::judges::has;
use std::{fs, process::Command};

/// What zonemaster cannot know: that the addresses of a laboratory are those of one machine.
const OF_THE_LABORATORY: &str = "ADDRESS01";

/// Returns what each step told, by its name; none where there can be no such network here.
#[expect(clippy::print_stdout, reason = "whoever runs the tests should see what was skipped")]
fn told() -> Option<Vec<(String, String)>> {
    if !has("unbound", "-V") || !has("dig", "-v") {
        return None;
    }
    let isolated = ["-rnm", "ip", "link", "set", "lo", "up"];
    let may = Command::new("unshare").args(isolated).output().is_ok_and(|out| out.status.success());
    if !may {
        println!("skipped: no network of its own can be made here");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("lab.sh");
    fs::write(&script, include_str!("lab.sh")).expect("a script");
    let output = Command::new("unshare")
        .args(["-rnm", "bash"])
        .arg(&script)
        .arg(env!("CARGO_BIN_EXE_dashpot"))
        .arg(folder.path())
        .output()
        .expect("unshare runs");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let steps = stdout.split("\n== ").flat_map(|step| step.strip_prefix("== ").or(Some(step)));
    let steps = steps.filter_map(|step| step.split_once('\n'));
    Some(steps.map(|(name, text)| (name.to_owned(), text.to_owned())).collect())
}

#[test]
fn others_resolve_validate_and_judge_a_tree_of_zones() {
    let Some(steps) = told() else { return };
    assert_eq!(steps.last().map(|(name, _)| name.as_str()), Some("end"), "{steps:?}");
    for (name, text) in &steps {
        match name.split(' ').next() {
            // RFC 4035 §3.2.3: AD says that all of it was validated, from the root's key on.
            Some("unbound") => assert!(text.contains("flags: qr rd ra ad;"), "{name}: {text}"),
            Some("trace") => {
                assert!(text.contains("video.ott.test.\t\t20\tIN\tA\t127.60.1.1"), "{text}");
            }
            Some("drill") => assert!(text.contains("Chase successful"), "{text}"),
            Some("zonemaster") => judged(name, text),
            _ => (),
        }
    }
}

fn judged(name: &str, text: &str) {
    assert!(text.contains("ZONE10"), "{name} did not come to its end: {text}");
    let wrong: Vec<_> = text
        .lines()
        .filter(|line| line.contains(" ERROR ") || line.contains(" CRITICAL "))
        .filter(|line| !line.contains(OF_THE_LABORATORY))
        .collect();
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
}
