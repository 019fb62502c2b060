//! Several places in an MPD, with no steering: players go through them by themselves
//! (ISO/IEC 23009-1 §5.6.5, ETSI TS 103 285 §10.8.2.1).

use crate::{
    address::{Address, Target},
    grammar::{BASES, Place, STEER},
    options::OptionError,
    respond::Refused,
    steering::{Pathway, Pathways, steering_folder},
};
use dashpot_mpd::{BaseUrl, Mpd};

/// The namespace of DVB's attributes.
const DVB: &str = "urn:dvb:dash:dash-extensions:2014-1";

/// The places of one MPD.
#[derive(Clone, Debug)]
pub struct Bases {
    /// By priority.
    places: Vec<(Pathway, Place)>,
    /// The path of what is beside the MPD, from `/` to `/`.
    folder: String,
}

impl Bases {
    /// Returns what the options of an MPD or a patch of one ask for; `path` is its whole path. What
    /// MPDs lead to is the same with several places and with one.
    ///
    /// # Errors
    /// Names a pathway that there is not, or what `bases_` does not go with.
    pub(crate) fn of(
        pathways: &Pathways,
        address: &Address<'_>,
        path: &str,
    ) -> Result<Option<Self>, Refused> {
        let Some(given) = address.options.places(&BASES) else { return Ok(None) };
        let refused = |why: String| {
            let error = OptionError::Fit { given: BASES.name.to_owned() + "_", why };
            Err(Refused::BadRequest(error.to_string()))
        };
        match address.target {
            Target::Manifest(_) | Target::Patch(..) => (),
            Target::Playlist(_) => {
                return refused("playlists have no BaseURL: use `steer_`".to_owned());
            }
            Target::Init(_)
            | Target::Number(..)
            | Target::Time(..)
            | Target::Part(..)
            | Target::File(_)
            | Target::Text(_)
            | Target::Image(..)
            | Target::Remote(..) => return Ok(None),
        }
        if address.options.has(&STEER) {
            return refused("with `steer_` an MPD has every pathway already".to_owned());
        }
        let mut places = Vec::new();
        for place in given {
            let Some(pathway) = pathways.list().iter().find(|one| one.name == place.name) else {
                let known: Vec<_> =
                    pathways.list().iter().map(|one| format!("`{}`", one.name)).collect();
                return refused(match known.as_slice() {
                    [] => {
                        "this origin has no pathways: it gets them by --pathway NAME=URL".to_owned()
                    }
                    known => {
                        format!("there is no pathway `{}`, but {}", place.name, known.join(", "))
                    }
                });
            };
            places.push((pathway.clone(), place.clone()));
        }
        places.sort_by_key(|(_, place)| place.priority);
        Ok(Some(Self { places, folder: steering_folder(path) }))
    }

    /// Puts the places where the MPD's own folder was.
    pub(crate) fn add(&self, mpd: &mut Mpd) {
        let own = std::mem::take(&mut mpd.base_urls);
        for (Pathway { name, url }, place) in &self.places {
            mpd.base_urls.extend(own.iter().map(|below| BaseUrl {
                service_location: Some(name.clone()),
                url: format!("{url}{}{}", self.folder, below.url),
                extra_attributes: vec![
                    ("dvb:priority".to_owned(), place.priority.to_string()),
                    ("dvb:weight".to_owned(), place.weight.to_string()),
                ],
                ..below.clone()
            }));
        }
        mpd.extra_attributes.push(("xmlns:dvb".to_owned(), DVB.to_owned()));
    }
}

#[cfg(test)]
mod tests;
