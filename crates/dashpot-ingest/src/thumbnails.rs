//! Sheets of small pictures for viewers who seek: drawn by ffmpeg from a rung that was packed.

use std::ffi::OsString;
use std::path::Path;
use std::str::FromStr;

use dashpot_base::MediaTime;
use serde::Serialize;

use crate::encode::{QUIET, file_argument, words};
use crate::error::IngestError;
use crate::ffmpeg;

/// Milliseconds between pictures, where the film is long enough for that: a group of pictures.
const EVERY_MS: u128 = 2_000;
/// Sheets of an asset, so that a folder has few files however long the film is.
const SHEETS_MAX: u128 = 128;
/// Width of a picture in pixels.
const WIDTH: u32 = 160;

/// How many pictures a sheet has across and down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiles {
    /// Side by side.
    pub columns: u32,
    /// One above the other.
    pub rows: u32,
}

impl FromStr for Tiles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = |text: &str| text.parse().ok().filter(|tiles| (1..=20).contains(tiles));
        let tiles = text
            .split_once('x')
            .and_then(|(columns, rows)| Some(Self { columns: read(columns)?, rows: read(rows)? }));
        tiles.ok_or_else(|| format!("no tiles {text:?}: give 1 to 20 across and down, as 10x5"))
    }
}

/// The sheets of an asset, as `asset.json` tells of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Thumbnails {
    /// Pictures of a sheet side by side.
    pub columns: u32,
    /// Pictures of a sheet one above the other.
    pub rows: u32,
    /// Width of a sheet in pixels.
    pub width: u32,
    /// Height of a sheet in pixels.
    pub height: u32,
    /// How many sheets there are: `thumbs-1.jpg` and so on, all of equal duration.
    pub sheets: u32,
}

/// A packed rung.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    pub(crate) file: String,
    pub(crate) size: (u32, u32),
}

/// What is to be drawn of what.
#[derive(Debug, Clone)]
pub(crate) struct Drawing {
    pub(crate) thumbnails: Thumbnails,
    file: String,
    period: MediaTime,
}

/// Returns what to draw of a film of that duration, if it has pictures. Pictures are evenly spaced over
/// the whole film, so that the last sheet ends with it and is as full as the others.
pub(crate) fn planned(tiles: Tiles, rungs: &[Packed], period: MediaTime) -> Option<Drawing> {
    let enough = rungs.iter().filter(|rung| WIDTH <= rung.size.0).min_by_key(|rung| rung.size);
    let rung = enough.or_else(|| rungs.iter().max_by_key(|rung| rung.size))?;
    let ms = u128::from(period.ticks) * 1_000 / u128::from(period.timescale.max(1));
    let each_ms = u128::from(tiles.columns) * u128::from(tiles.rows) * EVERY_MS;
    let sheets = ms.div_ceil(each_ms).clamp(1, SHEETS_MAX);
    let (wide, high) = (u64::from(rung.size.0.max(1)), u64::from(rung.size.1.max(1)));
    // An even height, as the coded pictures have.
    let height = u32::try_from((u64::from(WIDTH) * high / wide).max(2) & !1).unwrap_or(2);
    let thumbnails = Thumbnails {
        columns: tiles.columns,
        rows: tiles.rows,
        width: WIDTH * tiles.columns,
        height: height * tiles.rows,
        sheets: u32::try_from(sheets).unwrap_or(1),
    };
    Some(Drawing { thumbnails, file: rung.file.clone(), period })
}

/// Returns the name of a sheet, counted from 1.
fn sheet(number: &str) -> String {
    format!("thumbs-{number}.jpg")
}

