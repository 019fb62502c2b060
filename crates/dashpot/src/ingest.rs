//! `dashpot ingest`: films become assets.

use crate::{ExitStatus, cli, signal};
use anyhow::{Context as _, bail};
use dashpot_base::{Bitrate, ByteSize, parse_duration};
use dashpot_ingest::{
    Codec, Config, Existing, IngestError, Ladder, Mode, Progress, Report, Stage, Tiles, ingest,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fmt::Write as _,
    fs,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    time::Duration,
};

/// What may be typed after `dashpot ingest`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Films that ffmpeg reads, and WebVTT subtitles; with `--copy` MP4 files, one for each rung or
    /// language
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder that gets the asset's folder
    #[arg(long, value_name = "DIR", env = "DASHPOT_INGEST_OUT")]
    out: PathBuf,
    /// The asset's name in URLs [default: the first file's]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Sizes and rates as `640x360@500kbps,1280x720@2Mbps`, or a TOML file of `[[rung]]` tables with
    /// `size` and `rate` [default: six rungs up to 1080 lines]; a film between two rungs gets one of
    /// its own size
    #[arg(long, value_name = "LADDER", env = "DASHPOT_INGEST_LADDER", conflicts_with = "copy")]
    ladder: Option<String>,
    /// What pictures are coded in: h264, hevc, av1 or vp9
    #[arg(long, default_value = "h264", env = "DASHPOT_INGEST_CODEC", conflicts_with = "copy")]
    codec: Codec,
    /// Keep the tracks of MP4 files as they are coded; their key frames must be aligned
    #[arg(long)]
    copy: bool,
    /// Compare each segment of each rung with the film (structural similarity, by ffmpeg's `ssim`),
    /// for `dashpot bench`; takes about a quarter of the time of encoding
    #[arg(long, env = "DASHPOT_INGEST_SSIM", conflicts_with = "copy")]
    ssim: bool,
    /// Draw sheets of so many small pictures for viewers who seek, a picture each 2 s [default
    /// without a value: 10x5]
    #[arg(long, value_name = "COLSxROWS", num_args = 0..=1, require_equals = true,
          default_missing_value = "10x5", env = "DASHPOT_INGEST_THUMBNAILS")]
    thumbnails: Option<Tiles>,
    /// Duration of a group of pictures, and the least one of a fragment
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = parse_duration,
          env = "DASHPOT_INGEST_GOP")]
    gop: Duration,
    /// Replace an asset of this name
    #[arg(long)]
    force: bool,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = Format::Text, env = "DASHPOT_INGEST_FORMAT")]
    format: Format,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// Makes the asset and prints what it holds.
///
/// # Errors
/// Where a file, a program or the disk does not allow it; nothing is left behind then.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let format = args.format;
    let report = with_bar(config(args)?).await?;
    cli::print(&match format {
        Format::Text => text(&report),
        Format::Json => serde_json::to_string_pretty(&report).context("cannot write the report")?,
    });
    Ok(ExitStatus::Done)
}

/// Encodes one film into `out` with the defaults.
///
/// # Errors
/// As [`run`] does.
pub(crate) async fn film(path: &Path, out: &Path) -> anyhow::Result<Report> {
    let config = Config {
        inputs: vec![path.to_owned()],
        out: out.to_owned(),
        name: name_of(path),
        mode: Mode::Encode { ladder: Ladder::default(), codec: Codec::H264, ssim: false },
        gop: Duration::from_secs(2),
        thumbnails: None,
        existing: Existing::Keep,
        ffmpeg: "ffmpeg".into(),
        ffprobe: "ffprobe".into(),
    };
    with_bar(config).await
}

fn config(args: Args) -> anyhow::Result<Config> {
    // An hour is beyond any use, and a group of pictures below a tenth of a second is a mistyped unit.
    if !(Duration::from_millis(100)..=Duration::from_secs(3600)).contains(&args.gop) {
        bail!("--gop must be from 100ms to 1h");
    }
    let name = args.name.or_else(|| args.files.first().map(|file| name_of(file)));
    let mode = if args.copy {
        Mode::Copy
    } else {
        let ladder = args.ladder.map_or_else(|| Ok(Ladder::default()), |text| ladder(&text))?;
        Mode::Encode { ladder, codec: args.codec, ssim: args.ssim }
    };
    Ok(Config {
        inputs: args.files,
        out: args.out,
        name: name.unwrap_or_default(),
        mode,
        gop: args.gop,
        thumbnails: args.thumbnails,
        existing: if args.force { Existing::Replace } else { Existing::Keep },
        ffmpeg: "ffmpeg".into(),
        ffprobe: "ffprobe".into(),
    })
}

