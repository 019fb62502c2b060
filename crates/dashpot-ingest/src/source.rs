//! Reads the tracks of an MP4 file by ranges. Blocking.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use dashpot_bmff::Scanner;
use dashpot_bmff::mux::{Media, Reader};

use crate::error::IngestError;

/// Returns the tracks of the file with their samples.
pub(crate) fn medias(path: &Path) -> Result<Vec<Media>, IngestError> {
    let read_error = |source| IngestError::Read { path: path.to_owned(), source };
    let format_error = |source| IngestError::Format { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(read_error)?;
    let len = file.metadata().map_err(read_error)?.len();
    let mut scanner = Scanner::new(len);
    let mut reader = Reader::new(len);
    while let Some(range) = scanner.wants() {
        let bytes = read_range(&mut file, &range).map_err(read_error)?;
        if let Some(found) = scanner.feed(&bytes).map_err(format_error)? {
            reader.take(&found).map_err(format_error)?;
        }
    }
    reader.finish().map_err(format_error)
}

fn read_range(file: &mut File, range: &Range<u64>) -> std::io::Result<Bytes> {
    file.seek(SeekFrom::Start(range.start))?;
    // The scanner bounds what it wants, and the file was long enough a moment ago.
    let mut bytes = Vec::new();
    let len = range.end.saturating_sub(range.start);
    file.by_ref().take(len).read_to_end(&mut bytes)?;
    Ok(Bytes::from(bytes))
}
