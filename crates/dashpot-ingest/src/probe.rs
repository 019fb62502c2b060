//! Asks ffprobe what a file holds.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use crate::config::Config;
use crate::error::IngestError;
use crate::ffmpeg::output;

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Probe {
    pub(crate) duration: Option<Duration>,
    pub(crate) video: Option<Video>,
    pub(crate) audio: Vec<Audio>,
    /// Index among the file's streams, and language, of subtitles that are text.
    pub(crate) text: Vec<(u32, Option<String>)>,
}

/// A stream of sound.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Audio {
    /// Index among the file's streams.
    pub(crate) index: u32,
    pub(crate) language: Option<String>,
    pub(crate) channels: u32,
    /// What people call it.
    pub(crate) title: Option<String>,
    /// What it is for, by the name that MPDs have.
    pub(crate) role: Option<&'static str>,
}

/// The first stream of moving pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Video {
    pub(crate) index: u32,
    /// Size in square pixels, upright.
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Frames a second as a fraction.
    pub(crate) frame_rate: (u32, u32),
}

/// Returns what the file holds.
pub(crate) async fn probe(config: &Config, path: &Path) -> Result<Probe, IngestError> {
    // Told apart from a broken file by its own error, which names the reason of the system.
    let about = |source| IngestError::Read { path: path.to_owned(), source };
    tokio::fs::File::open(path).await.map_err(about)?;
    let mut args: Vec<_> =
        ["-v", "error", "-of", "json", "-show_format", "-show_streams"].map(Into::into).into();
    args.push(path.as_os_str().to_owned());
    let json = output("ffprobe", &config.ffprobe, &args, path).await?;
    let said: Said = serde_json::from_str(&json).map_err(|error| IngestError::Unusable {
        path: path.to_owned(),
        why: format!("ffprobe's answer is not understood: {error}"),
    })?;
    Ok(of(&said))
}

fn of(said: &Said) -> Probe {
    let seconds = |text: &Option<String>| -> Option<Duration> {
        Duration::try_from_secs_f64(text.as_deref()?.parse().ok()?).ok().filter(|d| !d.is_zero())
    };
    let kind =
        |kind: &'static str| said.streams.iter().filter(move |stream| stream.codec_type == kind);
    let listed = |stream: &Stream| (stream.index, stream.language());
    let video = kind("video").find(|stream| stream.disposition.attached_pic == 0);
    Probe {
        duration: video
            .and_then(|stream| seconds(&stream.duration))
            .or_else(|| seconds(&said.format.duration)),
        video: video.and_then(Stream::video),
        audio: kind("audio").map(Stream::audio).collect(),
        text: kind("subtitle").filter(|stream| stream.is_text()).map(listed).collect(),
    }
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Default)]
struct Format {
    duration: Option<String>,
}

#[derive(Deserialize)]
struct Stream {
    index: u32,
    #[serde(default)]
    codec_type: String,
    #[serde(default)]
    codec_name: String,
    #[serde(default)]
    width: u32,
    #[serde(default)]
    height: u32,
    sample_aspect_ratio: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    duration: Option<String>,
    #[serde(default)]
    channels: u32,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    side_data_list: Vec<SideData>,
}

#[derive(Deserialize, Default)]
struct Disposition {
    #[serde(default)]
    attached_pic: u8,
    #[serde(default)]
    default: u8,
    #[serde(default)]
    dub: u8,
    #[serde(default)]
    comment: u8,
    #[serde(default)]
    hearing_impaired: u8,
    #[serde(default)]
    visual_impaired: u8,
}

#[derive(Deserialize, Default)]
struct Tags {
    language: Option<String>,
    title: Option<String>,
}

#[derive(Deserialize)]
struct SideData {
    rotation: Option<f64>,
}

impl Stream {
    fn language(&self) -> Option<String> {
        self.tags.language.clone().filter(|tag| tag != "und" && !tag.is_empty())
    }

    fn audio(&self) -> Audio {
        let said = &self.disposition;
        let role = [
            (said.comment, "commentary"),
            (said.visual_impaired, "description"),
            (said.hearing_impaired, "enhanced-audio-intelligibility"),
            (said.default, "main"),
            (said.dub, "dub"),
        ];
        Audio {
            index: self.index,
            language: self.language(),
            channels: self.channels,
            title: self.tags.title.clone().filter(|title| !title.trim().is_empty()),
            role: role.into_iter().find(|(set, _)| *set != 0).map(|(_, role)| role),
        }
    }

    /// Bitmap subtitles cannot become WebVTT.
    fn is_text(&self) -> bool {
        let text =
            ["subrip", "ass", "ssa", "webvtt", "mov_text", "text", "ttml", "microdvd", "sami"];
        text.contains(&self.codec_name.as_str())
    }

