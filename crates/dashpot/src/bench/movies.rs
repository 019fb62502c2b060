//! Films, as they were named.

mod asset;
mod mpd;

use super::files;
use anyhow::Context as _;
use dashpot_sim::input::{Movie, Vbr};
use std::path::Path;

/// What is played where nothing is named: ten minutes on six rungs.
const DEFAULT: &str = "gen:vbr";

/// Reads every film that is named.
pub(crate) fn read(named: &[String]) -> anyhow::Result<Vec<Movie>> {
    let default = [DEFAULT.to_owned()];
    let named = if named.is_empty() { &default } else { named };
    let movies = named.iter().map(|name| movie(name));
    let mut movies = movies.collect::<anyhow::Result<Vec<_>>>()?;
    files::unlike(movies.iter_mut().map(|movie| &mut movie.name));
    Ok(movies)
}

fn movie(name: &str) -> anyhow::Result<Movie> {
    if let Some(made) = name.strip_prefix("gen:") {
        let made = Vbr::parse(made).and_then(|vbr| vbr.movie());
        return made.with_context(|| format!("--movie {name}"));
    }
    read_file(Path::new(name)).with_context(|| format!("cannot read the film `{name}`"))
}

fn read_file(path: &Path) -> anyhow::Result<Movie> {
    let name = files::name(path, None);
    if path.is_dir() {
        return Ok(Movie::of_versions(name, asset::versions(path)?)?);
    }
    let text = files::text(path)?;
    if text.trim_start().starts_with('<') {
        return Ok(Movie::of_versions(name, mpd::versions(&text, path)?)?);
    }
    Ok(Movie::read(name, &text)?)
}

#[cfg(test)]
mod tests;
