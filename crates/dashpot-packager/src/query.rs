//! Parameters in the queries of URLs (ISO/IEC 23009-1 Annex I): the MPD asks players to send one with
//! every segment's request, and without it a segment is refused, so that a player is really tried.

use crate::{
    grammar::{Options, PARAMETERS, QUERY, Service},
    options::OptionError,
};
use dashpot_mpd::{Descriptor, Element, Node};

/// The parameter that is wanted where the path names none.
const PARAMETER: &str = "dashpot=annex-i";
/// The namespace of the elements, which both schemes share.
const NAMESPACE: &str = "urn:mpeg:dash:schema:urlparam:2016";

/// Returns what an MPD says of the parameter that its segments want, if they want one.
pub(crate) fn descriptor(options: &Options) -> Option<Descriptor> {
    let words = options.words(&QUERY)?;
    // Annex I.2 and I.3: the second scheme has more attributes, and the same ones.
    let (scheme, name) = if words.contains(&"ext") {
        ("urn:mpeg:dash:urlparam:2016", "ExtUrlQueryInfo")
    } else {
        ("urn:mpeg:dash:urlparam:2014", "UrlQueryInfo")
    };
    let parameters = parameters(options).join("&");
    let source = if words.contains(&"mpd") {
        ("useMPDUrlQuery", "true")
    } else {
        ("queryString", parameters.as_str())
    };
    let mut attributes = vec![("xmlns", NAMESPACE), ("queryTemplate", "$querypart$"), source];
    if words.contains(&"ext") {
        attributes.push(("includeInRequests", "segment"));
    }
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let element = Element {
        name: name.to_owned(),
        attributes: attributes.into_iter().map(owned).collect(),
        children: Vec::<Node>::new(),
    };
    Some(Descriptor {
        scheme_id_uri: Some(scheme.to_owned()),
        extra_children: vec![element],
        ..Descriptor::default()
    })
}

/// Returns the parameters that are wanted.
fn parameters(options: &Options) -> Vec<&str> {
    let given = options.names(&PARAMETERS);
    given.map_or_else(|| vec![PARAMETER], |all| all.iter().map(String::as_str).collect())
}

/// Refuses parameters that nobody is to send.
///
/// # Errors
/// Names the option.
pub(crate) fn checked(options: &Options) -> Result<(), OptionError> {
    match options.names(&PARAMETERS).filter(|_| options.words(&QUERY).is_none()) {
        None => Ok(()),
        Some(all) => Err(OptionError::Fit {
            given: format!("{}_{}", PARAMETERS.name, all.join(",")),
            why: "nobody is asked to send it: use it with `query_own` or `query_mpd`".to_owned(),
        }),
    }
}

/// Refuses playlists whose segments want a parameter, for HLS has no way to tell players of it.
///
/// # Errors
/// Names the option.
pub(crate) fn unlisted(options: &Options) -> Result<(), OptionError> {
    let Some(words) = options.words(&QUERY) else { return Ok(()) };
    let why = "playlists tell nobody of parameters: use an MPD, or leave it out".to_owned();
    Err(OptionError::Fit { given: format!("query_{}", words.join("-")), why })
}

