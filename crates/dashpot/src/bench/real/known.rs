//! What the chain serves, as the simulator is told: meanings and sizes.

use anyhow::{Context as _, bail};
use dashpot_base::ByteSize;
use dashpot_mpd::timeline::{Kind, Presentation, RepView, SegmentIndex, Sidx};
use dashpot_player::{Fetch, What};
use dashpot_qoe::Media;
use dashpot_sim::{Content, input::Segments};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::JoinSet};
use url::Url;

/// How many requests ask for sizes at once.
const AT_ONCE: usize = 16;

/// How long one may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A presentation and the size of everything in it; clones share it.
#[derive(Clone, Debug)]
pub(in crate::bench) struct Known(Arc<Whole>);

#[derive(Debug)]
struct Whole {
    presentation: Presentation,
    mpd: ByteSize,
    sizes: BTreeMap<Part, ByteSize>,
}

/// Kind of media, rung and number of a segment; without a number it is the initialisation segment.
type Part = (Media, usize, Option<u64>);

impl Known {
    /// Fetches all of what the MPD at `url` leads to, once: sizes are known then, and the edge is
    /// as warm for the first session as for the last.
    ///
    /// # Errors
    /// Where something cannot be fetched, or the MPD is not one whose segments have URLs.
    pub(in crate::bench) async fn fetch(url: &Url) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        let text = get(&client, url.as_str()).await?;
        let (parsed, _) = dashpot_mpd::parse(&text[..]).context("the MPD")?;
        let presentation = Presentation::resolve(&parsed, url).context("the MPD")?;
        let room = Arc::new(Semaphore::new(AT_ONCE));
        let mut asked = JoinSet::new();
        for (part, url) in parts(&presentation)? {
            let (client, room) = (client.clone(), Arc::clone(&room));
            asked.spawn(async move {
                let _permit = room.acquire_owned().await?;
                let body = get(&client, &url).await?;
                anyhow::Ok((part, ByteSize::new(body.len() as u64)))
            });
        }
        let mut sizes = BTreeMap::new();
        while let Some(answer) = asked.join_next().await {
            let (part, size) = answer.context("a request panicked")??;
            sizes.insert(part, size);
        }
        let mpd = ByteSize::new(text.len() as u64);
        Ok(Self(Arc::new(Whole { presentation, mpd, sizes })))
    }

    /// Returns what is played, as clients see it.
    pub(in crate::bench) fn presentation(&self) -> &Presentation {
        &self.0.presentation
    }

    /// Returns the film's versions, with the rates that the MPD declares.
    #[expect(clippy::cast_precision_loss, reason = "rates above 2^53 bps do not exist")]
    pub(in crate::bench) fn versions(&self) -> Vec<Segments> {
        let ladder = ladder(&self.0.presentation, Kind::Video).into_iter().enumerate();
        let versions = ladder.map(|(rung, it)| {
            let listed = match &it.index {
                SegmentIndex::Listed(listed) => listed.as_slice(),
                SegmentIndex::NeedsSidx(_) => &[],
            };
            let segments = listed.iter().map(|segment| {
                let size = self.0.sizes.get(&(Media::Video, rung, Some(segment.number)));
                let ms = segment.duration.as_duration().as_secs_f64() * 1e3;
                (ms, size.copied().unwrap_or_default().bytes())
            });
            Segments {
                kbps: Some(it.bandwidth as f64 / 1_000.0),
                segments: segments.collect(),
                ssim: None,
            }
        });
        versions.collect()
    }

    /// Returns the rates of the video, in kbit/s, ascending.
    #[expect(clippy::cast_precision_loss, reason = "rates above 2^53 bps do not exist")]
    pub(in crate::bench) fn ladder(&self) -> Vec<f64> {
        let ladder = ladder(&self.0.presentation, Kind::Video);
        ladder.into_iter().map(|it| it.bandwidth as f64 / 1_000.0).collect()
    }
}

/// Returns the representations of the first set of this kind as the player has them: lowest rate
/// first.
fn ladder(presentation: &Presentation, kind: Kind) -> Vec<&RepView> {
    let mut sets = presentation.periods.iter().flat_map(|period| &period.sets);
    let set = sets.find(|set| set.kind == kind);
    let mut ladder: Vec<_> = set.iter().flat_map(|set| &set.representations).collect();
    ladder.sort_by_key(|it| it.bandwidth);
    ladder
}

/// Returns everything that may be played, and where it is.
fn parts(presentation: &Presentation) -> anyhow::Result<Vec<(Part, String)>> {
    let mut parts = Vec::new();
    for (media, kind) in [(Media::Video, Kind::Video), (Media::Audio, Kind::Audio)] {
        for (rung, representation) in ladder(presentation, kind).into_iter().enumerate() {
            let SegmentIndex::Listed(segments) = &representation.index else {
                bail!("the MPD has segments that only an index lists");
            };
            let init = representation.init.iter().map(|it| ((media, rung, None), it.url.clone()));
            parts.extend(init);
            parts
                .extend(segments.iter().map(|it| ((media, rung, Some(it.number)), it.url.clone())));
        }
    }
    Ok(parts)
}

async fn get(client: &reqwest::Client, url: &str) -> anyhow::Result<Vec<u8>> {
    let fetched = async { client.get(url).send().await?.error_for_status()?.bytes().await };
    Ok(fetched.await.with_context(|| format!("cannot fetch {url}"))?.to_vec())
}

impl Content for Known {
    fn presentation(&self) -> Presentation {
        self.0.presentation.clone()
    }

    fn index(&self, _fetch: &Fetch) -> Sidx {
        Sidx { timescale: 1, earliest_presentation_time: 0, first_byte: 0, entries: Vec::new() }
    }

    fn size(&self, fetch: &Fetch) -> ByteSize {
        let part = match fetch.what {
            What::Manifest => return self.0.mpd,
            What::Segment { media, rung, number, .. } => (media, rung.0, Some(number)),
            What::Init { media, rung } | What::Index { media, rung } => (media, rung.0, None),
        };
        self.0.sizes.get(&part).copied().unwrap_or_default()
    }
}
