//! The origin against judges that are not ours: the DASH schema and `FFmpeg`.

use crate::judges::{has, keep_to_the_dash_schema, keep_to_the_patch_schema, root};
use dashpot_origin::{Config, SteeringConfig, bind};
use dashpot_packager::{
    grammar::{Service, markdown},
    livesim2_manifests, livesim2_markdown,
};
use dashpot_serve::Shutdown;
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    thread::JoinHandle,
};

/// An origin of the film on a thread of its own; dropped, it ends.
pub(crate) struct Origin {
    pub(crate) addr: SocketAddr,
    shutdown: Shutdown,
    thread: Option<JoinHandle<()>>,
}

impl Origin {
    pub(crate) fn start() -> Self {
        Self::of(root().join("media"))
    }

    /// Serves the assets of a folder.
    fn of(media: PathBuf) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let pathways = ["a=http://a.test", "b=https://b.test/b"];
        let pathways = pathways.map(|text| text.parse().expect("a pathway")).to_vec();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let config = Config {
            steering: SteeringConfig { pathways, ..SteeringConfig::default() },
            ..Config::new(media, any)
        };
        let server = runtime.block_on(bind(config)).expect("the film in media/film");
        let (addr, shutdown) = (server.addr(), Shutdown::new());
        let until = shutdown.clone();
        let thread = std::thread::spawn(move || {
            runtime.block_on(server.run(until)).expect("a drained server");
        });
        Self { addr, shutdown, thread: Some(thread) }
    }

    /// Fetches a path that there is.
    pub(crate) fn get(&self, path: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.addr).expect("a connection");
        let head = format!("GET {path} HTTP/1.1\r\nHost: origin.test\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("a request sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("a response");
        assert!(bytes.starts_with(b"HTTP/1.1 200"), "{path}: {}", String::from_utf8_lossy(&bytes));
        let split = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        bytes.split_off(split + 4)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.shutdown.begin();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server's thread");
        }
    }
}

#[test]
fn every_form_in_every_shape_keeps_to_the_dash_schema() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    let mut files = Vec::new();
    for form in ["number", "time", "base", "list"] {
        for options in [
            "",
            "loop_1/",
            "loop_3/",
            "seg_4s/",
            "loop_3/seg_4s/",
            "loop_5/seg_10s/",
            "events_5s/",
            "steer_on/",
            "bases_a@1-70,b/",
        ] {
            let text = origin.get(&format!("/vod/film/{options}{form}.mpd"));
            let file = folder.path().join(format!("{form}-{}.mpd", options.replace('/', "-")));
            fs::write(&file, text).expect("a file");
            files.push(file);
        }
    }
    for form in ["number", "time"] {
        let path =
            format!("/vod/film/loop_3/text_sidecar-wvtt-stpp/clocksubs_en,ko/trick_8/{form}.mpd");
        let file = folder.path().join(format!("{form}-text.mpd"));
        fs::write(&file, origin.get(&path)).expect("a file");
        files.push(file);
    }
    keep_to_the_dash_schema(&files);
}

#[test]
fn segments_of_text_are_what_others_take_them_for() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    for (track, tag, count) in [("wvtt-s-en", "wvtt", None), ("stpp-s-ko", "stpp", Some(12))] {
        let file = joined(&origin, folder.path(), &format!("/vod/film/text_wvtt-stpp/{track}"), 12);
        if has("ffprobe", "-version") {
            let probe = Command::new("ffprobe")
                .args(["-v", "error", "-show_entries", "stream=codec_tag_string", "-of", "csv=p=0"])
                .arg(&file)
                .output()
                .expect("ffprobe runs");
            assert_eq!(String::from_utf8_lossy(&probe.stdout).trim(), tag);
            let packets = packets(&file);
            assert!(count.is_none_or(|count| count == packets.len()), "{}", packets.len());
            assert!(packets.windows(2).all(|pair| pair[0].0 < pair[1].0), "{track}");
        }
    }
    let segment = origin.get("/live/film/text_stpp/stpp-s-ko/895000001.m4s?nowMS=1790000003000");
    let begin = segment.windows(5).position(|five| five == b"<?xml").expect("a document");
    let file = folder.path().join("document.ttml");
    fs::write(&file, &segment[begin..]).expect("a file");
    if has("xmllint", "--version") {
        let judged = Command::new("xmllint").args(["--nonet", "--noout"]).arg(&file).output();
        let judged = judged.expect("xmllint runs");
        assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    }
}

