//! What an MPD leads to.

use std::collections::BTreeSet;

use dashpot_mpd::timeline::{Presentation, SegmentIndex};
use url::Url;

/// The host that URLs are resolved against where none is part of the key; what leads elsewhere is
/// told by it.
const NO_HOST: &str = "edge.invalid";

/// A resource to fetch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wanted {
    pub(crate) path_and_query: String,
    /// The value of `Range`.
    pub(crate) range: Option<String>,
    /// The host, where it is part of the key.
    pub(crate) host: Option<String>,
}

/// Returns the resources on the same host that the MPD in `text` leads to, which is `mpd`.
///
/// # Errors
/// Why there are none, for people.
pub(crate) fn of_mpd(text: &[u8], mpd: &Wanted) -> Result<BTreeSet<Wanted>, String> {
    let host = mpd.host.as_deref().unwrap_or(NO_HOST);
    let base = format!("http://{host}{}", mpd.path_and_query);
    let base = Url::parse(&base).map_err(|error| error.to_string())?;
    let (parsed, _) = dashpot_mpd::parse(text).map_err(|error| error.to_string())?;
    let presentation = Presentation::resolve(&parsed, &base).map_err(|error| error.to_string())?;
    let mut found = BTreeSet::new();
    let mut add = |url: &str, range: Option<(u64, u64)>| {
        let Ok(url) = Url::parse(url) else { return };
        // What is on another host is not this edge's to fetch.
        if url.host_str() != base.host_str() || url.port() != base.port() {
            return;
        }
        let range = range.map(|(first, last)| match last {
            u64::MAX => format!("bytes={first}-"),
            last => format!("bytes={first}-{last}"),
        });
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path_and_query = format!("{}{query}", url.path());
        found.insert(Wanted { path_and_query, range, host: mpd.host.clone() });
    };
    let sets = presentation.periods.iter().flat_map(|period| &period.sets);
    for representation in sets.flat_map(|set| &set.representations) {
        if let Some(init) = &representation.init {
            add(&init.url, init.range);
        }
        match &representation.index {
            SegmentIndex::Listed(segments) => {
                segments.iter().for_each(|segment| add(&segment.url, segment.range));
            }
            // The index and the media are in one file, which is wanted whole.
            SegmentIndex::NeedsSidx(file) => add(&file.url, None),
        }
    }
    if found.is_empty() { Err("it leads to nothing on this host".to_owned()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base_url: &str, expected: Result<&[(&str, Option<&str>)], &str>) {
        let text = format!(
            r#"<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="x"
              mediaPresentationDuration="PT4S" minBufferTime="PT2S">{base_url}<Period>
              <AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="1"
              codecs="avc1.64001f"><SegmentTemplate media="$Number$.m4s?t=1" startNumber="1"
              initialization="init.mp4" duration="2"/></Representation></AdaptationSet>
              </Period></MPD>"#
        );
        let mpd = Wanted { path_and_query: "/film/a.mpd?x".to_owned(), range: None, host: None };
        let found = of_mpd(text.as_bytes(), &mpd);
        match expected {
            Ok(expected) => {
                let found = found.unwrap();
                let found: Vec<_> =
                    found.iter().map(|one| (&*one.path_and_query, one.range.as_deref())).collect();
                assert_eq!(found, expected, "{base_url}");
            }
            Err(expected) => {
                let error = found.unwrap_err();
                assert!(error.contains(expected), "{base_url}: {error}");
            }
        }
    }

    #[test]
    fn an_mpd_leads_to_its_segments_on_its_own_host() {
        check(
            "",
            Ok(&[("/film/1.m4s?t=1", None), ("/film/2.m4s?t=1", None), ("/film/init.mp4", None)]),
        );
        check(
            "<BaseURL>/other/</BaseURL>",
            Ok(&[
                ("/other/1.m4s?t=1", None),
                ("/other/2.m4s?t=1", None),
                ("/other/init.mp4", None),
            ]),
        );
        check("<BaseURL>http://elsewhere/</BaseURL>", Err("nothing on this host"));
        check("<Nonsense", Err(""));
    }
}
