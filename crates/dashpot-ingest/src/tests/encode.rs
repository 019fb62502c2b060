//! What encoding and copying make.

use super::*;

fn files(report: &Report) -> Vec<&str> {
    report.tracks.iter().map(|track| track.file.as_str()).collect()
}

#[test]
fn a_film_becomes_a_ladder_with_sound_and_subtitles() {
    let Some(lab) = Lab::new() else { return };
    let film = lab.draw("film.mkv", 250, &[]);
    let text = lab.path("film.en.vtt");
    fs::write(&text, "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n").unwrap();
    let ladder = "64x36@50kbps,128x72@100kbps,1280x720@1Mbps".parse().unwrap();
    let mode = Mode::Encode { ladder, codec: Codec::H264, ssim: false };
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let work = ingest(lab.config(&[film, text], mode), move |progress| {
        kept.lock().unwrap().push((progress.stage, progress.done_ratio));
    });
    let report = runtime().block_on(work).unwrap();
    // The rung above the source's 160x90 gives way to one of that size.
    assert_eq!(files(&report), ["v1.mp4", "v2.mp4", "v3.mp4", "a-ko.mp4", "s-en.vtt"]);
    assert_eq!(report.path, lab.out().join("film"));
    assert_eq!(report.notes, [""; 0]);
    // Matroska delays the pictures by the encoder delay of the sound: one frame more at most.
    assert!((report.duration_seconds - 4.0).abs() < 0.05, "{}", report.duration_seconds);
    for video in ["v1.mp4", "v2.mp4", "v3.mp4"] {
        assert_eq!(starts(&report.path, video), [0, 2000]);
    }
    let sound = &report.tracks[3];
    assert_eq!(
        (sound.codec.as_str(), sound.language.as_deref(), sound.fragments),
        ("mp4a.40.2", Some("ko"), 2)
    );
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(report.path.join("asset.json")).unwrap()).unwrap();
    assert_eq!((&json["title"], &json["tracks"]["a-ko"]["label"]), (&"film".into(), &"ko".into()));
    assert_eq!(lab.left(), ["film"]);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.last(), Some(&(Stage::Pack, 1.0)));
    assert!(seen.iter().any(|(stage, _)| *stage == Stage::Encode));
    assert!(seen.iter().all(|(_, ratio)| (0.0..=1.0).contains(ratio)));
}

#[test]
fn thumbnails_are_drawn_of_what_was_packed() {
    let Some(lab) = Lab::new() else { return };
    let film = lab.draw("film.mp4", 50, &["-an"]);
    let config = Config {
        thumbnails: Some("1x2".parse().unwrap()),
        // A name that is a pattern to ffmpeg.
        out: lab.path("50%d"),
        ..lab.config(&[film], Mode::Copy)
    };
    let report = run(config).unwrap();
    let thumbnails = report.thumbnails.unwrap();
    assert_eq!((thumbnails.sheets, thumbnails.width, thumbnails.height), (1, 160, 180));
    let sheet = fs::read(report.path.join("thumbs-1.jpg")).unwrap();
    assert!(sheet.starts_with(&[0xFF, 0xD8]), "a JPEG file");
    // ISO/IEC 10918-1 §B.2.2: the frame header has height and width behind its length and depth.
    let frame = sheet.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
    assert_eq!(sheet[frame + 5..frame + 9], [0, 180, 0, 160]);
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(report.path.join("asset.json")).unwrap()).unwrap();
    assert_eq!(json["thumbnails"]["rows"], 2);
    assert!(!report.path.join("thumbs-2.jpg").exists());
}