#[test]
fn mpds_with_thumbnails_keep_to_the_dash_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let asset = folder.path().join("media/film");
    fs::create_dir_all(&asset).expect("a folder");
    fs::copy(root().join("media/film/v1.mp4"), asset.join("v1.mp4")).expect("a copy");
    let thumbnails = r#"{"columns": 10, "rows": 5, "width": 1600, "height": 450, "sheets": 1}"#;
    fs::write(asset.join("asset.json"), format!("{{\"thumbnails\": {thumbnails}}}"))
        .expect("a file");
    fs::write(asset.join("thumbs-1.jpg"), "not looked at").expect("a file");
    let origin = Origin::of(folder.path().join("media"));
    let mut files = Vec::new();
    for path in
        ["vod/film/number", "vod/film/list", "vod/film/base", "live/film/number", "live/film/time"]
    {
        let text = origin.get(&format!("/{path}.mpd"));
        assert_eq!(
            String::from_utf8_lossy(&text).contains("thumbnail_tile\" value=\"10x5\""),
            !path.ends_with("base"),
            "{path}"
        );
        let file = folder.path().join(format!("{}.mpd", files.len()));
        fs::write(&file, text).expect("a file");
        files.push(file);
    }
    assert_eq!(origin.get("/vod/film/loop_2/thumbs/2.jpg"), b"not looked at");
    keep_to_the_dash_schema(&files);
}

#[test]
fn every_picture_for_fast_play_is_a_key_frame() {
    if !has("ffmpeg", "-version") || !has("ffprobe", "-version") {
        return;
    }
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    let file = joined(&origin, folder.path(), "/vod/film/trick_8/trick-v1", 12);
    decode(&file);
    let flags = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "packet=flags", "-of", "csv=p=0"])
        .arg(&file)
        .output()
        .expect("ffprobe runs");
    let flags = String::from_utf8(flags.stdout).expect("text");
    assert_eq!(flags.lines().filter(|line| line.starts_with('K')).count(), 12, "{flags}");
    assert_eq!(flags.lines().filter(|line| !line.is_empty()).count(), 12, "{flags}");
}

#[test]
fn the_options_in_the_docs_are_those_of_the_table() {
    let path = root().join("docs/origin.md");
    let text = fs::read_to_string(&path).expect("docs/origin.md");
    let mut written = text.clone();
    for (name, service) in [("live", Service::Live), ("vod", Service::Vod)] {
        let mark = format!("<!-- options: {name} -->\n");
        let begin = written.find(&mark).expect("a mark") + mark.len();
        let end = begin + written[begin..].find("<!-- end -->").expect("an end");
        written.replace_range(begin..end, &markdown(service));
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, written).expect("docs/origin.md");
    } else {
        assert_eq!(text, written, "run with UPDATE_EXPECT=1");
    }
}

#[test]
fn the_keys_of_livesim2_in_the_docs_are_those_of_the_table() {
    let path = root().join("docs/livesim2.md");
    let text = fs::read_to_string(&path).expect("docs/livesim2.md");
    let mut written = text.clone();
    for (name, table) in [
        ("keys: supported", livesim2_markdown(true)),
        ("keys: others", livesim2_markdown(false)),
        ("manifests", livesim2_manifests()),
    ] {
        let mark = format!("<!-- {name} -->\n");
        let begin = written.find(&mark).expect("a mark") + mark.len();
        let end = begin + written[begin..].find("<!-- end -->").expect("an end");
        written.replace_range(begin..end, &table);
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, written).expect("docs/livesim2.md");
    } else {
        assert_eq!(text, written, "run with UPDATE_EXPECT=1");
    }
}

