//! How fast media is played.

use crate::Span;

/// A playback rate in millionths of the film's own: whole numbers, so that media played and time
/// passed never drift apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Speed(u32);

const NORMAL: u32 = 1_000_000;

impl Speed {
    /// The film's own.
    pub const NORMAL: Self = Self(NORMAL);

    /// Returns the speed of `millionths`, at least one of them: media that stands still has none.
    #[must_use]
    pub const fn from_millionths(millionths: u32) -> Self {
        Self(if millionths == 0 { 1 } else { millionths })
    }

    /// Returns the speed next to `ratio`; the film's own for what is no number.
    ///
    /// ```
    /// use dashpot_base::Speed;
    /// assert_eq!(Speed::from_ratio(1.25), Speed::from_millionths(1_250_000));
    /// assert_eq!(Speed::from_ratio(f64::NAN), Speed::NORMAL);
    /// ```
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and both ends are speeds"
    )]
    pub fn from_ratio(ratio: f64) -> Self {
        if ratio.is_nan() {
            return Self::NORMAL;
        }
        Self::from_millionths((ratio * f64::from(NORMAL)).round() as u32)
    }

    /// Returns the speed as a multiple of the film's own.
    #[must_use]
    pub fn ratio(self) -> f64 {
        f64::from(self.0) / f64::from(NORMAL)
    }

    /// Returns how much media is played in `time`, rounded down.
    #[must_use]
    #[inline]
    pub fn media_in(self, time: Span) -> Span {
        if self == Self::NORMAL {
            return time;
        }
        from_nanos(u128::from(time.nanos()) * u128::from(self.0) / u128::from(NORMAL))
    }

    /// Returns how long `media` takes, rounded up: by then all of it was played.
    #[must_use]
    #[inline]
    pub fn time_for(self, media: Span) -> Span {
        if self == Self::NORMAL {
            return media;
        }
        from_nanos((u128::from(media.nanos()) * u128::from(NORMAL)).div_ceil(self.0.into()))
    }
}

impl Default for Speed {
    fn default() -> Self {
        Self::NORMAL
    }
}

fn from_nanos(nanos: u128) -> Span {
    Span::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn media_and_time_are_one_another_at_the_films_own_speed() {
        let span = Span::from_nanos(1_234_567_891);
        assert_eq!((Speed::NORMAL.media_in(span), Speed::NORMAL.time_for(span)), (span, span));
        let half = Speed::from_ratio(0.5);
        assert_eq!(half.media_in(Span::from_millis(3_000)), Span::from_millis(1_500));
        assert_eq!(half.time_for(Span::from_millis(3_000)), Span::from_millis(6_000));
        assert_eq!(Speed::from_ratio(-1.0), Speed::from_millionths(1));
    }

    proptest! {
        #[test]
        fn law_by_the_time_for_some_media_that_media_was_played(
            millionths in 1_u32..4_000_000,
            nanos in 0_u64..100_000_000_000_000,
        ) {
            let (speed, media) = (Speed::from_millionths(millionths), Span::from_nanos(nanos));
            let time = speed.time_for(media);
            prop_assert!(media <= speed.media_in(time));
            let sooner = time.saturating_sub(Span::from_nanos(1));
            prop_assert!(media.is_zero() || speed.media_in(sooner) < media);
        }
    }
}
