//! A world for the player under test: two pipes, and answers that may be told to fail.

use crate::{Config, DoneReason, Failure, Input, Output, Player, Request, Ticket, What};
use dashpot_abr::Throughput;
use dashpot_base::{Bitrate, ByteSize, Machine as _, MediaTime, MonoTime};
use dashpot_mpd::timeline::{
    Kind, PeriodView, Presentation, RepView, ResourceRef, SegmentIndex, SegmentRef, SetView, Sidx,
    SidxRef,
};
use dashpot_qoe::{Record, Session, Summary};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use url::Url;

pub(super) const SECOND: Duration = Duration::from_secs(1);

pub(super) fn url(path: &str) -> String {
    format!("http://origin.test/vod/{path}")
}

/// Two-second segments at `timescale` 1000.
pub(super) fn listed(name: &str, count: u64) -> SegmentIndex {
    let time = |ticks| MediaTime { ticks, timescale: 1_000 };
    let segment = |number| SegmentRef {
        number,
        start: time((number - 1) * 2_000),
        duration: time(2_000),
        url: url(&format!("{name}/{number}.m4s")),
        range: None,
    };
    SegmentIndex::Listed((1..=count).map(segment).collect())
}

pub(super) fn needs_sidx(name: &str) -> SegmentIndex {
    SegmentIndex::NeedsSidx(SidxRef {
        url: url(&format!("{name}.mp4")),
        index_range: (100, 199),
        presentation_time_offset: MediaTime { ticks: 0, timescale: 1 },
        period_duration: 24 * SECOND,
    })
}

pub(super) fn rep(name: &str, bandwidth: u64, index: SegmentIndex) -> RepView {
    let init = Some(ResourceRef { url: url(&format!("{name}/init.mp4")), range: None });
    RepView {
        id: name.to_owned(),
        bandwidth,
        codecs: None,
        width: None,
        height: None,
        frame_rate: None,
        mime: None,
        init,
        index,
    }
}

pub(super) fn set(kind: Kind, lang: Option<&str>, representations: Vec<RepView>) -> SetView {
    SetView {
        id: None,
        kind,
        lang: lang.map(str::to_owned),
        label: None,
        roles: Vec::new(),
        essential_schemes: Vec::new(),
        representations,
    }
}

pub(super) fn film(start: u64, seconds: u64, index: fn(&str, u64) -> SegmentIndex) -> PeriodView {
    let video = [("v1", 300_000), ("v2", 900_000), ("v3", 2_400_000)];
    let video = video.map(|(name, rate)| rep(name, rate, index(name, seconds / 2)));
    let audio = |name| vec![rep(name, 64_000, index(name, seconds / 2))];
    PeriodView {
        id: None,
        start: Duration::from_secs(start),
        duration: Duration::from_secs(seconds),
        sets: vec![
            set(Kind::Audio, Some("en"), audio("a-en")),
            set(Kind::Audio, Some("ko-KR"), audio("a-ko")),
            set(Kind::Video, None, video.to_vec()),
        ],
    }
}

pub(super) fn presentation(periods: Vec<PeriodView>) -> Presentation {
    Presentation { periods, problems: Vec::new(), live: None }
}

pub(super) fn one_film() -> Presentation {
    presentation(vec![film(0, 24, listed)])
}

/// Bytes of an answer: the nominal rate of the representation that the URL names.
pub(super) fn size_of(fetch: &Request) -> u64 {
    let rate = match fetch.url.split('/').nth(4).map(|name| name.split('.').next()) {
        Some(Some("v1")) => 300_000,
        Some(Some("v2")) => 900_000,
        Some(Some("v3")) => 2_400_000,
        _ => 64_000,
    };
    match &fetch.fetch.what {
        What::Segment { duration, .. } => rate / 8 * duration.as_secs(),
        What::Manifest | What::Index { .. } | What::Init { .. } => 1_000,
    }
}

/// Whether an answer fails, by the request and how often it was made.
pub(super) type Fails = fn(&Request, usize) -> Option<Failure>;

/// A world of two independent pipes of `rate_bps`, one request each, with `latency`.
pub(super) struct World {
    pub(super) player: Player,
    pub(super) presentation: Presentation,
    pub(super) rate: Bitrate,
    pub(super) now: MonoTime,
    pub(super) in_flight: BTreeMap<Ticket, (MonoTime, Box<Request>)>,
    pub(super) fails: Fails,
    /// Whether it says when a body begins.
    pub(super) tells_first_bytes: bool,
    told: BTreeSet<Ticket>,
    pub(super) fetches: Vec<Request>,
    pub(super) log: Vec<Record>,
    pub(super) done: Option<DoneReason>,
}

const LATENCY: Duration = Duration::from_millis(40);

impl World {
    pub(super) fn new(config: Config, presentation: Presentation, rate: Bitrate) -> Self {
        Self {
            player: Player::new(config, Box::new(Throughput::of_rate_alone())),
            presentation,
            rate,
            now: MonoTime::ZERO,
            in_flight: BTreeMap::new(),
            fails: |_, _| None,
            tells_first_bytes: false,
            told: BTreeSet::new(),
            fetches: Vec::new(),
            log: Vec::new(),
            done: None,
        }
    }