    fn video(&self) -> Option<Video> {
        if self.width == 0 || self.height == 0 {
            return None;
        }
        let (across, down) = ratio(self.sample_aspect_ratio.as_deref(), ':').unwrap_or((1, 1));
        let stretched = u64::from(self.width) * u64::from(across) / u64::from(down);
        let mut size = (u32::try_from(stretched).unwrap_or(self.width).max(2), self.height);
        // ffmpeg turns the picture upright before it is scaled.
        let turned = |side: &SideData| side.rotation.is_some_and(|turn| 1.0 < (turn % 180.0).abs());
        if self.side_data_list.iter().any(turned) {
            size = (size.1, size.0);
        }
        let plausible = |(frames, seconds): &(u32, u32)| {
            let fps = f64::from(*frames) / f64::from(*seconds);
            (1.0..=120.0).contains(&fps)
        };
        let average = ratio(self.avg_frame_rate.as_deref(), '/').filter(plausible);
        let frame_rate = average
            .or_else(|| ratio(self.r_frame_rate.as_deref(), '/').filter(plausible))
            .map_or((25, 1), standard);
        Some(Video { index: self.index, width: size.0, height: size.1, frame_rate })
    }
}

fn ratio(text: Option<&str>, sign: char) -> Option<(u32, u32)> {
    let (over, under) = text?.split_once(sign)?;
    let (over, under) = (over.parse().ok()?, under.parse().ok()?);
    (over != 0 && under != 0).then_some((over, under))
}

/// The rates that films have. A measured average is off by a little.
const STANDARD: [(u32, u32); 10] = [
    (24_000, 1001),
    (24, 1),
    (25, 1),
    (30_000, 1001),
    (30, 1),
    (48, 1),
    (50, 1),
    (60_000, 1001),
    (60, 1),
    (15, 1),
];

/// Returns the nearest standard rate when it is within 0.2 %, else the rate itself. 24 and 23.976 are
/// 0.1 % apart, so that an exact one must win over its neighbour.
fn standard(rate: (u32, u32)) -> (u32, u32) {
    let fps = |(frames, seconds): (u32, u32)| f64::from(frames) / f64::from(seconds);
    let off = |candidate: (u32, u32)| (fps(candidate) / fps(rate) - 1.0).abs();
    let nearest = STANDARD.into_iter().min_by(|a, b| off(*a).total_cmp(&off(*b)));
    nearest.filter(|candidate| off(*candidate) < 0.002).unwrap_or(rate)
}

#[cfg(test)]
mod tests {
    use super::{Audio, Probe, of};

    fn check(json: &str) -> Probe {
        of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn streams_are_told_apart() {
        let probe = check(
            r#"{"streams": [
                {"index": 0, "codec_type": "video", "width": 9, "height": 9, "disposition": {"attached_pic": 1}},
                {"index": 1, "codec_type": "video", "codec_name": "h264", "width": 720, "height": 576,
                 "sample_aspect_ratio": "16:11", "avg_frame_rate": "2997/100", "side_data_list": [{}]},
                {"index": 2, "codec_type": "audio", "channels": 6,
                 "tags": {"language": "kor", "title": "The director"}, "disposition": {"default": 1, "comment": 1}},
                {"index": 3, "codec_type": "audio", "tags": {"language": "und"}, "disposition": {"default": 1}},
                {"index": 4, "codec_type": "subtitle", "codec_name": "subrip", "tags": {"language": "eng"}},
                {"index": 5, "codec_type": "subtitle", "codec_name": "dvd_subtitle"},
                {"index": 6, "codec_type": "data"}], "format": {"duration": "12.5"}}"#,
        );
        let video = probe.video.unwrap();
        assert_eq!((video.index, video.width, video.height), (1, 1047, 576));
        assert_eq!(video.frame_rate, (30_000, 1001));
        let sound = |index, language: Option<&str>, channels, title: Option<&str>, role| Audio {
            index,
            language: language.map(str::to_owned),
            channels,
            title: title.map(str::to_owned),
            role,
        };
        let korean = sound(2, Some("kor"), 6, Some("The director"), Some("commentary"));
        assert_eq!(probe.audio, [korean, sound(3, None, 0, None, Some("main"))]);
        assert_eq!(probe.text, [(4, Some("eng".to_owned()))]);
        assert_eq!(probe.duration.unwrap().as_millis(), 12_500);
    }

    #[test]
    fn turned_pictures_are_measured_upright_and_odd_rates_kept() {
        let probe = check(
            r#"{"streams": [{"index": 0, "codec_type": "video", "width": 1920, "height": 1080, "duration": "3",
                "avg_frame_rate": "0/0", "r_frame_rate": "20/1", "side_data_list": [{"rotation": -90}]}]}"#,
        );
        let video = probe.video.unwrap();
        assert_eq!((video.width, video.height, video.frame_rate), (1080, 1920, (20, 1)));
        assert_eq!(probe.duration.unwrap().as_secs(), 3);
        assert_eq!(check("{}").video, None);
    }
}