/// Says whether a request for a path has the parameter that it wants.
///
/// # Errors
/// Says which parameter there should be; that is a request without permission.
pub fn permitted(path: &str, query: Option<&str>) -> Result<(), String> {
    let named = |name: &str| path.split('/').find(|part| part.starts_with(name));
    let Some(given) = named("query_") else { return Ok(()) };
    // What is malformed, others refuse.
    let read = |options: Options, part: &str| options.with(Service::Live, part);
    let Ok(options) =
        [Some(given), named("param_")].into_iter().flatten().try_fold(Options::default(), read)
    else {
        return Ok(());
    };
    let words = options.words(&QUERY).unwrap_or(&[]);
    let is_mpd = path.ends_with(".mpd") || path.ends_with(".mpp");
    let wants = if is_mpd {
        words.contains(&"mpd")
    } else {
        path.ends_with(".m4s") || path.ends_with("/init.mp4")
    };
    let parameters = parameters(&options);
    let is_there =
        |wanted: &&str| query.is_some_and(|query| query.split('&').any(|one| one == *wanted));
    if wants && !parameters.iter().all(is_there) {
        let parameters = parameters.join("&");
        let what = if is_mpd { "this MPD passes on a parameter" } else { "segments want one" };
        return Err(format!("option `{given}`: {what}, and `?{parameters}` is not in the URL"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, Catalogue, Found, Refused, fixture, respond, respond_live};
    use dashpot_base::WallTime;

    #[test]
    fn segments_want_the_parameter_and_some_mpds_do() {
        let check = |path: &str, query: Option<&str>, expected: bool| {
            assert_eq!(permitted(path, query).is_ok(), expected, "{path} {query:?}");
        };
        let right = Some("CMCD=bl%3D1&dashpot=annex-i");
        for segment in ["v1/5.m4s", "v1/t5.m4s", "v1/5_1.m4s", "v1/init.mp4"] {
            check(&format!("/live/film/query_own/v_0/{segment}"), None, false);
            check(&format!("/live/film/query_own/v_0/{segment}"), Some("dashpot=annex"), false);
            check(&format!("/vod/film/query_mpd-ext/{segment}"), right, true);
            check(&format!("/live/film/{segment}"), None, true);
        }
        check("/live/film/query_own/time.mpd", None, true);
        check("/live/film/query_mpd/time.mpd", None, false);
        check("/live/film/query_mpd/time.mpd", right, true);
        for (query, expected) in [
            ("b=Y&a=X", true),
            ("a=X", false),
            ("dashpot=annex-i", false),
            ("nowMS=1&a=X&b=Y", true),
        ] {
            check("/live/film/param_a=X,b=Y/query_own/v1/5.m4s", Some(query), expected);
            check("/live/film/query_mpd/param_a=X,b=Y/time.mpd", Some(query), expected);
        }
        check("/live/film/query_nothing/v1/5.m4s", None, true);
        let why = permitted("/live/film/query_own/v1/5.m4s", None).unwrap_err();
        assert!(why.starts_with("option `query_own`: segments want one, and `?dashpot="), "{why}");
    }

    #[test]
    fn a_playlist_has_no_parameters() {
        let catalogue = Catalogue::new([fixture::clip(3)]);
        for name in ["hls", "hls-v1"] {
            let why = |found: Result<Found, Refused>| match found {
                Err(Refused::BadRequest(why)) => why,
                found => panic!("{name}: {found:?}"),
            };
            let path = format!("clip/query_mpd-ext/{name}.m3u8");
            let vod = why(respond(&catalogue, &path));
            assert!(vod.starts_with("option `query_mpd-ext` does not fit"), "{vod}");
            let live = respond_live(&catalogue, &path, WallTime::EPOCH);
            assert_eq!(why(live), vod);
        }
    }

    #[test]
    fn parameters_are_for_those_who_are_asked() {
        let catalogue = Catalogue::new([fixture::clip(3)]);
        let refused = respond(&catalogue, "clip/param_a=X/number.mpd").unwrap_err().to_string();
        assert!(refused.starts_with("option `param_a=X` does not fit"), "{refused}");
        let live = respond_live(&catalogue, "clip/param_a=X/v1/5.m4s", WallTime::EPOCH);
        assert_eq!(live.unwrap_err().to_string(), refused);
    }

    #[test]
    fn an_mpd_tells_it_in_either_scheme() {
        let catalogue = Catalogue::new([fixture::clip(3)]);
        let check = |option: &str, scheme: &str, element: &str| {
            let found = respond(&catalogue, &format!("clip/{option}/number.mpd")).unwrap();
            let Body::Text(text) = found.body else { panic!("{option}") };
            let id = format!("schemeIdUri=\"urn:mpeg:dash:urlparam:{scheme}\"");
            assert!(text.contains(&id) && text.contains(element), "{text}");
        };
        let own = "queryTemplate=\"$querypart$\" queryString=\"dashpot=annex-i\"";
        let mpd = "queryTemplate=\"$querypart$\" useMPDUrlQuery=\"true\"";
        check("query_own", "2014", own);
        check("query_mpd", "2014", mpd);
        check("query_mpd-ext", "2016", mpd);
        let two = "queryString=\"a=X&amp;b=Y\"";
        check("query_own/param_a=X,b=Y", "2014", two);
        check("query_ext", "2016", &format!("{own} includeInRequests=\"segment\""));
    }
}
