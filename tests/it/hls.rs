//! HLS playlists against a reader that is not ours: `FFmpeg`.

use crate::{
    judges::{has, root},
    origin::Origin,
};
use std::process::Command;

/// Returns what `FFmpeg` makes of an input, by these arguments; an error anywhere fails.
fn ffmpeg(arguments: &[&str]) -> String {
    let out = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-xerror"])
        .args(arguments)
        .output()
        .expect("ffmpeg runs");
    let complaint = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && complaint.is_empty(), "{arguments:?}: {complaint}");
    String::from_utf8(out.stdout).expect("text")
}

/// Returns the hashes of all frames of an input's only track, with their times.
fn frames(input: &str) -> Vec<String> {
    let text = ffmpeg(&["-i", input, "-map", "0:0", "-f", "framemd5", "-"]);
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn ffmpeg_reads_every_frame_of_a_playlist() {
    if !has("ffmpeg", "-version") {
        return;
    }
    let origin = Origin::start();
    let film = |track: &str| root().join(format!("media/film/{track}.mp4")).display().to_string();
    let playlist = |options: &str, track: &str| {
        format!("http://{}/vod/film/{options}hls-{track}.m3u8", origin.addr)
    };
    let pictures = frames(&film("v1"));
    assert_eq!(frames(&playlist("", "v1")), pictures);
    assert_eq!(frames(&playlist("seg_4s/", "v1")), pictures);
    assert_eq!(frames(&playlist("loop_2/", "v1")).len(), 2 * pictures.len());
    assert_eq!(frames(&playlist("", "a-ko")), frames(&film("a-ko")));
    // A picture for each of the film's twelve groups, which are the ones that need no other.
    let key_frames = frames(&playlist("trick_8/", "trick-v1"));
    let hash = |line: &String| line.rsplit_once(", ").map(|(_, hash)| hash.to_owned());
    let of_film: Vec<_> = pictures.iter().step_by(50).map(hash).collect();
    assert_eq!(key_frames.iter().map(hash).collect::<Vec<_>>(), of_film);
}

#[test]
fn ffprobe_finds_everything_that_a_multivariant_playlist_names() {
    if !has("ffprobe", "-version") {
        return;
    }
    let origin = Origin::start();
    let url = format!("http://{}/vod/film/hls.m3u8", origin.addr);
    let probe = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", "stream=codec_name,height:stream_tags=language"])
        .args(["-of", "csv=p=0", &url])
        .output()
        .expect("ffprobe runs");
    assert!(probe.status.success(), "{}", String::from_utf8_lossy(&probe.stderr));
    let text = String::from_utf8(probe.stdout).expect("text");
    let has_line = |line: &str| text.lines().any(|one| one == line);
    for line in ["h264,180", "h264,270", "h264,360", "h264,540", "h264,720", "aac,en", "aac,ko"] {
        assert!(has_line(line), "{line} in\n{text}");
    }
}
