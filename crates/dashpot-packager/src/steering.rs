//! Content steering in manifests: the same files from several places, and whom to ask which one to take
//! (ISO/IEC 23009-1 §K.3.6, ETSI TS 103 998).

use crate::{
    address::{Address, Target, is_name},
    grammar::STEER,
    options::OptionError,
};
use dashpot_hls::{KeyFrames, Multivariant, Rendition, Steering, Variant};
use dashpot_mpd::{BaseUrl, Element, Mpd, Node};
use std::{str::FromStr, sync::Arc};

/// A place that has everything the origin has: an edge before it, or a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pathway {
    /// Its name: `BaseURL@serviceLocation`, `PATHWAY-ID`.
    pub name: String,
    /// The URL of its root, without the last `/`.
    pub url: String,
}

/// Why a text is no [`Pathway`], or no URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathwayError {
    /// It is not of that shape.
    #[error("no pathway: it is NAME=URL, as in `east=https://east.example`")]
    Shape,
    /// The name is none.
    #[error("no name of a pathway: up to 64 letters, digits, `-`, `_` and `.`")]
    Name,
    /// The URL is none.
    #[error("no URL of a server: it begins with http:// or https:// and has no query")]
    Url,
    /// There are two of the name.
    #[error("pathway `{0}` is there twice")]
    Twice(String),
    /// There are more than steering manifests name.
    #[error("there are more than {PATHWAYS_MAX} pathways")]
    Many,
}

/// Pathways that there may be.
pub(crate) const PATHWAYS_MAX: usize = 16;
/// Options that only MPDs take notice of.
const OF_MPDS: [&str; 2] = ["steer_", "bases_"];
/// Letters of a URL.
const URL_MAX: usize = 512;

impl FromStr for Pathway {
    type Err = PathwayError;

    fn from_str(text: &str) -> Result<Self, PathwayError> {
        let (name, url) = text.split_once('=').ok_or(PathwayError::Shape)?;
        // What a path can hold needs no escape in an attribute or a query either.
        if !is_name(name) {
            return Err(PathwayError::Name);
        }
        Ok(Self { name: name.to_owned(), url: server_url(url)? })
    }
}

/// Reads the URL of a server, perhaps with a path, and returns it without the last `/`.
///
/// # Errors
/// Where it is no such URL.
pub fn server_url(text: &str) -> Result<String, PathwayError> {
    let text = text.trim_end_matches('/');
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let rest = rest.filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
    // RFC 3986 §2: what has no meaning of its own there; `@` would be somebody's password.
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%:/[]!$&'()*+,;=".contains(&byte);
    let is_url = text.len() <= URL_MAX && rest.is_some_and(|rest| rest.bytes().all(allowed));
    if is_url { Ok(text.to_owned()) } else { Err(PathwayError::Url) }
}

/// All pathways, and whom players ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pathways {
    list: Vec<Pathway>,
    server: String,
}

impl Pathways {
    /// Returns pathways that the steering server at `server`, a URL, tells players to take.
    ///
    /// # Errors
    /// Where two have one name, or there are too many.
    pub fn new(list: Vec<Pathway>, server: String) -> Result<Self, PathwayError> {
        if PATHWAYS_MAX < list.len() {
            return Err(PathwayError::Many);
        }
        for (at, pathway) in list.iter().enumerate() {
            if list[..at].iter().any(|before| before.name == pathway.name) {
                return Err(PathwayError::Twice(pathway.name.clone()));
            }
        }
        Ok(Self { list, server })
    }

    /// Returns them in the order in which they were given.
    #[must_use]
    pub fn list(&self) -> &[Pathway] {
        &self.list
    }

    /// Returns the URL that players ask.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }
}

/// What steering adds to one presentation.
#[derive(Clone, Debug)]
pub struct Steered {
    pathways: Arc<Pathways>,
    /// The path of what is beside the MPD, from `/` to `/`.
    folder: String,
    asks_first: bool,
}

