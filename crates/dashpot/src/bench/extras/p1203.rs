//! The input of ITU-T P.1203 in mode 0: what was played, at which rate and size, and the stalls.
//!
//! The model itself is not here: its software is licensed for research only. What is written is
//! the JSON that such software reads.

use dashpot_qoe::Metric;
use dashpot_sim::sweep::Played;
use serde_json::{Value, json};

/// The names of streams, which have to be there and mean nothing.
const STREAM: u32 = 1;

/// Frames a second; films of published ladders have 24 or 25, and none says.
const FPS: f64 = 25.0;

/// Sessions are played without sound, which the model asks for: it is given a steady track.
const AUDIO_KBPS: f64 = 128.0;

/// The picture's size where a ladder has rates alone: up to so many kbit/s, this one. About what
/// services use for H.264.
const SIZES: [(f64, &str); 5] = [
    (400.0, "426x240"),
    (1_000.0, "640x360"),
    (2_000.0, "854x480"),
    (4_000.0, "1280x720"),
    (f64::INFINITY, "1920x1080"),
];

/// Returns the model's input for a session.
pub(super) fn input(played: &Played) -> Value {
    let mut start = 0.0;
    let video = played.tracker.pieces().iter().map(|piece| {
        let duration = piece.duration.as_secs_f64();
        let size = SIZES.iter().find(|(kbps, _)| piece.kbps <= *kbps).map(|(_, size)| size);
        let segment = json!({
            "bitrate": piece.kbps,
            "codec": "h264",
            "duration": duration,
            "fps": FPS,
            "resolution": size,
            "start": start,
        });
        start += duration;
        segment
    });
    let video = video.collect::<Vec<_>>();
    let startup = played.measures.get(Metric::StartupSeconds).unwrap_or_default();
    let stalls = played.tracker.stalls().iter();
    let stalls = stalls.map(|(at, length)| [at.as_secs_f64(), length.as_secs_f64()]);
    // The wait before the first picture is a stall at the very start.
    let stalling = std::iter::once([0.0, startup]).chain(stalls).collect::<Vec<_>>();
    json!({
        "I11": {
            "segments": [{
                "bitrate": AUDIO_KBPS,
                "codec": "aaclc",
                "duration": start,
                "start": 0.0,
            }],
            "streamId": STREAM,
        },
        "I13": { "segments": video, "streamId": STREAM },
        "I23": { "stalling": stalling, "streamId": STREAM },
        "IGen": { "device": "pc", "displaySize": "1920x1080", "viewingDistance": "150cm" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_net::Trace;
    use dashpot_sim::{
        input::{Network, Vbr},
        sweep::{Job, Setup},
    };
    use std::time::Duration;

    #[test]
    fn segments_follow_each_other_and_the_wait_at_the_start_is_a_stall() {
        let movie = Vbr::parse("vbr,segments=10,cv=0").unwrap().movie().unwrap();
        // Ample, then next to nothing for half a minute.
        let trace = Trace::parse("8000,6000,50\n40000,100,50\n60000,6000,50").unwrap();
        let network = Network::new("dip".to_owned(), trace);
        let setup = Setup::new(Duration::from_secs(12), 1);
        let job = Job { rule: "throughput", movie: &movie, network: &network, setup };
        let played = job.play(false).unwrap();
        let input = input(&played);
        let segments = input["I13"]["segments"].as_array().unwrap();
        let starts = segments.iter().map(|it| it["start"].as_f64().unwrap());
        let expected = (0_u8..10).map(|index| f64::from(index) * 4.0);
        assert!(starts.eq(expected), "{input}");
        let first = &segments[0];
        assert_eq!(
            (first["bitrate"].as_f64(), first["resolution"].as_str()),
            (Some(300.0), Some("426x240"))
        );
        let stalls = input["I23"]["stalling"].as_array().unwrap();
        assert_eq!(stalls[0][0].as_f64(), Some(0.0));
        let waited = stalls[0][1].as_f64().unwrap();
        assert_eq!(played.measures.get(Metric::StartupSeconds), Some(waited));
        let stalled = stalls[1..].iter().map(|it| it[1].as_f64().unwrap()).sum::<f64>();
        let expected = played.measures.get(Metric::StallSeconds).unwrap();
        assert!(0.0 < expected && (stalled - expected).abs() < 0.01, "{stalled} {expected}");
    }
}
