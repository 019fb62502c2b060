//! Bodies as streams: read while they are sent, never whole in memory.

use crate::store::{File, ReadError, Store};
use axum::body::Body;
use bytes::Bytes;
use dashpot_packager::Part;
use futures_util::stream::{self, StreamExt as _};
use std::{collections::BTreeMap, sync::Arc};

/// Bytes of one read: small enough that thousands of slow viewers fit in memory, large enough that
/// a read costs little beside them.
const CHUNK: u64 = 256 << 10;
/// Reads of one body under way: the next chunk comes from the disk while one is sent.
const AHEAD: usize = 2;

/// The files that parts name.
#[derive(Clone, Debug)]
pub(crate) struct Media {
    store: Store,
    files: Arc<BTreeMap<String, File>>,
}

/// A part's file is not one that the scan found.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not in the catalogue")]
struct Unknown(String);

impl Media {
    pub(crate) fn new(store: Store, files: BTreeMap<String, File>) -> Self {
        Self { store, files: Arc::new(files) }
    }

    /// Returns the body that consists of `parts`. A read that fails cuts the response short of its
    /// `Content-Length`, so that no client takes it for whole.
    pub(crate) fn body(self, parts: impl Iterator<Item = Part> + Send + 'static) -> Body {
        let chunks = stream::iter(parts.flat_map(chunks)).map(move |part| self.clone().read(part));
        Body::from_stream(chunks.buffered(AHEAD))
    }

    async fn read(self, part: Part) -> Result<Bytes, axum::BoxError> {
        let (path, range) = match part {
            Part::Bytes(bytes) => return Ok(bytes),
            Part::File { path, range } => (path, range),
        };
        let file = self.files.get(&path).ok_or_else(|| Unknown(path.clone()))?;
        let bytes = self.store.read(file, range).await;
        bytes.map_err(|error: ReadError| {
            tracing::warn!(error = crate::scan::with_causes(&error), "response is cut short");
            error.into()
        })
    }
}

/// Cuts a part into pieces of at most [`CHUNK`] bytes.
fn chunks(part: Part) -> impl Iterator<Item = Part> {
    let (mut whole, mut rest) = match part {
        Part::Bytes(bytes) => (Some(Part::Bytes(bytes)), None),
        Part::File { path, range } => (None, Some((path, range))),
    };
    std::iter::from_fn(move || {
        if let Some(part) = whole.take() {
            return Some(part);
        }
        let (path, range) = rest.take()?;
        let cut = range.start.saturating_add(CHUNK).min(range.end);
        if cut < range.end {
            rest = Some((path.clone(), cut..range.end));
        }
        Some(Part::File { path, range: range.start..cut })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::Range;

    fn check(range: Range<u64>, expected: &[Range<u64>]) {
        let part = Part::File { path: "a".to_owned(), range };
        let cut = chunks(part).map(|part| match part {
            Part::File { range, .. } => range,
            Part::Bytes(_) => panic!("bytes out of a file"),
        });
        assert_eq!(cut.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn reads_are_bounded_and_leave_nothing_out() {
        check(5..6, &[5..6]);
        check(7..7 + CHUNK, &[7..7 + CHUNK]);
        check(0..2 * CHUNK + 1, &[0..CHUNK, CHUNK..2 * CHUNK, 2 * CHUNK..2 * CHUNK + 1]);
    }
}
