//! Until when a request for a playlist waits (RFC 8216bis §6.2.5.2).

use super::{Channel, Directives, HOLD_BACK, Rendition, parts::Making};
use crate::{
    live::{reel::Strip, segment::chunks, window::Window},
    respond::{Refused, vanished},
};

/// How far beyond the last segment a client may ask.
const SEGMENTS_AHEAD: u64 = 2;

impl Channel<'_> {
    /// Returns when the playlist has what the directives ask for, where it does not have it yet.
    ///
    /// # Errors
    /// Says that it is nonsense, or too far away to be waited for.
    pub(super) fn until_ms(
        &self,
        rendition: &Rendition<'_>,
        directives: Directives,
    ) -> Result<Option<u64>, Refused> {
        let Some(sequence) = directives.sequence else { return Ok(None) };
        let window = Window::at(&self.settings, self.now_ms);
        if window.ended() {
            return Ok(None);
        }
        let making = Making::of(&self.settings, rendition, &window, self.now_ms)?;
        let begun = making.as_ref().is_some_and(|making| 0 < making.there);
        let newest = window.segments.end + u64::from(begun);
        // One behind the last is `newest`.
        if self.number(newest).saturating_add(SEGMENTS_AHEAD - 1) < sequence {
            let last = self.number(newest).saturating_sub(1);
            return Err(Refused::TooFar(format!(
                "`_HLS_msn` is at most {SEGMENTS_AHEAD} more than the last segment's number, which is {last}"
            )));
        }
        let Some(index) = sequence.checked_sub(self.settings.start_number) else {
            return Ok(None);
        };
        let at_ms = match (directives.part, &making) {
            (None, _) => self.settings.available_ms(index),
            (Some(_), None) => {
                let why = "`_HLS_part` is given, but there are no parts: ask for `chunk_`";
                return Err(Refused::BadRequest(why.to_owned()));
            }
            (Some(part), Some(making)) => self.part_ms(&rendition.strip, making, (index, part))?,
        };
        // An event that ends before has its last playlist then.
        let last = self.settings.stop.and_then(|stop| stop.checked_sub(1));
        let at_ms = last.map_or(at_ms, |last| at_ms.min(self.settings.available_ms(last)));
        let in_ms = at_ms.saturating_sub(self.now_ms);
        // RFC 8216bis §6.2.5.2: whoever would wait longer is told so.
        if HOLD_BACK * self.target_ms() < in_ms {
            let why = format!("segment {sequence} comes in {in_ms} ms, which is too long to wait");
            return Err(Refused::Unavailable { why, in_ms });
        }
        Ok(Some(at_ms).filter(|at_ms| self.now_ms < *at_ms))
    }

    /// Returns when a part comes, of a segment that is not far ahead; 0 for what came long ago.
    fn part_ms(
        &self,
        strip: &Strip<'_>,
        making: &Making,
        (index, part): (u64, u64),
    ) -> Result<u64, Refused> {
        if index.saturating_add(1) < making.index {
            return Ok(0);
        }
        let count = |chunks: usize| u64::try_from(chunks).unwrap_or(u64::MAX);
        let of = |index| chunks(&self.settings, strip, index).map_err(|_| vanished());
        // How many parts lie between the last one that exists and that of the request.
        let there = count(making.there);
        let ahead = match index.checked_sub(making.index) {
            None => part.saturating_sub(count(of(index)?.len()).saturating_sub(1)),
            Some(0) => part.saturating_add(1).saturating_sub(there),
            Some(_) => {
                let rest = count(making.chunks.len()).saturating_sub(there);
                rest.saturating_add(part).saturating_add(1)
            }
        };
        let most = self.parts_ahead();
        if most < ahead {
            let why =
                format!("`_HLS_part` is {ahead} parts ahead: at most {most} can be waited for");
            return Err(Refused::TooFar(why));
        }
        // RFC 8216bis §6.2.5.2: behind the last part of a segment is the first of the next.
        let parts = of(index)?;
        if let Some(chunk) = usize::try_from(part).ok().and_then(|at| parts.get(at)) {
            return Ok(chunk.at_ms);
        }
        Ok(of(index + 1)?.first().map_or(0, |chunk| chunk.at_ms))
    }

    /// RFC 8216bis §6.2.5.2: the Advance Part Limit, three seconds' worth of parts, three at least.
    fn parts_ahead(&self) -> u64 {
        let target = self.part_target().map_or(1, |target| target.as_duration().as_millis());
        u64::try_from(3_000 / target.clamp(1, 1_000)).unwrap_or(3)
    }
}
