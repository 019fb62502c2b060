//! What is refused, with what words, and that nothing is left behind.

use super::*;
use crate::Ladder;

fn encode() -> Mode {
    Mode::Encode { ladder: Ladder::default(), codec: Codec::H264, ssim: false }
}

/// Runs the work, which must fail with a message that has `expected` in it and leave `left`.
fn check(lab: &Lab, config: Config, expected: &str, left: &[&str]) {
    let error = run(config).unwrap_err();
    let mut message = error.to_string();
    if let Some(source) = std::error::Error::source(&error) {
        message.push_str(&format!(": {source}"));
    }
    assert!(message.contains(expected), "{message}");
    assert_eq!(lab.left(), left);
}

#[test]
fn unaligned_files_are_refused_with_the_first_time() {
    let Some(lab) = Lab::new() else { return };
    let files = [lab.draw("a.mp4", 50, &["-an"]), lab.draw("b.mp4", 75, &["-an"])];
    let message = "a.mp4 starts a fragment at 2.000 s";
    check(&lab, lab.config(&files, Mode::Copy), message, &[]);
}

#[test]
fn inputs_that_are_no_films_are_refused() {
    let Some(lab) = Lab::new() else { return };
    let garbage = lab.path("garbage.mp4");
    fs::write(&garbage, "this is no film at all, whatever its name").unwrap();
    let garbage = [garbage];
    check(&lab, lab.config(&garbage, Mode::Copy), "is not a usable MP4 file", &[]);
    check(&lab, lab.config(&garbage, encode()), "ffprobe failed on", &[]);
    let absent = [lab.path("absent.mp4")];
    check(&lab, lab.config(&absent, Mode::Copy), "cannot read", &[]);
    check(&lab, lab.config(&absent, encode()), "cannot read", &[]);
    let text = lab.path("s-en.vtt");
    fs::write(&text, "WEBVTT\n").unwrap();
    let text = [text];
    check(&lab, lab.config(&text, encode()), "no video or audio stream in", &[]);
    check(&lab, lab.config(&text, Mode::Copy), "no video or audio stream in", &[]);
    let film = lab.draw("film.mp4", 50, &[]);
    let cut = lab.path("cut.mp4");
    let bytes = fs::read(&film).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    check(&lab, lab.config(&[cut], Mode::Copy), "is not a usable MP4 file", &[]);
}

#[test]
fn missing_programs_are_named() {
    let Some(lab) = Lab::new() else { return };
    let film = [lab.draw("film.mp4", 50, &[])];
    let no_ffmpeg = Config { ffmpeg: "no-such-ffmpeg".into(), ..lab.config(&film, encode()) };
    check(&lab, no_ffmpeg, "ffmpeg is not installed or not in PATH", &[]);
    let no_ffprobe = Config { ffprobe: "no-such-ffprobe".into(), ..lab.config(&film, encode()) };
    check(&lab, no_ffprobe, "ffprobe is not installed or not in PATH", &[]);
}

#[test]
fn an_asset_that_is_there_is_kept_unless_replaced() {
    let Some(lab) = Lab::new() else { return };
    let film = [lab.draw("film.mp4", 50, &[])];
    let config = || lab.config(&film, Mode::Copy);
    run(config()).unwrap();
    check(&lab, config(), "film exists already", &["film"]);
    let broken = [lab.path("absent.mp4")];
    let replace =
        |files: &[PathBuf]| Config { existing: Existing::Replace, ..lab.config(files, Mode::Copy) };
    check(&lab, replace(&broken), "cannot read", &["film"]);
    run(replace(&film)).unwrap();
    assert_eq!(starts(&lab.out().join("film"), "v1.mp4"), [0, 2000]);
    let named = Config { name: "../film".to_owned(), ..config() };
    check(&lab, named, "cannot name an asset", &["film"]);
}

#[test]
fn dropping_the_work_leaves_nothing() {
    let Some(lab) = Lab::new() else { return };
    let film = [lab.draw("film.mp4", 50, &[])];
    let config = lab.config(&film, encode());
    let runtime = runtime();
    let (told, tell) = tokio::sync::oneshot::channel();
    let told = Mutex::new(Some(told));
    runtime.block_on(async {
        // The first report comes while the encoder runs.
        let work = ingest(config, move |_| {
            if let Some(told) = told.lock().unwrap().take() {
                told.send(()).unwrap();
            }
        });
        tokio::select! {
            biased;
            _ = tell => {}
            _ = work => panic!("it ended before it said how far it was"),
        }
    });
    drop(runtime);
    assert_eq!(lab.left(), [""; 0]);
}

#[test]
fn a_full_disk_is_said_and_nothing_is_left() {
    let Some(lab) = Lab::new() else { return };
    fs::create_dir(lab.out()).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
        .arg(lab.out())
        .stderr(Stdio::null())
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        println!("skipped: mounting a small file system is not allowed here");
        return;
    }
    let film = [lab.draw("film.mp4", 50, &["-b:v", "900k"])];
    let copied = run(lab.config(&film, Mode::Copy)).unwrap_err();
    let ladder = "160x90@900kbps".parse().unwrap();
    let mode = Mode::Encode { ladder, codec: Codec::H264, ssim: false };
    let encoded = run(lab.config(&film, mode)).unwrap_err();
    let left = lab.left();
    let status = Command::new("umount").arg(lab.out()).status().unwrap();
    assert!(status.success());
    assert!(matches!(copied, IngestError::DiskFull { .. }), "{copied:?}");
    assert!(matches!(encoded, IngestError::DiskFull { .. }), "{encoded:?}");
    assert_eq!(left, [""; 0]);
}