impl Drawing {
    /// Draws the sheets into `folder`, where the rung is.
    pub(crate) async fn draw(&self, program: &Path, folder: &Path) -> Result<(), IngestError> {
        let source = folder.join(&self.file);
        let mut args = words(&QUIET);
        args.push("-i".into());
        args.push(file_argument(&source));
        args.push("-vf".into());
        args.push(self.filter().into());
        let count = self.thumbnails.sheets.to_string();
        args.extend(words(&[
            "-frames:v",
            &count,
            "-q:v",
            "4",
            "-start_number",
            "1",
            "-f",
            "image2",
        ]));
        // The folder's own name may have a `%`, which would be a pattern.
        let escaped: OsString = folder.to_string_lossy().replace('%', "%%").into();
        args.push(file_argument(&Path::new(&escaped).join(sheet("%d"))));
        ffmpeg::encode(program, &args, &source, None, |_, _| {}).await?;
        for number in 1..=self.thumbnails.sheets {
            let path = folder.join(sheet(&number.to_string()));
            let missing = |source| IngestError::write(&path, source);
            tokio::fs::File::open(&path)
                .await
                .map_err(missing)?
                .sync_all()
                .await
                .map_err(missing)?;
        }
        Ok(())
    }

    /// Returns the filters that put a picture of each moment into sheets. The last picture is held for
    /// as long as rounding may ask for.
    fn filter(&self) -> String {
        let Thumbnails { columns, rows, width, height, sheets } = self.thumbnails;
        let pictures = u64::from(columns) * u64::from(rows) * u64::from(sheets);
        let rate = u128::from(pictures) * u128::from(self.period.timescale);
        let (over, under) = lowest(rate, u128::from(self.period.ticks).max(1));
        let (wide, high) = (width / columns.max(1), height / rows.max(1));
        format!(
            "tpad=stop_mode=clone:stop_duration={hold:.3},fps={over}/{under}:start_time=0,scale={wide}:{high},setsar=1,format=yuvj420p,tile={columns}x{rows}",
            hold = self.period.as_duration().as_secs_f64(),
        )
    }
}

/// Returns a fraction in terms that ffmpeg can hold: lowest ones, and rounded where these are too large.
fn lowest(over: u128, under: u128) -> (u128, u128) {
    let (mut divisor, mut rest) = (over, under);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    let (mut over, mut under) = (over / divisor.max(1), under / divisor.max(1));
    while u128::from(u32::MAX >> 1) < over.max(under) {
        (over, under) = (over.div_ceil(2), under.div_ceil(2));
    }
    (over, under)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: u64, tiles: &str, expected: (u32, u32, u32), filter: &str) {
        let rung = |file: &str, size| Packed { file: file.to_owned(), size };
        let rungs =
            [rung("v1.mp4", (128, 72)), rung("v2.mp4", (320, 180)), rung("v3.mp4", (640, 360))];
        let period = MediaTime { ticks: seconds * 12_800, timescale: 12_800 };
        let drawing = planned(tiles.parse().unwrap(), &rungs, period).unwrap();
        let Thumbnails { width, height, sheets, .. } = drawing.thumbnails;
        assert_eq!((sheets, width, height), expected, "{seconds} {tiles}");
        assert_eq!(drawing.file, "v2.mp4");
        assert!(drawing.filter().contains(filter), "{}", drawing.filter());
    }

    #[test]
    fn sheets_divide_the_film_evenly() {
        check(24, "4x3", (1, 640, 270), "fps=1/2:");
        check(24, "10x5", (1, 1600, 450), "fps=25/12:");
        check(101, "10x5", (2, 1600, 450), "fps=100/101:");
        check(7_200, "10x5", (72, 1600, 450), "fps=1/2:");
        // A day, with a picture each 13.5 s.
        check(86_400, "10x5", (128, 1600, 450), "fps=2/27:");
    }

    #[test]
    fn tiles_are_read() {
        assert_eq!("10x5".parse(), Ok(Tiles { columns: 10, rows: 5 }));
        for text in ["", "10", "0x5", "21x1", "5x", "-1x2", "a x b", "2x2x2"] {
            assert!(text.parse::<Tiles>().is_err(), "{text}");
        }
        assert!(
            planned(Tiles { columns: 1, rows: 1 }, &[], MediaTime { ticks: 1, timescale: 1 })
                .is_none()
        );
    }
}
