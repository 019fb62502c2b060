//! The URLs of livesim2, DASH-IF's live simulator, read as URLs of `/live/`:
//! `[{key}_{value}/…]{asset}/Manifest.mpd`, and segments below the same prefix.
//!
//! Each key that livesim2 has is in a table: what it means here, or why it means nothing. A key
//! that means nothing is refused by name, and so is one that livesim2 does not have.

mod alias;
mod faults;
mod keys;
mod manifests;

use alias::aliased;
pub use alias::{Alias, AliasError};
use keys::{KEYS, Key, Sense};
use manifests::{MANIFESTS, Manifest, option_of};

use crate::{
    address::Form,
    catalogue::Catalogue,
    grammar::{JOIN, PARAMETERS, PATCH, PERIOD, QUERY, SNR, Spec, Values, seconds},
    respond::Refused,
};
use strsim::levenshtein;

/// Letters of a wrong option that a message repeats.
const GIVEN_MAX: usize = 40;
/// The hour that livesim2 divides into periods.
const HOUR_MS: u64 = 3_600_000;
/// What stands before a fault in a path. Faults belong to the path as a whole, so they stay in it.
const FAULT: &str = "fault_";
/// Segments that a path may have: more than there are keys.
const PARTS_MAX: usize = 64;

/// Returns the path below `/live/` that a path below `/livesim2/` stands for.
///
/// # Errors
/// Names the key that is unknown, not supported here or malformed, and one that would do; or says
/// which asset there is not.
pub fn livesim2(catalogue: &Catalogue, aliases: &[Alias], path: &str) -> Result<String, Refused> {
    let parts: Vec<&str> = path.split('/').take(PARTS_MAX + 1).collect();
    if PARTS_MAX < parts.len() {
        return Err(Refused::BadRequest("so long a path has no meaning".to_owned()));
    }
    let mut read = Read::default();
    let mut faults = String::new();
    for (at, part) in parts.iter().enumerate() {
        if part.starts_with(FAULT) {
            faults += &format!("{part}/");
            continue;
        }
        if let Some((key, value)) = known(part) {
            read.take(key, value, part)?;
            continue;
        }
        let Some(asset) = aliased(catalogue, aliases, part) else {
            let last = parts.get(at + 1).is_none_or(|next| next.ends_with(".mpd"));
            return Err(if last { no_asset(part) } else { unknown(part) });
        };
        let (rest, named) = rest(&parts[at + 1..], read.form.unwrap_or(Form::Number))?;
        read.join()?;
        let name = asset.split('/').next().unwrap_or_default();
        let further = named.option(catalogue, name, &read)?;
        let wrong: String =
            read.wrong(catalogue, &asset)?.iter().map(|one| format!("{one}/")).collect();
        faults += &wrong;
        let options = read.options.into_iter().map(|(_, option)| option).chain(further);
        let options: String = options.map(|option| format!("{option}/")).collect();
        return Ok(format!("{asset}/{faults}{options}{rest}"));
    }
    Err(Refused::NotFound(
        "no such path: livesim2's are [{key}_{value}/…]{asset}/Manifest.mpd".to_owned(),
    ))
}

/// Returns the keys of livesim2, and what each means here, as a table in Markdown: those that are
/// supported, or the others.
#[must_use]
pub fn livesim2_markdown(supported: bool) -> String {
    let row = |key: &Key| {
        let Key { name, sense } = key;
        match sense {
            Sense::Unsupported { near, why } => format!("| `{name}` | {why} | `{near}` |\n"),
            Sense::Seconds(_)
            | Sense::Milliseconds(_)
            | Sense::Number(_)
            | Sense::PerHour(_)
            | Sense::Continuous
            | Sense::Scheme(_)
            | Sense::Parameters(_)
            | Sense::Zero { .. }
            | Sense::Links(_)
            | Sense::Statuses
            | Sense::Traffic
            | Sense::Relative(_)
            | Sense::Word(_)
            | Sense::Utc(_)
            | Sense::Languages(_)
            | Sense::Form(_) => format!("| `{}` | {} |\n", key.example(), key.meaning()),
        }
    };
    let head = if supported {
        "| as in | here |\n|---|---|\n"
    } else {
        "| key | why not | nearest that is |\n|---|---|---|\n"
    };
    let keys = KEYS.iter().filter(|key| key.is_supported() == supported);
    keys.fold(head.to_owned(), |table, key| table + &row(key))
}

