//! Names that livesim2 gives to assets, for assets that there are.

use crate::{
    address::is_name,
    catalogue::Catalogue,
    grammar::{Options, Service},
};
use std::str::FromStr;

/// A name that stands for an asset here, perhaps with options: `testpic4_8s=film/seg_8s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    name: String,
    asset: String,
    /// What follows the asset in a path: nothing, or options, each behind a `/`.
    options: String,
}

/// Why a text is no [`Alias`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AliasError {
    /// It is not of that shape.
    #[error("no alias: it is NAME=ASSET, or with options NAME=ASSET/seg_8s")]
    Shape,
    /// An option is none.
    #[error("no option of a live film")]
    Option(#[source] crate::AddressError),
}

impl FromStr for Alias {
    type Err = AliasError;

    fn from_str(text: &str) -> Result<Self, AliasError> {
        let (name, path) = text.split_once('=').ok_or(AliasError::Shape)?;
        let mut parts = path.split('/');
        let asset = parts.next().unwrap_or_default();
        if !is_name(name) || !is_name(asset) {
            return Err(AliasError::Shape);
        }
        parts
            .try_fold(Options::default(), |options, given| options.with(Service::Live, given))
            .map_err(AliasError::Option)?;
        let options = path.get(asset.len()..).unwrap_or_default().to_owned();
        Ok(Self { name: name.to_owned(), asset: asset.to_owned(), options })
    }
}

/// What livesim2's own assets are by default, where there is an asset `film`: its demonstration
/// film has the same rates of segments.
const DEFAULTS: &[(&str, &str)] = &[
    ("testpic_2s", "film/seg_2s"),
    ("testpic_6s", "film/seg_6s"),
    ("testpic_8s", "film/seg_8s"),
    ("testpic4_8s", "film/seg_8s"),
];

/// Returns the asset, perhaps with options, that a name stands for.
pub(super) fn aliased(catalogue: &Catalogue, aliases: &[Alias], name: &str) -> Option<String> {
    if let Some(alias) = aliases.iter().find(|alias| alias.name == name) {
        return Some(format!("{}{}", alias.asset, alias.options));
    }
    if catalogue.asset(name).is_some() {
        return Some(name.to_owned());
    }
    let (_, path) = DEFAULTS.iter().find(|(of, _)| *of == name)?;
    let asset = path.split('/').next()?;
    catalogue.asset(asset).map(|_| (*path).to_owned())
}
