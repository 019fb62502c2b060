//! The same flight in real and in virtual time says the same.
//!
//! One script of readers and of an origin, through the fetch of this crate under tokio's paused
//! clock and through a queue of events. What the machine says, and when, is equal line by line.

mod laggard;
mod real;
mod script;
mod virtually;

use dashpot_base::MonoTime;
use dashpot_cache::Output;

use script::SCENES;

/// Writes an output as the twins compare it: without the heads.
pub(super) fn line(now: MonoTime, output: &Output) -> String {
    let what = match output {
        Output::ServeStored { reader, .. } => format!("ServeStored {reader:?}"),
        Output::Refresh { .. } => "Refresh".to_owned(),
        Output::FlyNext { reader, .. } => format!("FlyNext {reader:?}"),
        Output::Store { len, .. } => format!("Store {len}"),
        Output::Resume { rest, at } => format!("Resume {} at {at}", rest.from),
        Output::Fetch { .. }
        | Output::Serve { .. }
        | Output::ServeStale { .. }
        | Output::PassThrough { .. }
        | Output::GoAlone { .. }
        | Output::Refuse { .. }
        | Output::Advance { .. }
        | Output::Outgrow
        | Output::Finish { .. }
        | Output::Cut { .. }
        | Output::Abort => format!("{output:?}"),
    };
    format!("{now} {what}")
}

#[tokio::test(start_paused = true)]
async fn a_flight_says_the_same_in_both_times() {
    let mut told = String::new();
    for scene in SCENES {
        let real = real::play(scene).await.join("\n");
        let virtually = virtually::play(scene).join("\n");
        assert_eq!(real, virtually, "{}", scene.name);
        told += &real;
    }
    // Scenes without trouble would agree too easily.
    for word in ["Resume", "Outgrow", "Joiner", "Store", "Cut", "Refuse", "GoAlone", "Abort"] {
        assert!(told.contains(word), "no {word} in any scene:\n{told}");
    }
}
