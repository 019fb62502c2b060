//! Writes a track file: heads from the plan, media data copied from its source. Blocking.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::Path;

use dashpot_bmff::mux::{CmafFile, Plan};

use crate::error::IngestError;

/// Writes the planned track of `source` to `target` and flushes it to the disk.
pub(crate) fn write_track(source: &Path, plan: &Plan, target: &Path) -> Result<u64, IngestError> {
    let file = plan
        .write(TRACK_ID)
        .map_err(|error| IngestError::Format { path: source.to_owned(), source: error })?;
    let mut input = BufReader::new(
        File::open(source)
            .map_err(|error| IngestError::Read { path: source.to_owned(), source: error })?,
    );
    let write_error = |error| IngestError::write(target, error);
    let mut output = BufWriter::new(File::create_new(target).map_err(write_error)?);
    let written = copy(&file, &mut input, &mut output).map_err(|error| match error {
        Side::Source(source_error) => {
            IngestError::Read { path: source.to_owned(), source: source_error }
        }
        Side::Target(error) => write_error(error),
    })?;
    let output = output.into_inner().map_err(|error| write_error(error.into_error()))?;
    output.sync_all().map_err(write_error)?;
    Ok(written)
}

/// Every track stands in a file of its own.
const TRACK_ID: u32 = 1;

/// Which of the two files an error belongs to.
enum Side {
    Source(io::Error),
    Target(io::Error),
}

fn copy(
    file: &CmafFile,
    input: &mut BufReader<File>,
    output: &mut BufWriter<File>,
) -> Result<u64, Side> {
    output.write_all(&file.header).map_err(Side::Target)?;
    let mut written = file.header.len();
    let mut buffer = Vec::new();
    for fragment in &file.fragments {
        output.write_all(&fragment.head).map_err(Side::Target)?;
        written += fragment.head.len();
        for range in &fragment.data {
            buffer.clear();
            read(input, range, &mut buffer).map_err(Side::Source)?;
            output.write_all(&buffer).map_err(Side::Target)?;
            written += buffer.len();
        }
    }
    Ok(u64::try_from(written).unwrap_or(u64::MAX))
}

/// Reads a range whole: at most one fragment, and never more than the file holds.
fn read(input: &mut BufReader<File>, range: &Range<u64>, buffer: &mut Vec<u8>) -> io::Result<()> {
    input.seek(SeekFrom::Start(range.start))?;
    let len = range.end.saturating_sub(range.start);
    let held = input.by_ref().take(len).read_to_end(buffer)?;
    if u64::try_from(held).unwrap_or(u64::MAX) < len {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