/// Returns the manifests of livesim2's assets, and what each is here, as a table in Markdown.
#[must_use]
pub fn livesim2_manifests() -> String {
    let row = |one: &Manifest| format!("| `{}` | {} |\n", one.name, one.meaning());
    let head = "| manifest | what it has here |\n|---|---|\n".to_owned();
    MANIFESTS.iter().fold(head, |table, one| table + &row(one))
}

/// What the keys of a path come to.
#[derive(Debug, Default)]
struct Read {
    form: Option<Form>,
    /// The options here, each with the one of its name.
    options: Vec<(&'static str, String)>,
    /// The Periods that there are to be if they are referred to: the key, and the option.
    links: Option<(String, String)>,
    /// What is to go wrong: the key, and its value.
    faults: Vec<(Sense, String)>,
}

impl Read {
    /// Reads how many Periods of an hour are referred to.
    fn linked(&mut self, value: &str) -> Option<String> {
        let ms = whole(value).and_then(|count| HOUR_MS.checked_div(count))?;
        let periods = format!("{}_{}s", PERIOD.name, seconds(ms));
        self.links = Some((format!("xlink_{value}"), periods));
        Some("onrequest".to_owned())
    }

    /// Adds what is to go wrong, unless such was said before.
    fn goes_wrong(&mut self, sense: Sense, value: &str) -> bool {
        let same = std::mem::discriminant(&sense);
        if self.faults.iter().any(|(held, _)| std::mem::discriminant(held) == same) {
            return false;
        }
        self.faults.push((sense, value.to_owned()));
        true
    }

    /// Returns the faults of an asset, which may have options of its own.
    fn wrong(&self, catalogue: &Catalogue, asset: &str) -> Result<Vec<String>, Refused> {
        let mut all = Vec::new();
        let mut parts = asset.split('/');
        let found = parts.next().and_then(|name| catalogue.asset(name));
        let options: Vec<&str> = parts.collect();
        let snr = self.options.iter().find(|(name, _)| *name == SNR.name);
        let snr = snr.and_then(|(_, option)| option.rsplit('_').next()?.parse().ok()).unwrap_or(1);
        for (sense, value) in &self.faults {
            let statuses = matches!(sense, Sense::Statuses);
            let name = if statuses { "statuscode" } else { "traffic" };
            let faults = match found.filter(|_| statuses) {
                Some(asset) => faults::status_codes(asset, &options, snr, value),
                None => faults::traffic(value).ok_or_else(|| {
                    "there is one BaseURL, with up to 8 spans as in `u20d10s5h5`".to_owned()
                }),
            };
            let key = format!("{name}_{value}");
            all.extend(faults.map_err(|why| bad(&key, &format!("does not fit: {why}")))?);
        }
        Ok(all)
    }

    fn has(&self, spec: &Spec) -> bool {
        self.options.iter().any(|(name, _)| *name == spec.name)
    }

    /// Has Periods say nothing of one another unless the path said so, and says whence parameters are.
    fn join(&mut self) -> Result<(), Refused> {
        if let Some((key, periods)) = &self.links
            && self.options.iter().all(|(_, option)| option != periods)
        {
            return Err(bad(
                key,
                "does not fit: it refers to all Periods, as many as `periods_` says",
            ));
        }
        if self.has(&PERIOD) && !self.has(&JOIN) {
            self.options.push((JOIN.name, format!("{}_none", JOIN.name)));
        }
        if self.has(&PARAMETERS) {
            self.options.push((QUERY.name, format!("{}_mpd", QUERY.name)));
        }
        Ok(())
    }

