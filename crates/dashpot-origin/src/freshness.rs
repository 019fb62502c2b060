//! For how long caches may keep what leaves.

use dashpot_packager::Cacheability;
use std::borrow::Cow;

/// What names its version never changes: a year is as long as RFC 9111 goes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// What names no version changes when its asset is replaced: a minute still spares an origin most
/// of a crowd that follows a hand-written manifest, and old media is gone while one looks for it.
const UNVERSIONED: &str = "public, max-age=60";
/// Manifests may change when the origin starts again; a few seconds take the load of a start.
pub(crate) const SHORT: &str = "public, max-age=10, must-revalidate";

/// Returns `Cache-Control` of what may be kept for so long.
pub(crate) fn cache_control(cacheability: Cacheability) -> Cow<'static, str> {
    match cacheability {
        Cacheability::Immutable => IMMUTABLE.into(),
        Cacheability::Unversioned => UNVERSIONED.into(),
        Cacheability::Manifest => SHORT.into(),
        // RFC 9111 §5.2.2.1: whole seconds, which are not to be too many.
        Cacheability::For(time) | Cacheability::Until { at_most: time, .. } => {
            format!("public, max-age={}, must-revalidate", time.as_secs()).into()
        }
        // RFC 9111 §5.2.2.7: shared caches keep nothing of it.
        Cacheability::Private(time) => {
            format!("private, max-age={}, must-revalidate", time.as_secs()).into()
        }
    }
}
