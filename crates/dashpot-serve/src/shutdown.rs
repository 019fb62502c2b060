//! The one signal that ends a server.

use tokio_util::sync::CancellationToken;

/// A latch that says "end": cheap to clone, begun once and for all clones.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// Returns a latch that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the shutdown; a second call does nothing.
    pub fn begin(&self) {
        self.0.cancel();
    }

    /// Returns whether the shutdown has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until the shutdown has begun; returns at once afterwards.
    pub async fn begun(&self) {
        self.0.cancelled().await;
    }
}