    fn take(&mut self, key: &'static Key, value: &str, given: &str) -> Result<(), Refused> {
        let wrong = || {
            let example = key.example();
            bad(given, &format!("has no such value here: did you mean `{example}`?"))
        };
        let twice = || bad(given, "says again what the path has said already");
        let (spec, value) = match key.sense {
            Sense::Unsupported { near, why } => {
                let near = KEYS.iter().find(|key| key.name == near).map_or("", |key| key.example());
                let why = format!("is not supported: {why}; the nearest that is: `{near}`");
                return Err(bad(given, &why));
            }
            Sense::Form(form) => {
                // livesim2 looks at the key alone; it has a third value, which is another thing.
                let form = ["1", "0"].contains(&value).then_some(form).ok_or_else(wrong)?;
                return self.form.replace(form).map_or(Ok(()), |_| Err(twice()));
            }
            Sense::Seconds(spec) if value == "inf" && spec.values.takes(value) => {
                (spec, value.to_owned())
            }
            Sense::Seconds(spec) => {
                let ms = milliseconds(value).filter(|ms| within(spec, *ms));
                (spec, format!("{}s", seconds(ms.ok_or_else(wrong)?)))
            }
            Sense::Milliseconds(spec) => {
                let ms = whole(value).filter(|ms| within(spec, *ms));
                (spec, format!("{}s", seconds(ms.ok_or_else(wrong)?)))
            }
            Sense::Number(spec) => {
                let number = whole(value).filter(|number| within(spec, *number));
                (spec, number.ok_or_else(wrong)?.to_string())
            }
            Sense::PerHour(spec) => {
                let ms = whole(value).and_then(|count| HOUR_MS.checked_div(count));
                (
                    spec,
                    format!("{}s", seconds(ms.filter(|ms| within(spec, *ms)).ok_or_else(wrong)?)),
                )
            }
            Sense::Continuous => {
                (&JOIN, (value == "1").then(|| "continuity".to_owned()).ok_or_else(wrong)?)
            }
            // What leads to an MPD has put a time of the clock in its place; there is no other use of it.
            Sense::Relative(_) => return Err(bad(given, "belongs to the URL of an MPD")),
            Sense::Word(spec) => {
                let is_word = matches!(spec.values, Values::Words(words) if words.contains(&value));
                (spec, is_word.then(|| value.to_owned()).ok_or_else(wrong)?)
            }
            Sense::Scheme(spec) => (spec, scheme(spec, value).ok_or_else(wrong)?),
            Sense::Links(spec) => (spec, self.linked(value).ok_or_else(wrong)?),
            Sense::Statuses | Sense::Traffic => {
                return self.goes_wrong(key.sense, value).then_some(()).ok_or_else(twice);
            }
            Sense::Zero { why } => {
                let zero = milliseconds(value).is_some_and(|ms| ms == 0);
                let why = format!("has no such value here: {why}");
                return zero.then_some(()).ok_or_else(|| bad(given, &why));
            }
            Sense::Utc(spec) => (spec, utc(value).ok_or_else(wrong)?),
            Sense::Languages(spec) | Sense::Parameters(spec) => {
                let said = spec.values.takes(value).then(|| value.to_owned());
                (spec, said.ok_or_else(wrong)?)
            }
        };
        if self.has(spec) {
            return Err(twice());
        }
        self.options.push((spec.name, format!("{}_{value}", spec.name)));
        Ok(())
    }
}

/// Finds the key of a segment of a path.
fn known(part: &str) -> Option<(&'static Key, &str)> {
    let (name, value) = part.split_once('_')?;
    KEYS.iter().find(|key| key.name == name).map(|key| (key, value))
}

/// What follows an asset.
enum Named<'a> {
    Manifest(&'static Manifest),
    /// A patch of `Manifest.mpd`.
    Patch,
    /// A file of the track of that name.
    Track(&'a str),
}

impl Named<'_> {
    /// Returns the option that it stands for.
    fn option(
        &self,
        catalogue: &Catalogue,
        asset: &str,
        read: &Read,
    ) -> Result<Option<String>, Refused> {
        let manifest = match self {
            Self::Manifest(manifest) => manifest,
            Self::Patch => return Ok(None),
            Self::Track(id) => return Ok(option_of(id).map(str::to_owned)),
        };
        let option = catalogue.asset(asset).map_or(Ok(None), |asset| manifest.option(asset))?;
        if option.is_some() && read.has(&PATCH) {
            let why = format!(
                "livesim2's option `patch_` goes with `Manifest.mpd`, not `{}`",
                manifest.name
            );
            return Err(Refused::BadRequest(why));
        }
        Ok(option)
    }
}

/// Reads what follows the asset: a manifest, or a file of the asset, perhaps of a version.
fn rest<'a>(parts: &[&'a str], form: Form) -> Result<(String, Named<'a>), Refused> {
    let files = match parts {
        [version, files @ ..] if version.starts_with("v_") => files,
        files => files,
    };
    match (parts, files) {
        ([name], _) => {
            if let Some(manifest) = MANIFESTS.iter().find(|one| one.name == *name) {
                return Ok((format!("{}.mpd", form.name()), Named::Manifest(manifest)));
            }
            let of_form = name.strip_prefix(form.name()).is_some_and(|rest| rest.starts_with('-'));
            if of_form && name.ends_with(".mpp") {
                return Ok(((*name).to_owned(), Named::Patch));
            }
        }
        (_, [track, file]) if [".mp4", ".m4s", ".jpg"].iter().any(|end| file.ends_with(end)) => {
            return Ok((parts.join("/"), Named::Track(track)));
        }
        _ => {}
    }
    let names: Vec<_> = MANIFESTS.iter().map(|one| one.name).collect();
    let names = names.join(", ");
    Err(Refused::NotFound(format!("no such path: an asset has {names}, and what these lead to")))
}

