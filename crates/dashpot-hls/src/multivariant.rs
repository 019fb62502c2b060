//! The playlist that names what there is to choose from (RFC 8216bis §4.4.6).

use crate::text::Tag;

/// A multivariant playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multivariant {
    /// `EXT-X-INDEPENDENT-SEGMENTS`: every segment can be decoded without any other.
    pub independent_segments: bool,
    /// Alternatives of sound and text.
    pub renditions: Vec<Rendition>,
    /// What a player chooses from by rate.
    pub variants: Vec<Variant>,
    /// Key frames alone, for moving fast.
    pub key_frames: Vec<KeyFrames>,
    /// `EXT-X-CONTENT-STEERING`: whom to ask which pathway to take.
    pub steering: Option<Steering>,
}

/// Whom players ask which pathway to take (RFC 8216bis §4.4.6.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steering {
    /// `SERVER-URI`.
    pub server: String,
    /// `PATHWAY-ID`: the one to begin with.
    pub pathway: String,
}

/// What a rendition is an alternative of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenditionKind {
    /// Sound, and how many channels it has.
    Audio {
        /// Independent channels.
        channels: u32,
    },
    /// Text that can be shown or not.
    Subtitles,
}

/// One `EXT-X-MEDIA`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// `TYPE`.
    pub kind: RenditionKind,
    /// `GROUP-ID`: variants name the group, and a player takes one rendition of it.
    pub group: String,
    /// `NAME` for people; unique within a group.
    pub name: String,
    /// `LANGUAGE` as in RFC 5646.
    pub language: Option<String>,
    /// `DEFAULT`: played where nobody has chosen.
    pub default: bool,
    /// `AUTOSELECT`: may be chosen by the system's language.
    pub autoselect: bool,
    /// `URI` of its media playlist.
    pub uri: String,
}

/// One `EXT-X-STREAM-INF`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variant {
    /// `BANDWIDTH`: the highest rate of any segment, all its renditions together, in bits per second.
    pub peak_bps: u64,
    /// `AVERAGE-BANDWIDTH`, likewise.
    pub average_bps: Option<u64>,
    /// `CODECS` as in RFC 6381, of all its renditions.
    pub codecs: Vec<String>,
    /// `RESOLUTION`: width and height.
    pub resolution: Option<(u32, u32)>,
    /// `FRAME-RATE`: so many frames in so many seconds.
    pub frame_rate: Option<(u32, u32)>,
    /// `AUDIO`: the group of sound.
    pub audio: Option<String>,
    /// `SUBTITLES`: the group of text.
    pub subtitles: Option<String>,
    /// `PATHWAY-ID`: which pathway it is of.
    pub pathway: Option<String>,
    /// Of its media playlist.
    pub uri: String,
}

/// One `EXT-X-I-FRAME-STREAM-INF`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFrames {
    /// `BANDWIDTH`, in bits per second.
    pub peak_bps: u64,
    /// `CODECS` as in RFC 6381.
    pub codecs: Vec<String>,
    /// `RESOLUTION`: width and height.
    pub resolution: Option<(u32, u32)>,
    /// `PATHWAY-ID`: which pathway it is of.
    pub pathway: Option<String>,
    /// `URI` of its media playlist.
    pub uri: String,
}

impl Multivariant {
    /// Returns the playlist as text.
    #[must_use]
    pub fn write(&self) -> String {
        // RFC 8216bis §8: what is written here has been there since version 6 and before.
        let mut out = String::from("#EXTM3U\n#EXT-X-VERSION:6\n");
        if self.independent_segments {
            out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }
        if let Some(Steering { server, pathway }) = &self.steering {
            let tag = Tag::new("EXT-X-CONTENT-STEERING").quoted("SERVER-URI", server);
            tag.quoted("PATHWAY-ID", pathway).end(&mut out);
        }
        self.renditions.iter().for_each(|one| one.write(&mut out));
        self.variants.iter().for_each(|one| one.write(&mut out));
        self.key_frames.iter().for_each(|one| one.write(&mut out));
        out
    }
}

impl Rendition {
    fn write(&self, out: &mut String) {
        let kind = match self.kind {
            RenditionKind::Audio { .. } => "AUDIO",
            RenditionKind::Subtitles => "SUBTITLES",
        };
        let mut tag = Tag::new("EXT-X-MEDIA").plain("TYPE", kind);
        tag = tag.quoted("GROUP-ID", &self.group).quoted("NAME", &self.name);
        if let Some(language) = &self.language {
            tag = tag.quoted("LANGUAGE", language);
        }
        tag = tag.yes("DEFAULT", self.default).yes("AUTOSELECT", self.autoselect || self.default);
        if let RenditionKind::Audio { channels } = self.kind {
            tag = tag.quoted("CHANNELS", &channels.to_string());
        }
        tag.quoted("URI", &self.uri).end(out);
    }
}

