//! Whether players may switch between video tracks: their fragments start at the same times.

use std::path::PathBuf;

use dashpot_base::MediaTime;

use crate::error::IngestError;

/// Starts that differ by less are the same: timescales round, and no frame is this short.
const TOLERANCE_SECONDS: f64 = 0.001;

/// Checks each track's fragment starts against the first one's.
pub(crate) fn check_aligned(tracks: &[(PathBuf, Vec<MediaTime>)]) -> Result<(), IngestError> {
    let Some(((first, starts), others)) = tracks.split_first() else { return Ok(()) };
    for (other, other_starts) in others {
        if let Some((at_seconds, side)) = first_difference(starts, other_starts) {
            let (has, lacks) = match side {
                Side::First => (first.clone(), other.clone()),
                Side::Other => (other.clone(), first.clone()),
            };
            return Err(IngestError::Unaligned { at_seconds, has, lacks });
        }
    }
    Ok(())
}

/// Which of two tracks starts a fragment where the other does not.
enum Side {
    First,
    Other,
}

fn first_difference(first: &[MediaTime], other: &[MediaTime]) -> Option<(f64, Side)> {
    let seconds = |time: &MediaTime| time.as_duration().as_secs_f64();
    for (mine, theirs) in first.iter().zip(other) {
        let (mine, theirs) = (seconds(mine), seconds(theirs));
        if TOLERANCE_SECONDS < (mine - theirs).abs() {
            return Some(if mine < theirs { (mine, Side::First) } else { (theirs, Side::Other) });
        }
    }
    let extra =
        |longer: &[MediaTime], shorter: &[MediaTime]| longer.get(shorter.len()).map(seconds);
    extra(first, other)
        .map(|at| (at, Side::First))
        .or_else(|| extra(other, first).map(|at| (at, Side::Other)))
}

#[cfg(test)]
mod tests {
    use dashpot_base::MediaTime;

    use super::check_aligned;

    fn check(first: (u32, &[u64]), other: (u32, &[u64]), expected: Option<&str>) {
        let track = |name: &str, (timescale, ticks): (u32, &[u64])| {
            let time = |ticks: &u64| MediaTime { ticks: *ticks, timescale };
            (name.into(), ticks.iter().map(time).collect())
        };
        let said = check_aligned(&[track("a", first), track("b", other)]).err();
        let said = said.map(|error| error.to_string().split(';').next().unwrap().to_owned());
        assert_eq!(said.as_deref(), expected);
    }

    #[test]
    fn the_first_unaligned_time_is_named() {
        check((1000, &[0, 2000, 4000]), (1000, &[0, 2000, 4000]), None);
        check((90_000, &[0, 180_180]), (30_000, &[0, 60_060]), None);
        let said = "video tracks are not aligned: a starts a fragment at 2.000 s, b does not";
        check((1000, &[0, 2000, 4000]), (1000, &[0, 2500, 4000]), Some(said));
        let said = "video tracks are not aligned: b starts a fragment at 4.000 s, a does not";
        check((1000, &[0, 2000]), (1000, &[0, 2000, 4000]), Some(said));
        check((1000, &[0, 5000]), (1000, &[0, 4000]), Some(said));
    }
}