#[test]
fn every_codec_that_ffmpeg_has_becomes_an_asset() {
    let Some(lab) = Lab::new() else { return };
    let film = lab.draw("film.mp4", 50, &["-an", "-t", "2"]);
    for (codec, string, name) in [
        (Codec::Hevc, "hvc1.1.6.L30", "hevc"),
        (Codec::Av1, "av01.0.00M.08", "av1"),
        (Codec::Vp9, "vp09.00.10.08", "vp9"),
    ] {
        // SVT-AV1 takes no fewer than 64 lines.
        let mode = Mode::Encode { ladder: "128x72@50kbps".parse().unwrap(), codec, ssim: false };
        let config =
            Config { name: name.to_owned(), ..lab.config(std::slice::from_ref(&film), mode) };
        let report = match run(config) {
            Err(IngestError::NoEncoder { .. }) => {
                println!("skipped: this ffmpeg has no encoder for {name}");
                continue;
            }
            made => made.unwrap(),
        };
        let track = &report.tracks[0];
        assert!(track.codec.starts_with(string), "{}", track.codec);
        // What was encoded can be taken over as it is, and others know what it is.
        let file = report.path.join(&track.file);
        let config = Config { name: format!("{name}-2"), ..lab.config(&[file], Mode::Copy) };
        let copied = run(config).unwrap();
        assert_eq!(copied.tracks[0].codec, track.codec);
        let said = Command::new("ffprobe")
            .args(["-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0"])
            .arg(copied.path.join(&copied.tracks[0].file))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(said.stdout).unwrap().trim(), name);
    }
}

#[test]
fn sound_of_any_codec_is_taken_over_with_its_channels() {
    let Some(lab) = Lab::new() else { return };
    for (encoder, layout, codec, channels) in [
        ("aac", "5.1", "mp4a.40.2", 6),
        ("aac", "mono", "mp4a.40.2", 1),
        ("libopus", "stereo", "Opus", 2),
        ("libopus", "5.1", "Opus", 6),
        ("ac3", "5.1", "ac-3", 6),
        ("eac3", "5.1", "ec-3", 6),
    ] {
        let file = lab.path(&format!("{encoder}-{layout}.mp4"));
        let silence = format!("anullsrc=channel_layout={layout}:sample_rate=48000:duration=2");
        let drawn = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &silence])
            .args(["-c:a", encoder])
            .arg(&file)
            .status()
            .unwrap();
        if !drawn.success() {
            println!("skipped: this ffmpeg cannot encode {encoder}");
            continue;
        }
        let name = format!("{encoder}-{layout}");
        let report = run(Config { name, ..lab.config(&[file], Mode::Copy) }).unwrap();
        assert_eq!(report.tracks[0].codec, codec, "{encoder} {layout}");
        let media = medias(&report.path.join(&report.tracks[0].file)).unwrap().remove(0);
        assert_eq!(media.track.channels, channels, "{encoder} {layout}");
    }
}

#[test]
fn sound_is_taken_over_with_its_languages_names_roles_and_channels() {
    let Some(lab) = Lab::new() else { return };
    let file = lab.path("film.mkv");
    let silence = |layout: &str| format!("anullsrc=channel_layout={layout}:sample_rate=48000:d=2");
    let picture = "testsrc2=size=64x36:rate=25:duration=2";
    let drawn = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", picture])
        .args(["-f", "lavfi", "-i", &silence("stereo"), "-f", "lavfi", "-i", &silence("5.1")])
        .args(["-map", "0", "-map", "1", "-map", "2", "-map", "1", "-c:v", "libx264"])
        .args(["-c:a", "flac", "-metadata:s:a:0", "language=eng", "-disposition:a:0", "dub"])
        .args(["-metadata:s:a:1", "language=kor", "-disposition:a:1", "default"])
        .args(["-metadata:s:a:2", "language=kor", "-metadata:s:a:2", "title=The director"])
        .args(["-disposition:a:2", "comment"])
        .arg(&file)
        .status()
        .unwrap();
    assert!(drawn.success());
    let ladder = "64x36@50kbps".parse().unwrap();
    let mode = Mode::Encode { ladder, codec: Codec::H264, ssim: false };
    let report = run(lab.config(&[file], mode)).unwrap();
    let found: Vec<_> = report.tracks[1..]
        .iter()
        .map(|track| {
            let media = medias(&report.path.join(&track.file)).unwrap().remove(0);
            (track.file.as_str(), track.label.as_str(), track.role, media.track.channels)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("a-en.mp4", "en", Some("dub"), 2),
            ("a-ko.mp4", "ko", Some("main"), 2),
            ("a-ko-2.mp4", "ko 5.1", None, 6),
            ("a-ko-3.mp4", "The director", Some("commentary"), 2),
        ]
    );
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(report.path.join("asset.json")).unwrap()).unwrap();
    assert_eq!(json["tracks"]["a-ko"]["role"], "main");
    assert_eq!(json["tracks"]["a-ko-2"].get("role"), None);
}

