//! The MPD of a film on demand, and what it refers to.

use super::{Cacheability, Refused, Source, WHOLE};
use crate::{
    address::Form,
    bases::Bases,
    grammar::Service,
    initset,
    manifest::{self, Listing, breaks::Breaks},
    protect,
    steering::Steered,
    text, trick,
    xlink::{self, References},
};
use dashpot_mpd::Mpd;

impl Source<'_> {
    /// Returns the MPD whose folder has that whole URL, and how long it stays true.
    pub(super) fn written(
        &self,
        form: Form,
        places: (Option<&Steered>, Option<&Bases>),
        breaks: &Breaks<'_>,
        folder: Option<&str>,
    ) -> Result<(Cacheability, String), Refused> {
        let mut mpd = self.manifest(form, places, breaks)?;
        let there = format!("{}{}/", folder.unwrap_or_default(), self.asset.version());
        let Some(references) = References::of(self.options, form, &there) else {
            return Ok((Cacheability::Manifest, mpd.write()));
        };
        references.put(&references.breaks(&mpd), &mut mpd);
        let cacheability = folder.map_or(Cacheability::Manifest, |_| xlink::PRIVATE);
        Ok((cacheability, mpd.write()))
    }

    /// Returns the breaks that an MPD refers to by the name of the first.
    pub(super) fn remote(
        &self,
        (form, id): (Form, &str),
        breaks: &Breaks<'_>,
    ) -> Result<String, Refused> {
        let mpd = self.manifest(form, (None, None), breaks)?;
        let found = References::of(self.options, form, "").and_then(|it| it.found(&mpd, id));
        found.ok_or_else(|| Refused::NotFound(format!("no MPD refers to a Period `{id}`")))
    }

    fn manifest(
        &self,
        form: Form,
        (steered, bases): (Option<&Steered>, Option<&Bases>),
        breaks: &Breaks<'_>,
    ) -> Result<Mpd, Refused> {
        if matches!(form, Form::Base | Form::List) {
            self.unprotected(WHOLE)?;
            (0..self.asset.tracks.len()).try_for_each(|track| self.indexable(track))?;
        }
        text::vod::fits(form, self.options)
            .and_then(|()| trick::fits(form.has_template(), self.options))
            .and_then(|()| initset::fits(form.has_template(), self.options))
            .and_then(|()| protect::told(self.options, Service::Vod))
            .map_err(|error| Refused::BadRequest(error.to_string()))?;
        let listing = Listing {
            asset: self.asset,
            shape: self.shape,
            form,
            events: &self.events,
            options: self.options,
            protector: self.protector.as_ref(),
            breaks,
        };
        let mut mpd = manifest::model(&listing);
        if let Some(steered) = steered {
            steered.add(&mut mpd);
        }
        if let Some(bases) = bases {
            bases.add(&mut mpd);
        }
        if let Some(protector) = &self.protector {
            protect::mpd(protector, &mut mpd);
        }
        Ok(mpd)
    }
}