#[test]
fn mpds_in_livesim2s_grammar_keep_to_the_dash_schema() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    let mut files = Vec::new();
    for (at, path) in [
        "testpic_2s",
        "segtimeline_1/testpic_6s",
        "segtimelinenr_1/tsbd_120/snr_0/film",
        "chunkdur_1/ato_7/testpic4_8s",
        "utc_direct-head/mup_30/start_1800/film",
        "startrel_-20/stoprel_20/film",
    ]
    .iter()
    .enumerate()
    {
        let text = origin.get(&format!("/livesim2/{path}/Manifest.mpd?nowMS=1790000001234"));
        let file = folder.path().join(format!("{at}.mpd"));
        fs::write(&file, text).expect("a file");
        files.push(file);
    }
    keep_to_the_dash_schema(&files);
}

#[test]
fn every_live_form_at_any_time_keeps_to_the_dash_schema() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    let mut files = Vec::new();
    for form in ["number", "time", "timeline"] {
        for (at, options) in [
            (0_u64, ""),
            (1, "ast_1000/"),
            (1_790_000_001_234, ""),
            (1_790_000_001_234, "seg_4s/tsbd_3600s/mup_1.5s/spd_9s/snr_0/"),
            (1_790_000_001_234, "chunk_0.5s/ltgt_2.5s/utc_direct-httpxsdate-httphead-httpntp/"),
            (1_790_000_001_234, "chunk_0.25s/ato_1s/utc_none/start_1789999000/"),
            (1_790_000_001_234, "start_1789999000/stop_1790000002/"),
            (1_790_000_001_234, "chunk_0.5s/start_1789999000/stop_1789999999/"),
            (1_790_000_001_234, "patch_60.5s/"),
            (1_790_000_001_234, "events_5s/emsg_5s/emsgv_0/start_1789999000/"),
            (1_790_000_001_234, "period_20s/"),
            (1_790_000_001_234, "ad_film/every_20s/for_6s/patch_60s/"),
            (1_790_000_001_234, "ad_film/chunk_0.5s/period_4s/start_1789999900/stop_1790000000/"),
            (1_790_000_001_234, "period_8s/seg_4s/chunk_0.5s/patch_60s/join_connectivity/"),
            (1_790_000_001_234, "period_6s/join_none/start_1789999900/stop_1790000000/"),
            (1_790_000_001_234, "text_wvtt-stpp/clocksubs_en,sr-Latn/clockstpp_sv/trick_8/"),
            (1_790_000_001_234, "chunk_0.5s/text_wvtt/start_1789999000/stop_1790000102/"),
            (1_790_000_001_234, "scte35_3/cue_insert-signal/cueas_emsg-xml-xmlbin/"),
            (1_790_000_001_234, "steer_before/"),
            (1_790_000_001_234, "bases_b,a/patch_60s/"),
            (1_790_000_001_234, "chunk_0.5s/steer_on/patch_60s/"),
        ] {
            let text = origin.get(&format!("/live/film/{options}{form}.mpd?nowMS={at}"));
            let file = folder.path().join(format!("{form}-{at}-{}.mpd", files.len()));
            fs::write(&file, text).expect("a file");
            files.push(file);
        }
    }
    keep_to_the_dash_schema(&files);
}

#[test]
fn patches_keep_to_the_schema_of_patches() {
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    let mut files = Vec::new();
    for (at, options) in [
        (1_790_000_002_000_u64, "patch_60s/"),
        (1_790_000_051_234, "patch_60s/tsbd_300s/utc_direct/"),
        (1_790_000_051_234, "patch_60s/chunk_0.5s/start_1789999000/"),
        (1_790_000_011_234, "patch_60s/events_5s/"),
        (1_790_000_051_234, "patch_60s/tsbd_120s/scte35_3/cueas_xml-xmlbin/cue_signal/"),
    ] {
        for form in ["time", "timeline"] {
            let text = |path: &str| String::from_utf8(origin.get(path)).expect("text");
            let mpd = text(&format!("/live/film/{options}{form}.mpd?nowMS=1790000000000"));
            let (_, location) = mpd.split_once("<PatchLocation ").expect("a location");
            let (_, location) = location.split_once('>').expect("a location");
            let (location, _) = location.split_once('<').expect("a location");
            let text = text(&format!("/live/film/{options}{location}?nowMS={at}"));
            assert!(text.contains("<Patch "), "{options} {text}");
            let file = folder.path().join(format!("{form}-{}.mpp", files.len()));
            fs::write(&file, text).expect("a file");
            files.push(file);
        }
    }
    keep_to_the_patch_schema(&files);
}