fn bad(given: &str, why: &str) -> Refused {
    let given: String = given.chars().take(GIVEN_MAX).collect();
    Refused::BadRequest(format!("livesim2's option `{given}` {why}"))
}

fn unknown(part: &str) -> Refused {
    let name: String = part.split('_').next().unwrap_or(part).chars().take(16).collect();
    let supported = KEYS.iter().filter(|key| key.is_supported());
    let nearest = supported.min_by_key(|key| levenshtein(&name, key.name));
    let nearest = nearest.map_or("", |key| key.example());
    bad(part, &format!("is none, nor is there such an asset: did you mean `{nearest}`?"))
}

fn no_asset(part: &str) -> Refused {
    let name: String = part.chars().take(GIVEN_MAX).collect();
    Refused::NotFound(format!(
        "there is no asset `{name}`: let it stand for one with --livesim2-asset {name}=ASSET"
    ))
}

fn within(spec: &Spec, number: u64) -> bool {
    match spec.values {
        Values::Count(least, most)
        | Values::Span(least, most)
        | Values::SpanOrInfinite(least, most) => (least..=most).contains(&number),
        Values::Instant => number <= crate::grammar::INSTANT_MAX,
        Values::Words(_)
        | Values::Word(_)
        | Values::Languages(_)
        | Values::Places
        | Values::Asset
        | Values::Assets
        | Values::Cues
        | Values::Tracks
        | Values::Parameters
        | Values::Version => false,
    }
}

/// Reads a whole number, with leading zeros as livesim2 takes them.
fn whole(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Reads seconds, to the millisecond.
fn milliseconds(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    if 3 < fraction.len() {
        return None;
    }
    let thousandths = whole(&format!("{fraction:0<3}"))?;
    whole(seconds)?.checked_mul(1_000)?.checked_add(thousandths)
}

/// Reads the name of a system of protection with one key: `eccp-cbcs`, or `EZDRM-1-key-cbcs`.
fn scheme(spec: &Spec, text: &str) -> Option<String> {
    let (system, scheme) = text.rsplit_once('-')?;
    let is_one = system == "eccp" || system.ends_with("-1-key");
    (is_one && spec.values.takes(scheme)).then(|| scheme.to_owned())
}

/// Reads a list of schemes. Those that differ in milliseconds alone are one here, which has them.
fn utc(text: &str) -> Option<String> {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split('-') {
        let word = match word {
            "direct" | "none" | "ntp" | "sntp" | "httpxsdate" | "httpiso" => word,
            "head" => "httphead",
            "httpxsdatems" => "httpxsdate",
            "httpisoms" => "httpiso",
            _ => return None,
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Some(words.join("-"))
}

#[cfg(test)]
mod tests;
