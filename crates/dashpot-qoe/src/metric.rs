//! What is measured of a session, each figure with its definition and where it comes from.

/// Whether more of it is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// It tells the nature of a session, not its worth.
    Neither,
}

/// A figure of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum Metric {
    /// Mean nominal rate over the media played, each rung weighed by its time on screen, in kbit/s
    /// (as in Pensieve, SIGCOMM 2017, and Sabre, ACM Multimedia Systems 2018, but over played media).
    BitrateKbps,
    /// Time stalled over time watched, start-up apart (Puffer, NSDI 2020).
    StallRatio,
    /// How often the buffer ran dry.
    Stalls,
    /// Time stalled, in seconds.
    StallSeconds,
    /// Mean length of a stall, in seconds.
    StallMeanSeconds,
    /// Longest stall, in seconds.
    StallLongestSeconds,
    /// From the start of the session to the first picture, in seconds.
    StartupSeconds,
    /// Changes of rung between neighbouring segments, for each minute of media (FESTIVE,
    /// ACM conference on networking experiments 2012, calls it instability where it is weighed).
    SwitchesPerMinute,
    /// Changes to a higher rung.
    Ups,
    /// Changes to a lower rung.
    Downs,
    /// Mean `|ΔR|` from one segment to the next, in kbit/s (MPC, SIGCOMM 2015).
    SwitchKbps,
    /// Mean `|Δ ln R|` from one segment to the next (the variation of Pensieve's `QoE_log`).
    SwitchLn,
    /// Changes of rung that undo the direction of another not more than 10 s of media before.
    Oscillations,
    /// Mean time from a lasting rise of what the link carries to the first request of a rung as
    /// high, in seconds; a rise that is never used counts for all of its length (after Sabre).
    ReactionSeconds,
    /// Bytes of media that came.
    DownloadedBytes,
    /// Of these, the share that nobody could see: given up, replaced, or skipped.
    WasteRatio,
    /// Bytes that the end of the session found in the buffer.
    UnplayedBytes,
    /// Mean of `|estimate − measured| / measured` over segments, the estimate being the one that
    /// the segment was chosen with.
    EstimateError,
    /// Share of segments whose estimate was above what was then measured.
    EstimateOver,
    /// Of the segments of which a cache said something, the share that the nearest one had.
    HitRatio,
    /// The same by bytes.
    ByteHitRatio,
    /// `QoE_lin` of Pensieve (SIGCOMM 2017) for each segment but the first: Mbit/s, less the top
    /// rate times the seconds stalled, less `|ΔR|`. Start-up is left out.
    QoeLin,
    /// `QoE_log` of Pensieve: `ln(R/R_min)`, less its top value (to two decimals, as there) times
    /// the seconds stalled, less its change.
    QoeLog,
    /// `QoE_hd` of Pensieve: 1, 2, 3, 12, 15, 20 at the rates of its ladder and interpolated between
    /// them, less 8 times the seconds stalled, less its change.
    QoeHd,
    /// `(Σ ln(R/R_min) − 5·stalled/segment) / segments`, Sabre's score with γp of 5 (ACM Multimedia Systems 2018).
    SabreScore,
    /// Mean structural similarity (SSIM) to the source of the segments played, -1 to 1, each weighed
    /// by its length; absent where the film's was not measured.
    Ssim,
    /// The same in decibels, `-10·log10(1 − SSIM)`, as Puffer (NSDI 2020) reports it.
    SsimDb,
    /// That of the worst segment, in decibels.
    SsimWorstDb,
    /// Mean change from one segment to the next, in decibels, as Puffer reports it.
    SsimVariationDb,
    /// Mean time from the live edge to the playhead, from the first picture on, in seconds. Absent,
    /// as are the figures after it, where the film was there before it was played.
    LiveLatencySeconds,
    /// What this latency stays below for 95 % of the time, in seconds.
    LiveLatencyP95Seconds,
    /// The latency when the session ended, in seconds.
    LiveLatencyEndSeconds,
    /// Mean playback rate while playing, each weighed by its time; 1 is the film's own.
    PlaybackRate,
    /// Mean distance of the playback rate from the film's own while playing.
    PlaybackRateOff,
    /// How often the playback rate changed.
    RateChanges,
    /// How often playback gave up media to be nearer to the live edge.
    Skips,
    /// Score of the near-second latency challenge (ACM Multimedia Systems 2020) over that of the top
    /// rate with nothing against it: for each segment seconds times rate, less the top rate times
    /// the seconds stalled, 0.01 times the milliseconds of latency (0.005 up to 1.1 s), the lowest
    /// rate times `|1 − playback rate|`, and `|ΔR|`.
    Nqoe,
    /// Media played, in seconds.
    PlayedSeconds,
}

/// How many metrics there are.
const COUNT: usize = Metric::PlayedSeconds as usize + 1;

