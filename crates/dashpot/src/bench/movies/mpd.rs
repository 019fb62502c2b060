//! An MPD with its files beside it.

use anyhow::{Context as _, bail};
use bytes::Bytes;
use dashpot_bmff::parse_sidx;
use dashpot_mpd::timeline::{
    Kind, Presentation, RepView, SegmentIndex, SegmentRef, Sidx, SidxRef, from_sidx,
};
use dashpot_sim::input::Segments;
use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};
use url::Url;

/// An index of 65,535 segments, the most there can be, takes 768 KiB.
const INDEX_MAX: u64 = 4 << 20;

/// Returns the versions of the first video track of the MPD `text`, which was read from `path`.
pub(super) fn versions(text: &str, path: &Path) -> anyhow::Result<Vec<Segments>> {
    let (mpd, _) = dashpot_mpd::parse(text).context("it is no MPD")?;
    let absolute = fs::canonicalize(path)?;
    let url = Url::from_file_path(absolute).ok().context("its path is no URL")?;
    let presentation = Presentation::resolve(&mpd, &url)?;
    let [period] = &presentation.periods[..] else {
        bail!("it has {} periods; films of one are read", presentation.periods.len());
    };
    let set = period.sets.iter().find(|set| set.kind == Kind::Video);
    set.context("it has no video")?.representations.iter().map(version).collect()
}

fn version(representation: &RepView) -> anyhow::Result<Segments> {
    let what = || format!("representation `{}`", representation.id);
    let segments = match &representation.index {
        SegmentIndex::Listed(segments) => segments.clone(),
        SegmentIndex::NeedsSidx(file) => from_sidx(file, &index(file).with_context(what)?)?,
    };
    let segments = segments.iter().map(|segment| {
        let ms = segment.duration.as_duration().as_secs_f64() * 1e3;
        Ok((ms, size(segment)?))
    });
    let segments = segments.collect::<anyhow::Result<Vec<_>>>().with_context(what)?;
    #[expect(clippy::cast_precision_loss, reason = "below 2^53 bits a second")]
    let kbps = representation.bandwidth as f64 / 1e3;
    Ok(Segments { kbps: (0.0 < kbps).then_some(kbps), segments, ssim: None })
}

fn file(url: &str) -> anyhow::Result<PathBuf> {
    let path = Url::parse(url).ok().filter(|url| url.scheme() == "file");
    let path = path.and_then(|url| url.to_file_path().ok());
    path.with_context(|| {
        format!("`{url}` is no file: download it, and name it relative to the MPD")
    })
}

fn size(segment: &SegmentRef) -> anyhow::Result<u64> {
    match segment.range {
        Some((first, last)) if last != u64::MAX => Ok(last.saturating_sub(first) + 1),
        range => {
            let path = file(&segment.url)?;
            let length = fs::metadata(&path)
                .with_context(|| format!("cannot read `{}`", path.display()))?
                .len();
            Ok(length.saturating_sub(range.map_or(0, |(first, _)| first)))
        }
    }
}

fn index(of: &SidxRef) -> anyhow::Result<Sidx> {
    let (first, last) = of.index_range;
    let length = last.saturating_sub(first).saturating_add(1);
    if INDEX_MAX < length {
        bail!("its index has {length} bytes; at most {INDEX_MAX} are read");
    }
    let path = file(&of.url)?;
    let mut opened =
        File::open(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    opened.seek(SeekFrom::Start(first))?;
    let mut bytes = Vec::new();
    opened.take(length).read_to_end(&mut bytes)?;
    let sidx = parse_sidx(&Bytes::from(bytes))?;
    if sidx.references.iter().any(|reference| reference.to_index) {
        bail!("its index points at other indexes");
    }
    let entries = sidx.references.iter().map(|it| (it.size.into(), it.duration.into())).collect();
    Ok(Sidx {
        timescale: sidx.timescale,
        earliest_presentation_time: sidx.earliest_presentation_time,
        // Only sizes and times are wanted: where the segments lie is of no matter.
        first_byte: 0,
        entries,
    })
}
