//! An access log whose lines are the server's own.

use super::{AccessLogError, Line, LogFormat, LogTo, Out, Queue, buffered, open};
use crate::Counter;
use serde::Serialize;
use std::{
    fmt,
    io::{self, Write},
    sync::Arc,
};

/// An access log of JSON lines, of whatever a server that does not speak HTTP has to tell. Clones
/// write to the same one; the last to go waits until every line is written.
pub struct LineLog<T: Serialize + Send + 'static>(Option<Arc<Queue<Json<T>>>>);

/// A line that is written as it serializes.
struct Json<T>(T);

impl<T: Serialize + Send + 'static> Line for Json<T> {
    fn write_to(&self, out: &mut impl Write, _: LogFormat) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &self.0)?;
        out.write_all(b"\n")
    }
}

impl<T: Serialize + Send + 'static> LineLog<T> {
    /// Opens a log; `dropped` counts the lines given up.
    ///
    /// # Errors
    /// Where the file or the writer's thread cannot be had.
    pub fn open(to: LogTo, dropped: Counter) -> Result<Self, AccessLogError> {
        if to == LogTo::Off {
            return Ok(Self(None));
        }
        let out = Out { out: buffered(open(&to)?), format: LogFormat::Json, to };
        Ok(Self(Some(Arc::new(Queue::start(out, dropped)?))))
    }

    /// Writes what `line` returns; without a log it is not called.
    pub fn write(&self, line: impl FnOnce() -> T) {
        if let Some(queue) = &self.0 {
            queue.send(Json(line()));
        }
    }

    /// Opens the file again, once its old one has been moved aside: what log rotation asks for.
    pub fn reopen(&self) {
        if let Some(queue) = &self.0 {
            queue.reopen();
        }
    }
}

impl<T: Serialize + Send + 'static> Clone for LineLog<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Serialize + Send + 'static> fmt::Debug for LineLog<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LineLog").field(&self.0.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_in_order_and_all_of_them_before_the_log_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = LineLog::open(LogTo::File(path.clone()), Counter::default()).unwrap();
        for number in 0..3 {
            log.write(|| number);
        }
        drop(log);
        assert_eq!(std::fs::read_to_string(path).unwrap(), "0\n1\n2\n");
    }

    #[test]
    fn a_log_that_is_off_asks_for_no_lines() {
        let log = LineLog::<u8>::open(LogTo::Off, Counter::default()).unwrap();
        log.write(|| unreachable!("nobody reads it"));
    }
}