impl Variant {
    fn write(&self, out: &mut String) {
        let mut tag = Tag::new("EXT-X-STREAM-INF").plain("BANDWIDTH", self.peak_bps);
        if let Some(average) = self.average_bps {
            tag = tag.plain("AVERAGE-BANDWIDTH", average);
        }
        tag = described(tag, &self.codecs, self.resolution);
        if let Some((frames, seconds)) = self.frame_rate {
            tag = tag.plain("FRAME-RATE", frame_rate(frames, seconds));
        }
        if let Some(group) = &self.audio {
            tag = tag.quoted("AUDIO", group);
        }
        if let Some(group) = &self.subtitles {
            tag = tag.quoted("SUBTITLES", group);
        }
        on(tag, self.pathway.as_deref()).end(out);
        out.push_str(&self.uri);
        out.push('\n');
    }
}

impl KeyFrames {
    fn write(&self, out: &mut String) {
        let tag = Tag::new("EXT-X-I-FRAME-STREAM-INF").plain("BANDWIDTH", self.peak_bps);
        let tag = described(tag, &self.codecs, self.resolution);
        on(tag, self.pathway.as_deref()).quoted("URI", &self.uri).end(out);
    }
}

fn described(tag: Tag, codecs: &[String], resolution: Option<(u32, u32)>) -> Tag {
    let tag = tag.quoted("CODECS", &codecs.join(","));
    match resolution {
        Some((width, height)) => tag.plain("RESOLUTION", format_args!("{width}x{height}")),
        None => tag,
    }
}

fn on(tag: Tag, pathway: Option<&str>) -> Tag {
    match pathway {
        Some(pathway) => tag.quoted("PATHWAY-ID", pathway),
        None => tag,
    }
}

/// RFC 8216bis §4.4.6.2: rounded to three decimals.
fn frame_rate(frames: u32, seconds: u32) -> String {
    let seconds = u64::from(seconds).max(1);
    let thousandths = (u64::from(frames) * 2_000 + seconds) / (seconds * 2);
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn groups_variants_and_key_frames_are_written() {
        let audio = |name: &str, language: &str, default| Rendition {
            kind: RenditionKind::Audio { channels: 6 },
            group: "sound".to_owned(),
            name: name.to_owned(),
            language: Some(language.to_owned()),
            default,
            autoselect: true,
            uri: format!("a-{language}.m3u8"),
        };
        let text = Rendition {
            kind: RenditionKind::Subtitles,
            group: "text".to_owned(),
            autoselect: false,
            language: None,
            ..audio("\"Signs\"\nand songs", "x", false)
        };
        let codecs = vec!["avc1.64001F".to_owned(), "mp4a.40.2".to_owned()];
        let steering = Steering { server: "/steering?a=b".to_owned(), pathway: "east".to_owned() };
        let key_frames = KeyFrames {
            peak_bps: 300_000,
            codecs: codecs[..1].to_vec(),
            resolution: Some((1280, 720)),
            pathway: Some("east".to_owned()),
            uri: "v1-keys.m3u8".to_owned(),
        };
        let playlist = Multivariant {
            independent_segments: true,
            renditions: vec![audio("English", "en", true), audio("한국어", "ko", false), text],
            variants: vec![
                Variant {
                    peak_bps: 2_000_000,
                    average_bps: Some(1_500_000),
                    codecs: codecs.clone(),
                    resolution: Some((1280, 720)),
                    frame_rate: Some((30_000, 1_001)),
                    audio: Some("sound".to_owned()),
                    subtitles: Some("text".to_owned()),
                    pathway: Some("east".to_owned()),
                    uri: "v1.m3u8".to_owned(),
                },
                Variant {
                    peak_bps: 64_000,
                    codecs: codecs[1..].to_vec(),
                    uri: "a-en.m3u8".to_owned(),
                    ..Variant::default()
                },
            ],
            key_frames: vec![key_frames],
            steering: Some(steering),
        };
        expect![[r##"
            #EXTM3U
            #EXT-X-VERSION:6
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-CONTENT-STEERING:SERVER-URI="/steering?a=b",PATHWAY-ID="east"
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="6",URI="a-en.m3u8"
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="한국어",LANGUAGE="ko",AUTOSELECT=YES,CHANNELS="6",URI="a-ko.m3u8"
            #EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="'Signs' and songs",URI="a-x.m3u8"
            #EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1500000,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="sound",SUBTITLES="text",PATHWAY-ID="east"
            v1.m3u8
            #EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"
            a-en.m3u8
            #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=300000,CODECS="avc1.64001F",RESOLUTION=1280x720,PATHWAY-ID="east",URI="v1-keys.m3u8"
        "##]]
        .assert_eq(&playlist.write());
    }

    #[test]
    fn frame_rates_have_three_decimals() {
        for (frames, seconds, expected) in [
            (25, 1, "25.000"),
            (24_000, 1_001, "23.976"),
            (60_000, 1_001, "59.940"),
            (1, 0, "1.000"),
        ] {
            assert_eq!(frame_rate(frames, seconds), expected);
        }
    }
}