    pub(super) fn feed(&mut self, input: Input) {
        self.player.handle(self.now, input);
        let mut looks = Vec::new();
        while let Some(output) = self.player.poll() {
            assert!(self.done.is_none(), "nothing follows Done");
            match output {
                Output::Fetch(fetch) => {
                    let fetch = Box::new(self.player.request(&fetch));
                    let same = |it: &Request| it.url == fetch.url && it.range == fetch.range;
                    assert!(!self.in_flight.values().any(|(_, it)| same(it)), "asked for twice");
                    let took = self.rate.time_for(ByteSize::new(size_of(&fetch))).unwrap();
                    let due = self.now.after(LATENCY + took);
                    self.fetches.push((*fetch).clone());
                    self.in_flight.insert(fetch.fetch.ticket, (due, fetch));
                }
                Output::Look { ticket } => looks.push(ticket),
                Output::Cancel { ticket } => {
                    assert!(
                        self.in_flight.remove(&ticket).is_some(),
                        "cancelled what was not asked"
                    );
                }
                Output::Log(record) => self.log.push(record),
                Output::Done(reason) => self.done = Some(reason),
            }
        }
        assert!(self.in_flight.len() <= 2, "one request a kind of media");
        for ticket in looks {
            let Some((begins, size)) = self.body(ticket) else { continue };
            let here = self.rate.bytes_in(self.now.since(begins)).min(size);
            self.feed(Input::Progress { ticket, size: here });
        }
    }

    /// Returns when the body of an answer begins, and its size.
    fn body(&self, ticket: Ticket) -> Option<(MonoTime, ByteSize)> {
        let (due, fetch) = self.in_flight.get(&ticket)?;
        let size = ByteSize::new(size_of(fetch));
        let took = self.rate.time_for(size)?;
        Some((MonoTime::ZERO.after(due.since(MonoTime::ZERO).saturating_sub(took)), size))
    }

    /// Returns the next first byte that is not told of.
    fn first_byte(&self) -> Option<(MonoTime, Ticket)> {
        let untold = self.in_flight.keys().filter(|ticket| !self.told.contains(ticket));
        untold.filter_map(|ticket| Some((self.body(*ticket)?.0, *ticket))).min()
    }

    pub(super) fn answer(&mut self, ticket: Ticket) {
        let (_, fetch) = self.in_flight.remove(&ticket).expect("in flight");
        let tries = self.fetches.iter().filter(|it| it.url == fetch.url).count();
        let input = match ((self.fails)(&fetch, tries), &fetch.fetch.what) {
            (Some(failure), _) => Input::Failed { ticket, failure },
            (None, What::Manifest) => {
                Input::Manifest { ticket, presentation: Box::new(self.presentation.clone()) }
            }
            (None, What::Index { .. }) => Input::Index { ticket, sidx: sidx() },
            (None, What::Init { .. } | What::Segment { .. }) => {
                let size = ByteSize::new(size_of(&fetch));
                Input::Arrived { ticket, size, cache_status: None, server_data: None }
            }
        };
        self.feed(input);
    }

    /// Goes to the next thing that happens, at `until` at the latest; false where that is `until`.
    pub(super) fn step(&mut self, until: MonoTime) -> bool {
        let answer = self.in_flight.iter().map(|(ticket, (due, _))| (*due, Some(*ticket))).min();
        let wake = self.player.wake_at().map(|(at, _)| (at, None));
        let next = answer.into_iter().chain(wake).min_by_key(|(at, _)| *at);
        if self.tells_first_bytes
            && let Some((at, ticket)) = self.first_byte()
            && next.is_none_or(|(next, _)| at <= next)
            && at <= until
        {
            self.now = self.now.max(at);
            self.told.insert(ticket);
            let size = self.body(ticket).map(|(_, size)| size);
            self.feed(Input::FirstByte { ticket, size });
            return true;
        }
        let Some((at, ticket)) = next.filter(|(at, _)| *at <= until) else {
            self.now = until;
            return false;
        };
        assert!(self.now <= at, "time does not run backwards");
        self.now = at;
        match ticket {
            Some(ticket) => self.answer(ticket),
            None => self.feed(Input::Wake),
        }
        true
    }

    pub(super) fn lines(&self) -> String {
        self.log.iter().map(|record| record.line("player") + "\n").collect()
    }

    pub(super) fn summary(&self) -> Summary {
        let mut session = Session::new();
        self.log.iter().for_each(|record| session.add(record));
        session.summary(self.now)
    }

    pub(super) fn run_until(&mut self, seconds: u64) {
        while self.done.is_none() && self.step(MonoTime::ZERO.after(Duration::from_secs(seconds))) {
        }
    }

    pub(super) fn run(mut self) -> Self {
        if self.fetches.is_empty() {
            self.feed(Input::Start);
        }
        for _ in 0..10_000 {
            if self.done.is_some() {
                return self;
            }
            assert!(
                self.step(MonoTime::from_nanos(u64::MAX)),
                "nothing left to wait for:\n{}",
                self.lines()
            );
        }
        panic!("does not end:\n{}", self.lines());
    }
}

/// Twelve two-second subsegments of 1,000 bytes.
pub(super) fn sidx() -> Sidx {
    Sidx {
        timescale: 90_000,
        earliest_presentation_time: 0,
        first_byte: 200,
        entries: vec![(1_000, 180_000); 12],
    }
}

pub(super) fn config() -> Config {
    Config::new(Url::parse(&url("film/number.mpd")).unwrap())
}