impl Metric {
    /// Every metric, in the order of columns.
    pub const ALL: [Self; COUNT] = [
        Self::BitrateKbps,
        Self::StallRatio,
        Self::Stalls,
        Self::StallSeconds,
        Self::StallMeanSeconds,
        Self::StallLongestSeconds,
        Self::StartupSeconds,
        Self::SwitchesPerMinute,
        Self::Ups,
        Self::Downs,
        Self::SwitchKbps,
        Self::SwitchLn,
        Self::Oscillations,
        Self::ReactionSeconds,
        Self::DownloadedBytes,
        Self::WasteRatio,
        Self::UnplayedBytes,
        Self::EstimateError,
        Self::EstimateOver,
        Self::HitRatio,
        Self::ByteHitRatio,
        Self::QoeLin,
        Self::QoeLog,
        Self::QoeHd,
        Self::SabreScore,
        Self::Ssim,
        Self::SsimDb,
        Self::SsimWorstDb,
        Self::SsimVariationDb,
        Self::LiveLatencySeconds,
        Self::LiveLatencyP95Seconds,
        Self::LiveLatencyEndSeconds,
        Self::PlaybackRate,
        Self::PlaybackRateOff,
        Self::RateChanges,
        Self::Skips,
        Self::Nqoe,
        Self::PlayedSeconds,
    ];

    /// Returns the name that columns have.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BitrateKbps => "bitrate_kbps",
            Self::StallRatio => "stall_ratio",
            Self::Stalls => "stalls",
            Self::StallSeconds => "stall_s",
            Self::StallMeanSeconds => "stall_mean_s",
            Self::StallLongestSeconds => "stall_longest_s",
            Self::StartupSeconds => "startup_s",
            Self::SwitchesPerMinute => "switches_per_min",
            Self::Ups => "ups",
            Self::Downs => "downs",
            Self::SwitchKbps => "switch_kbps",
            Self::SwitchLn => "switch_ln",
            Self::Oscillations => "oscillations_10s",
            Self::ReactionSeconds => "reaction_s",
            Self::DownloadedBytes => "downloaded_bytes",
            Self::WasteRatio => "waste_ratio",
            Self::UnplayedBytes => "unplayed_bytes",
            Self::EstimateError => "estimate_mape",
            Self::EstimateOver => "estimate_over_ratio",
            Self::HitRatio => "hit_ratio",
            Self::ByteHitRatio => "byte_hit_ratio",
            Self::QoeLin => "qoe_lin",
            Self::QoeLog => "qoe_log",
            Self::QoeHd => "qoe_hd",
            Self::SabreScore => "sabre_score",
            Self::Ssim => "ssim",
            Self::SsimDb => "ssim_db",
            Self::SsimWorstDb => "ssim_worst_db",
            Self::SsimVariationDb => "ssim_variation_db",
            Self::LiveLatencySeconds => "live_latency_s",
            Self::LiveLatencyP95Seconds => "live_latency_p95_s",
            Self::LiveLatencyEndSeconds => "live_latency_end_s",
            Self::PlaybackRate => "playback_rate",
            Self::PlaybackRateOff => "playback_rate_off",
            Self::RateChanges => "rate_changes",
            Self::Skips => "skips",
            Self::Nqoe => "nqoe",
            Self::PlayedSeconds => "played_s",
        }
    }

    /// Returns the metric of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// Returns whether more of it is better.
    #[must_use]
    pub const fn better(self) -> Better {
        match self {
            Self::BitrateKbps
            | Self::QoeLin
            | Self::QoeLog
            | Self::QoeHd
            | Self::SabreScore
            | Self::Ssim
            | Self::SsimDb
            | Self::SsimWorstDb
            | Self::Nqoe
            | Self::PlayedSeconds => Better::Higher,
            Self::StallRatio
            | Self::Stalls
            | Self::StallSeconds
            | Self::StallMeanSeconds
            | Self::StallLongestSeconds
            | Self::StartupSeconds
            | Self::SwitchesPerMinute
            | Self::SwitchKbps
            | Self::SwitchLn
            | Self::Oscillations
            | Self::ReactionSeconds
            | Self::WasteRatio
            | Self::EstimateError
            | Self::SsimVariationDb
            | Self::LiveLatencySeconds
            | Self::LiveLatencyP95Seconds
            | Self::LiveLatencyEndSeconds
            | Self::PlaybackRateOff
            | Self::RateChanges
            | Self::Skips => Better::Lower,
            Self::Ups
            | Self::Downs
            | Self::DownloadedBytes
            | Self::UnplayedBytes
            | Self::EstimateOver
            | Self::HitRatio
            | Self::ByteHitRatio
            | Self::PlaybackRate => Better::Neither,
        }
    }
}

/// The figures of one session; one that has no meaning for it is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures([Option<f64>; COUNT]);

impl Default for Measures {
    fn default() -> Self {
        Self([None; COUNT])
    }
}

impl Measures {
    /// Returns the figure, where the session has it.
    #[must_use]
    pub const fn get(&self, metric: Metric) -> Option<f64> {
        self.0[metric as usize]
    }

    /// Sets a figure; what is no number is taken for absent.
    pub fn set(&mut self, metric: Metric, value: Option<f64>) {
        self.0[metric as usize] = value.filter(|value| value.is_finite());
    }

    /// Returns every metric with its figure, in the order of columns.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, Option<f64>)> {
        Metric::ALL.into_iter().zip(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_found_by_its_name_and_has_a_place_of_its_own() {
        let mut measures = Measures::default();
        for (index, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!((metric as usize, Metric::by_name(metric.name())), (index, Some(metric)));
            measures.set(metric, Some(f64::from(u8::try_from(index).unwrap())));
        }
        assert!(measures.iter().zip(0_u8..).all(|((_, value), i)| value == Some(f64::from(i))));
        measures.set(Metric::Stalls, Some(f64::NAN));
        assert_eq!(measures.get(Metric::Stalls), None);
    }
}