impl Steered {
    /// Returns what the options of an MPD or a patch of one ask for; `path` is its whole path. What
    /// MPDs lead to is the same with steering and without.
    pub(crate) fn of(
        pathways: &Arc<Pathways>,
        address: &Address<'_>,
        path: &str,
    ) -> Result<Option<Self>, OptionError> {
        let Some(words) = address.options.words(&STEER) else { return Ok(None) };
        let refused = |why: &str| {
            let given = format!("steer_{}", words.join("-"));
            Err(OptionError::Fit { given, why: why.to_owned() })
        };
        match address.target {
            Target::Manifest(_) | Target::Patch(..) | Target::Playlist(None) => (),
            Target::Init(_)
            | Target::Playlist(Some(_))
            | Target::Number(..)
            | Target::Time(..)
            | Target::Part(..)
            | Target::File(_)
            | Target::Text(_)
            | Target::Image(..)
            | Target::Remote(..) => return Ok(None),
        }
        if pathways.list.is_empty() {
            return refused("this origin has no pathways: it gets them by --pathway NAME=URL");
        }
        let folder = steering_folder(path);
        let asks_first = words.contains(&"before");
        Ok(Some(Self { pathways: Arc::clone(pathways), folder, asks_first }))
    }

    /// Puts the pathways in the place of the MPD's own folder, and says whom to ask.
    pub(crate) fn add(&self, mpd: &mut Mpd) {
        let own = std::mem::take(&mut mpd.base_urls);
        for Pathway { name, url } in &self.pathways.list {
            mpd.base_urls.extend(own.iter().map(|below| BaseUrl {
                service_location: Some(name.clone()),
                url: format!("{url}{}{}", self.folder, below.url),
                ..below.clone()
            }));
        }
        let mut attributes = Vec::new();
        if let Some(first) = self.pathways.list.first() {
            attributes.push(("defaultServiceLocation".to_owned(), first.name.clone()));
        }
        if self.asks_first {
            attributes.push(("queryBeforeStart".to_owned(), "true".to_owned()));
        }
        let steering = Element {
            name: "ContentSteering".to_owned(),
            attributes,
            children: vec![Node::Text(self.pathways.server.clone())],
        };
        let steering = Node::Element(steering);
        // One for all clients may be there already; the schema has steering behind the latency.
        let of_all = |element: &&mut Element| {
            element.name == "ServiceDescription" && !element.children.iter().any(is_scope)
        };
        if let Some(description) = mpd.extra_children.iter_mut().find(of_all) {
            description.children.push(steering);
        } else {
            mpd.extra_children.push(Element {
                name: "ServiceDescription".to_owned(),
                attributes: vec![("id".to_owned(), "0".to_owned())],
                children: vec![steering],
            });
        }
    }
}

impl Steered {
    /// Does the same in a multivariant playlist: what each pathway has stands beside what the others
    /// have, under the same names, with groups of its own (RFC 8216bis §7.3).
    pub(crate) fn add_to(&self, playlist: &mut Multivariant) {
        let renditions = std::mem::take(&mut playlist.renditions);
        let variants = std::mem::take(&mut playlist.variants);
        let key_frames = std::mem::take(&mut playlist.key_frames);
        for Pathway { name, url } in &self.pathways.list {
            let at = |uri: &str| format!("{url}{}{uri}", self.folder);
            let group = |group: &str| format!("{group}-{name}");
            playlist.renditions.extend(renditions.iter().map(|one| Rendition {
                group: group(&one.group),
                uri: at(&one.uri),
                ..one.clone()
            }));
            playlist.variants.extend(variants.iter().map(|one| Variant {
                audio: one.audio.as_deref().map(group),
                subtitles: one.subtitles.as_deref().map(group),
                pathway: Some(name.clone()),
                uri: at(&one.uri),
                ..one.clone()
            }));
            playlist.key_frames.extend(key_frames.iter().map(|one| KeyFrames {
                pathway: Some(name.clone()),
                uri: at(&one.uri),
                ..one.clone()
            }));
        }
        // Players of HLS ask as soon as they can, whatever `steer_` says.
        playlist.steering = self.pathways.list.first().map(|first| Steering {
            server: self.pathways.server.clone(),
            pathway: first.name.clone(),
        });
    }
}

/// Returns the folder of an MPD at every pathway, from `/` to `/`.
///
/// Segments are the same with steering and without: so that a cache has them once, and a pathway
/// need not know that it is one.
#[must_use]
pub fn steering_folder(path: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let parts =
        folder.split('/').filter(|part| !OF_MPDS.iter().any(|option| part.starts_with(option)));
    parts.fold(String::new(), |all, part| all + part + "/")
}

/// Says whether the path of an MPD asks for whole URLs of pathways.
#[must_use]
pub fn leads_to_pathways(path: &str) -> bool {
    path.split('/').any(|part| OF_MPDS.iter().any(|option| part.starts_with(option)))
}

fn is_scope(node: &Node) -> bool {
    match node {
        Node::Element(element) => element.name == "Scope",
        Node::Text(_) => false,
    }
}

#[cfg(test)]
mod tests;
