//! Shared by the tests: a real track file, and reading its samples.

use bytes::Bytes;

use crate::error::BmffError;
use crate::mux::{Media, Reader};
use crate::scan::Scanner;

/// The smallest video track of the test film.
pub(crate) fn film_track() -> Bytes {
    Bytes::from_static(include_bytes!("../../../media/film/v1.mp4"))
}

/// Its `ftyp` and `moov`.
pub(crate) fn film_init() -> Bytes {
    let file = film_track();
    let sidx = file.windows(4).position(|four| four == b"sidx").unwrap() - 4;
    file.slice(..sidx)
}

/// Reads the only track of a file held in memory.
pub(crate) fn media_of(file: &Bytes) -> Media {
    let mut medias = medias_of(file).unwrap();
    assert_eq!(medias.len(), 1);
    medias.remove(0)
}

/// Reads the tracks of a file held in memory.
pub(crate) fn medias_of(file: &Bytes) -> Result<Vec<Media>, BmffError> {
    let len = u64::try_from(file.len()).unwrap_or(u64::MAX);
    let (mut scanner, mut reader) = (Scanner::new(len), Reader::new(len));
    while let Some(range) = scanner.wants() {
        if let Some(top) = scanner.feed(&slice(file, &range))? {
            reader.take(&top)?;
        }
    }
    reader.finish()
}

/// Returns the bytes of a range that lies within the file.
pub(crate) fn slice(file: &Bytes, range: &std::ops::Range<u64>) -> Bytes {
    file.slice(usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap())
}