fn ladder(text: &str) -> anyhow::Result<Ladder> {
    if text.contains('@') {
        return Ok(text.parse::<Ladder>()?);
    }
    let file = fs::read_to_string(text).with_context(|| {
        format!("cannot read the ladder `{text}`: give a TOML file, or sizes like 640x360@500kbps")
    })?;
    Ladder::from_toml(&file).with_context(|| format!("`{text}`"))
}

/// Returns a name that can stand in a URL: the file's, with a dash for what cannot.
fn name_of(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let sound = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let name: String = stem.chars().map(|c| if sound(c) { c } else { '-' }).take(64).collect();
    let name = name.trim_matches(['.', '-']);
    if name.is_empty() || name == "init" { "asset".to_owned() } else { name.to_owned() }
}

/// Runs the work with a bar on a terminal; an interrupt ends it and leaves nothing.
async fn with_bar(config: Config) -> anyhow::Result<Report> {
    let bar = bar()?;
    let moving = bar.clone();
    let work = ingest(config, move |progress| show(&moving, progress));
    let ended = tokio::select! {
        ended = work => ended.map_err(hint),
        () = signal::interrupted() => Err(anyhow::anyhow!("interrupted; nothing was left behind")),
    };
    bar.finish_and_clear();
    ended
}

/// Adds what to type, where an option would help.
fn hint(error: IngestError) -> anyhow::Error {
    if matches!(error, IngestError::Exists(_)) {
        return anyhow::anyhow!("{error}; --force replaces it, --name gives another name");
    }
    let format = matches!(error, IngestError::Format { .. });
    let error = anyhow::Error::new(error);
    if format { error.context("cannot copy; without --copy any film will do") } else { error }
}

/// Steps of the bar: finer than any terminal is wide.
const BAR_STEPS: f64 = 1000.0;

fn bar() -> anyhow::Result<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{prefix:>9} {wide_bar} {percent:>3} %  {msg}")
        .context("the bar's template")?;
    Ok(ProgressBar::new(1000).with_style(style))
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_prefix(match progress.stage {
        Stage::Encode => "encoding",
        Stage::Compare => "comparing",
        Stage::Pack => "packing",
        Stage::Draw => "drawing",
    });
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a ratio of 0 to 1 in a thousand steps"
    )]
    bar.set_position((progress.done_ratio.clamp(0.0, 1.0) * BAR_STEPS) as u64);
    bar.set_message(progress.remaining.map_or_else(String::new, |left| {
        format!("{}:{:02} left", left.as_secs() / 60, left.as_secs() % 60)
    }));
}

fn text(report: &Report) -> String {
    let mut text = format!("{} ({:.1} s)\n", report.path.display(), report.duration_seconds);
    for track in &report.tracks {
        let rate = match track.rate_bps {
            0 => String::new(),
            // Whole kilobits: what lies below says nothing about a film.
            bps => format!("  {}", Bitrate::from_kbps((bps + 500) / 1000)),
        };
        let language = track.language.as_deref().unwrap_or("-");
        let size = ByteSize::new(track.size_bytes);
        // Writing to a string cannot fail.
        let ssim = track.ssim_db.map_or_else(String::new, |db| format!("  SSIM {db:.1} dB"));
        let (file, codec) = (&track.file, &track.codec);
        writeln!(text, "  {file:<12} {codec:<16} {language:<6} {size}{rate}{ssim}").ok();
    }
    if let Some(thumbnails) = &report.thumbnails {
        let (columns, rows) = (thumbnails.columns, thumbnails.rows);
        writeln!(text, "  thumbs-*.jpg {} x {columns}x{rows}", thumbnails.sheets).ok();
    }
    for note in &report.notes {
        writeln!(text, "note: {note}").ok();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::name_of;
    use std::path::Path;

    #[test]
    fn names_come_from_files() {
        for (file, expected) in [
            ("a/Big Film (1080p).mkv", "Big-Film--1080p"),
            ("film.tar.mp4", "film.tar"),
            (".mp4", "mp4"),
            ("한국.mp4", "asset"),
            ("init.mp4", "asset"),
            ("", "asset"),
        ] {
            assert_eq!(name_of(Path::new(file)), expected, "{file}");
        }
    }
}