/// Has a file decoded by `FFmpeg`: an error anywhere fails.
fn decode(file: &Path) {
    let decode = Command::new("ffmpeg")
        .args(["-v", "error", "-xerror", "-i"])
        .arg(file)
        .args(["-f", "null", "-"])
        .output()
        .expect("ffmpeg runs");
    let complaint = String::from_utf8_lossy(&decode.stderr);
    assert!(decode.status.success() && complaint.is_empty(), "{}: {complaint}", file.display());
}

/// Returns the packets of a file as `FFmpeg` reads it: decode time and size, in file order.
fn packets(file: &Path) -> Vec<(f64, u64)> {
    let probe = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "packet=dts_time,size", "-of", "csv=p=0"])
        .arg(file)
        .output()
        .expect("ffprobe runs");
    assert!(probe.status.success(), "{}", String::from_utf8_lossy(&probe.stderr));
    let text = String::from_utf8(probe.stdout).expect("text");
    let packet = |line: &str| {
        let mut fields = line.trim_end_matches(',').split(',');
        let time = fields.next().expect("a time").parse().expect("a time");
        (time, fields.next().expect("a size").parse().expect("a size"))
    };
    text.lines().filter(|line| !line.is_empty()).map(packet).collect()
}

/// Puts the initialization segment and `count` segments together.
fn joined(origin: &Origin, folder: &Path, base: &str, count: u64) -> PathBuf {
    let mut bytes = origin.get(&format!("{base}/init.mp4"));
    for number in 1..=count {
        bytes.extend(origin.get(&format!("{base}/{number}.m4s")));
    }
    let file = folder.join("joined.mp4");
    fs::write(&file, bytes).expect("a file");
    file
}

#[test]
fn ffmpeg_decodes_every_track_out_of_its_segments() {
    if !has("ffmpeg", "-version") || !has("ffprobe", "-version") {
        return;
    }
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    for track in ["v1", "v2", "v3", "v4", "v5", "a-en", "a-ko"] {
        let file = joined(&origin, folder.path(), &format!("/vod/film/{track}"), 12);
        decode(&file);
        let source = packets(&root().join(format!("media/film/{track}.mp4")));
        assert_eq!(packets(&file), source, "{track}");
    }
}

#[test]
fn a_looped_track_plays_on_without_a_step_back() {
    if !has("ffmpeg", "-version") || !has("ffprobe", "-version") {
        return;
    }
    let (origin, folder) = (Origin::start(), tempfile::tempdir().expect("a folder"));
    for track in ["v1", "a-en"] {
        let once = packets(&root().join(format!("media/film/{track}.mp4")));
        let base = format!("/vod/film/loop_3/seg_4s/{track}");
        let file = joined(&origin, folder.path(), &base, 18);
        decode(&file);
        let segments = packets(&file);
        let whole = folder.path().join("whole.mp4");
        fs::write(&whole, origin.get(&format!("{base}.mp4"))).expect("a file");
        decode(&whole);
        assert_eq!(packets(&whole), segments, "{track}");
        assert_eq!(segments.len(), 3 * once.len(), "{track}");
        assert!(segments.windows(2).all(|pair| pair[0].0 < pair[1].0), "{track}");
        // Each pass is the film again, 24 s later; times are printed in microseconds.
        for (at, (time, size)) in segments.iter().enumerate() {
            let pass = u32::try_from(at / once.len()).expect("few passes");
            let (first_time, first_size) = once[at % once.len()];
            assert_eq!(*size, first_size, "{track} packet {at}");
            let expected = first_time + 24.0 * f64::from(pass);
            assert!((time - expected).abs() < 0.000_01, "{track} packet {at}: {time}");
        }
    }
}