#[test]
fn segments_are_compared_with_the_film_wherever_it_is() {
    let Some(lab) = Lab::new() else { return };
    // Letters that mean something to ffmpeg's filters.
    fs::create_dir(lab.path("it's [a:b],c;d")).unwrap();
    let film = lab.draw("it's [a:b],c;d/film.mp4", 250, &["-an"]);
    let ladder = "64x36@30kbps,160x90@900kbps".parse().unwrap();
    let mode = Mode::Encode { ladder, codec: Codec::H264, ssim: true };
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let config = Config { out: lab.path("it's [a:b],c;d"), ..lab.config(&[film], mode) };
    let work = ingest(config, move |progress| kept.lock().unwrap().push(progress.stage));
    let report = runtime().block_on(work).unwrap();
    assert_eq!(files(&report), ["v1.mp4", "v2.mp4"]);
    let text = fs::read_to_string(report.path.join(Ssim::FILE)).unwrap();
    let ssim = Ssim::parse(&text).unwrap();
    assert_eq!(ssim.size, (160, 90));
    let [low, high] = ["v1", "v2"].map(|track| &ssim.tracks[track]);
    assert_eq!((low.len(), high.len()), (2, 2));
    for (low, high) in low.iter().zip(high) {
        // The same frames are compared: any other one of a moving picture is less like them.
        assert!(low < high && 0.97 < *high && 0.3 < *low, "{low} {high}");
    }
    let [low, high] = [0, 1].map(|track: usize| report.tracks[track].ssim_db.unwrap());
    assert!(low < high, "{low} {high}");
    assert!(seen.lock().unwrap().contains(&Stage::Compare));
}

fn check_copy(name: &str, flags: &[&str]) {
    let Some(lab) = Lab::new() else { return };
    let film = lab.draw(name, 25, flags);
    let report = run(lab.config(&[film], Mode::Copy)).unwrap();
    assert_eq!(files(&report), ["v1.mp4", "a-ko.mp4"]);
    // Key frames come each second, fragments each second one.
    assert_eq!(starts(&report.path, "v1.mp4"), [0, 2000]);
    assert_eq!(report.tracks[0].fragments, 2);
    assert_eq!(report.tracks[1].fragments, 2);
    let video = medias(&report.path.join("v1.mp4")).unwrap().remove(0);
    assert_eq!(video.samples.len(), 100);
    // ISO/IEC 14496-12 §8.6.6: what an edit list skipped, encoder delay, is not in the asset.
    let sound = medias(&report.path.join("a-ko.mp4")).unwrap().remove(0);
    let frames = sound.samples.len();
    assert!((187..=188).contains(&frames), "{frames} frames of 1024 samples in 4 s");
}

#[test]
fn a_progressive_file_is_copied() {
    check_copy("progressive.mp4", &[]);
}

#[test]
fn a_fragmented_file_is_copied() {
    check_copy("fragmented.mp4", &["-movflags", "+frag_keyframe+empty_moov+delay_moov"]);
}

#[test]
fn several_files_become_one_ladder_by_rising_rate() {
    let Some(lab) = Lab::new() else { return };
    let high = lab.draw("high.mp4", 50, &["-b:v", "900k", "-an"]);
    let low = lab.draw("low.mp4", 50, &["-b:v", "60k", "-an"]);
    let report = run(lab.config(&[high, low], Mode::Copy)).unwrap();
    assert_eq!(files(&report), ["v1.mp4", "v2.mp4"]);
    assert!(report.tracks[0].rate_bps < report.tracks[1].rate_bps);
}
