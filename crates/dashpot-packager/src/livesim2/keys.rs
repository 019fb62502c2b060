//! The keys that livesim2 has, each with what it means here.

use crate::{
    address::Form,
    grammar::{
        AST, ATO, CHUNK, CLOCK_STPP, CLOCK_SUBS, DRM, LATENCY, MUP, PARAMETERS, PATCH, PERIOD,
        SCTE35, SNR, SPD, START_RELATIVE, STOP, STOP_RELATIVE, Spec, TSBD, UTC, XLINK,
    },
};

/// A key of livesim2.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// What stands before the first `_`.
    pub(super) name: &'static str,
    /// What it means.
    pub(super) sense: Sense,
}

/// What a key means here.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sense {
    /// An option whose value is in seconds there.
    Seconds(&'static Spec),
    /// An option whose value is in milliseconds there.
    Milliseconds(&'static Spec),
    /// An option whose value is the same number.
    Number(&'static Spec),
    /// An option whose value is so many in an hour there.
    PerHour(&'static Spec),
    /// Says that Periods go on with one another.
    Continuous,
    /// An option whose value is the same word.
    Word(&'static Spec),
    /// A system of protection, whose name ends with the scheme; keys are those of this origin.
    Scheme(&'static Spec),
    /// Parameters that the MPD's URL passes on to segments.
    Parameters(&'static Spec),
    /// How many Periods of an hour are referred to: all that there are.
    Links(&'static Spec),
    /// Statuses of segments by their places in a cycle, as faults.
    Statuses,
    /// Times in which nothing is there, or all is slow, as faults.
    Traffic,
    /// Says nothing: 0 is what there is.
    Zero {
        /// What does more.
        why: &'static str,
    },
    /// The schemes of `UTCTiming`.
    Utc(&'static Spec),
    /// An option whose value is the same list of languages.
    Languages(&'static Spec),
    /// A time that counts from now, in an MPD's URL; it has become one of the clock by then.
    Relative(&'static Spec),
    /// A form of the MPD.
    Form(Form),
    /// Nothing.
    Unsupported {
        /// The supported key that comes nearest.
        near: &'static str,
        /// Why not, or what does the same here.
        why: &'static str,
    },
}

impl Key {
    /// Says whether it means something.
    pub(super) const fn is_supported(&self) -> bool {
        !matches!(self.sense, Sense::Unsupported { .. })
    }

    /// Returns the key with a value.
    pub(super) fn example(&self) -> &'static str {
        let example = EXAMPLES
            .iter()
            .find(|example| example.split_once('_').is_some_and(|(name, _)| name == self.name));
        example.copied().unwrap_or(self.name)
    }

    /// Returns what it means, in words.
    pub(super) fn meaning(&self) -> String {
        let option = |spec: &Spec, unit: &str| format!("`{}_`{unit}", spec.name);
        match self.sense {
            Sense::Seconds(spec) => option(spec, ", in seconds"),
            Sense::Milliseconds(spec) => option(spec, ", from milliseconds"),
            Sense::Number(spec) | Sense::Word(spec) | Sense::Languages(spec) => option(spec, ""),
            Sense::Utc(spec) => option(spec, " (`head` is `httphead`; `…ms` is the one without)"),
            Sense::PerHour(spec) => option(spec, ", from how many there are in an hour"),
            Sense::Scheme(spec) => option(spec, ", with ClearKey in place of the system it names"),
            Sense::Parameters(spec) => option(spec, " and `query_mpd`"),
            Sense::Zero { .. } => "nothing".to_owned(),
            Sense::Links(spec) => format!("`{}_onrequest`, with as many `periods_`", spec.name),
            Sense::Statuses => "`fault_status_` with `every_` and `shift_`".to_owned(),
            Sense::Traffic => {
                "`fault_status_404`, `fault_delay_2s` and so on, with `cycle_`".to_owned()
            }
            Sense::Continuous => "`join_continuity`; without it `join_none`".to_owned(),
            Sense::Relative(spec) => option(spec, ", in seconds from now"),
            Sense::Form(form) => format!("`{}.mpd`", form.name()),
            Sense::Unsupported { why, .. } => why.to_owned(),
        }
    }
}

/// Each supported key with a value that it takes.
const EXAMPLES: &[&str] = &[
    "start_1700000000",
    "ast_1700000000",
    "stop_1700003600",
    "tsbd_120",
    "startrel_-20",
    "stoprel_20",
    "mup_2",
    "spd_10",
    "snr_0",
    "utc_httpiso",
    "ato_1.5",
    "chunkdur_0.5",
    "ltgt_3500",
    "periods_60",
    "continuous_1",
    "xlink_60",
    "scte35_2",
    "segtimeline_1",
    "segtimelinenr_1",
    "timesubsstpp_en,sv",
    "timesubswvtt_en,sv",
    "drm_EZDRM-1-key-cbcs",
    "eccp_cenc",
    "patch_60",
    "annexI_a=X",
    "timeoffset_0",
    "statuscode_[{cycle:30,rsq:0,code:404}]",
    "traffic_u20d10s5h5",
];

const fn is(name: &'static str, sense: Sense) -> Key {
    Key { name, sense }
}

const fn none(name: &'static str, near: &'static str, why: &'static str) -> Key {
    Key { name, sense: Sense::Unsupported { near, why } }
}

const CLOCKS: &str = "a clock is shown all the second, below, with the segment's number";
const STEERING: &str =
    "pathways are the operator's: `steer_on` below `/live/`, and `--pathway NAME=URL`";
const ADS: &str = "there are no ad breaks";
const LAYERED: &str = "parts have URLs below `/live/` alone, with `sub_on`, and for all sets";
const NEVER: &str = "livesim2 itself takes no notice of it";

/// All of them, in livesim2's order. What comes to be supported changes its line.
pub(super) const KEYS: &[Key] = &[
    is("start", Sense::Number(&AST)),
    is("ast", Sense::Number(&AST)),
    is("stop", Sense::Number(&STOP)),
    is("startrel", Sense::Relative(&START_RELATIVE)),
    is("stoprel", Sense::Relative(&STOP_RELATIVE)),
    none("dur", "stop", "an event has a begin and an end"),
    is("timeoffset", Sense::Zero { why: "the clock is right: use a `fault_` that moves it" }),
    none("init", "ato", NEVER),
    is("tsbd", Sense::Seconds(&TSBD)),
    is("mup", Sense::Seconds(&MUP)),
    none("modulo", "stop", "livesim2 itself refuses it"),
    none("tfdt", "ast", NEVER),
    none("cont", "mup", NEVER),
    is("periods", Sense::PerHour(&PERIOD)),
    is("xlink", Sense::Links(&XLINK)),
    none("etp", "stop", NEVER),
    none("etpDuration", "stop", NEVER),
    none("insertad", "segtimeline", NEVER),
    is("continuous", Sense::Continuous),
    is("segtimeline", Sense::Form(Form::Time)),
    is("segtimelinenr", Sense::Form(Form::Timeline)),
    none("peroff", "ast", NEVER),
    is("scte35", Sense::Number(&SCTE35)),
    is("utc", Sense::Utc(&UTC)),
    is("snr", Sense::Number(&SNR)),
    is("ato", Sense::Seconds(&ATO)),
    is("ltgt", Sense::Milliseconds(&LATENCY)),
    is("spd", Sense::Seconds(&SPD)),
    none("sidx", "segtimeline", NEVER),
    none(
        "segtimelineloss",
        "segtimeline",
        "use a `fault_` in the path; livesim2 takes no notice of it",
    ),
    is("chunkdur", Sense::Seconds(&CHUNK)),
    is("timesubsstpp", Sense::Languages(&CLOCK_STPP)),
    is("timesubswvtt", Sense::Languages(&CLOCK_SUBS)),
    none("timesubsdur", "timesubswvtt", CLOCKS),
    none("timesubssegnr", "timesubswvtt", CLOCKS),
    none("timesubsreg", "timesubsstpp", CLOCKS),
    none("timecc608", "timesubswvtt", "no captions are put into pictures"),
    is("statuscode", Sense::Statuses),
    is("traffic", Sense::Traffic),
    is("drm", Sense::Scheme(&DRM)),
    is("eccp", Sense::Word(&DRM)),
    is("patch", Sense::Seconds(&PATCH)),
    is("annexI", Sense::Parameters(&PARAMETERS)),
    none("ssras", "chunkdur", LAYERED),
    none("chunkdurssr", "chunkdur", LAYERED),
    none("sgai", "segtimeline", ADS),
    none("svta", "segtimeline", ADS),
    none("steer", "segtimeline", STEERING),
    none("cdn", "segtimeline", STEERING),
    none("sid", "segtimeline", STEERING),
    none("csid", "segtimeline", STEERING),
];
