//! Films, as they were named.

use super::files;
use anyhow::Context as _;
use dashpot_sim::input::{Movie, Vbr};
use std::path::Path;

/// What is played where nothing is named: ten minutes on six rungs.
const DEFAULT: &str = "gen:vbr";

/// Reads every film that is named.
pub(super) fn read(named: &[String]) -> anyhow::Result<Vec<Movie>> {
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
    let path = Path::new(name);
    let text = files::text(path)?;
    Movie::read(files::name(path, None), &text)
        .with_context(|| format!("cannot read the film `{name}`"))
}
