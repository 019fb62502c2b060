//! Faults that ride along: what an MPD leads to by whole URLs, which know nothing of its own, goes wrong as
//! its URL asks for.

use super::Met;
use crate::reply::{Content, Resource};
use dashpot_fault::Object;

/// What MPDs lead to so, as they write it, and what that is.
const ENDS: [(Object, &str); 2] =
    [(Object::Key, "/drm/clearkey</"), (Object::Steering, "/steering/new</")];

/// Puts the faults of an MPD's URL that are for keys and for steering into the URLs of these.
pub(crate) fn ride_along(mut resource: Resource, met: &Met<'_>) -> Resource {
    let is_mpd = [".mpd", ".mpp"].iter().any(|end| met.path.path.ends_with(end));
    let folders = ENDS.map(|(object, end)| (met.folder_of(object), end));
    if !is_mpd || folders.iter().all(|(folder, _)| folder.is_empty()) {
        return resource;
    }
    if let Content::Text(text) = &resource.content
        && let Ok(text) = std::str::from_utf8(text)
    {
        let text = folders.iter().fold(text.to_owned(), |text, (folder, end)| {
            let folder = folder.replace('&', "&amp;").replace('<', "&lt;");
            text.replace(end, &format!("/{folder}{}", end.trim_start_matches('/')))
        });
        resource.content = Content::Text(text.into());
    }
    resource
}
