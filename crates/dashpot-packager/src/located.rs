//! MPDs that are elsewhere than where they are asked for: times that count from now become times of
//! the clock, so that what is there stays a function of its URL.

use crate::{
    grammar::{LOCATION, Options, START, START_RELATIVE, STOP, STOP_RELATIVE, Service, Spec},
    respond::Refused,
};
use dashpot_base::WallTime;

/// Where an MPD is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Its path.
    pub path: String,
    /// The same, relative to the path that was asked for.
    pub reference: String,
    /// Whether who asks is sent there, rather than told so in the MPD.
    pub redirects: bool,
}

/// Returns where the MPD is that is asked for by a path below `/live/` or `/livesim2/` at a time, unless
/// it is where it is asked for.
///
/// # Errors
/// Names an option that is malformed.
pub fn located(path: &str, now: WallTime) -> Result<Option<Located>, Refused> {
    let root = ["/live/", "/livesim2/"].into_iter().find(|root| path.starts_with(root));
    let Some((root, below)) = root.and_then(|root| Some((root, path.strip_prefix(root)?))) else {
        return Ok(None);
    };
    let (folders, file) = below.rsplit_once('/').unwrap_or(("", below));
    let mut redirects = file.ends_with(".m3u8");
    if !redirects && !file.ends_with(".mpd") {
        return Ok(None);
    }
    let (mut kept, mut moved) = (Vec::new(), false);
    for folder in folders.split('/') {
        let option = match root {
            "/live/" => option(folder)?,
            _ => livesim2_option(folder)?,
        };
        match option {
            Some(Asked::Start(ms)) => {
                let start = now.unix_millis().saturating_sub(ms) / 1_000;
                kept.push(format!("{}_{start}", START.name));
            }
            Some(Asked::Stop(ms)) => {
                let stop = now.unix_millis().saturating_add(ms).div_ceil(1_000);
                kept.push(format!("{}_{stop}", STOP.name));
            }
            Some(Asked::Redirect) => redirects = true,
            Some(Asked::Element) => {}
            None => kept.push(folder.to_owned()),
        }
        moved |= option.is_some();
    }
    let below = format!("{}/{file}", kept.join("/"));
    let up = "../".repeat(folders.split('/').count());
    Ok(moved.then(|| Located {
        path: format!("{root}{below}"),
        reference: format!("{up}{below}"),
        redirects,
    }))
}

/// Returns an option that only the URL of an MPD can have, and that nothing has taken out of it.
pub(crate) fn unsettled(options: &Options) -> Option<&'static Spec> {
    let given = |spec: &&Spec| options.number(spec).is_some() || options.words(spec).is_some();
    [&START_RELATIVE, &STOP_RELATIVE, &LOCATION].into_iter().find(given)
}

/// What a segment of a path asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// The event began so many milliseconds ago.
    Start(u64),
    /// The event ends in so many milliseconds.
    Stop(u64),
    /// Send who asks to the MPD.
    Redirect,
    /// Say in the MPD where it is.
    Element,
}

fn option(folder: &str) -> Result<Option<Asked>, Refused> {
    let is = |spec: &Spec| folder.strip_prefix(spec.name).is_some_and(|rest| rest.starts_with('_'));
    if ![START_RELATIVE, STOP_RELATIVE, LOCATION].iter().any(is) {
        return Ok(None);
    }
    let options = Options::default()
        .with(Service::Live, folder)
        .map_err(|error| Refused::BadRequest(error.to_string()))?;
    let start = options.number(&START_RELATIVE).map(Asked::Start);
    let stop = options.number(&STOP_RELATIVE).map(Asked::Stop);
    let location = options.words(&LOCATION).map(|words| match words {
        ["redirect"] => Asked::Redirect,
        _ => Asked::Element,
    });
    Ok(start.or(stop).or(location))
}

/// Reads livesim2's `startrel_-20` and `stoprel_20`: seconds from now, into the past where negative.
fn livesim2_option(folder: &str) -> Result<Option<Asked>, Refused> {
    let Some((name @ ("startrel" | "stoprel"), value)) = folder.split_once('_') else {
        return Ok(None);
    };
    let number = value.strip_prefix('-').unwrap_or(value);
    let digits = (1..=9).contains(&number.len()) && number.bytes().all(|one| one.is_ascii_digit());
    let ms = number.parse::<u64>().ok().filter(|_| digits).map(|seconds| seconds * 1_000);
    match (name, value.starts_with('-'), ms) {
        ("startrel", true, Some(ms)) => Ok(Some(Asked::Start(ms))),
        ("stoprel", false, Some(ms)) => Ok(Some(Asked::Stop(ms))),
        _ => {
            let given: String = folder.chars().take(40).collect();
            Err(Refused::BadRequest(format!(
                "livesim2's option `{given}` has no such value here: did you mean `startrel_-20` or `stoprel_20`?"
            )))
        }
    }
}

#[cfg(test)]
mod tests;
