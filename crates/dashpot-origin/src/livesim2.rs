//! Requests in livesim2's grammar, as the requests below `/live/` that they stand for.

use dashpot_packager::{Alias, Catalogue, Refused, livesim2};
use http::request::Parts;
use std::borrow::Cow;

/// Returns the request that is meant: one for `/livesim2/…` is one for a path below `/live/`, and
/// every other is what it is.
///
/// # Errors
/// Says which key or asset there is not.
pub(crate) fn meant<'a>(
    catalogue: &Catalogue,
    aliases: &[Alias],
    request: &'a Parts,
) -> Result<Cow<'a, Parts>, Refused> {
    let Some(below) = request.uri.path().strip_prefix("/livesim2/") else {
        return Ok(Cow::Borrowed(request));
    };
    let below = livesim2(catalogue, aliases, below)?;
    let query = request.uri.query().map_or_else(String::new, |query| format!("?{query}"));
    let path = format!("/live/{below}{query}");
    let long = || Refused::BadRequest("so long a path has no meaning".to_owned());
    let mut request = request.clone();
    request.uri = path.parse().map_err(|_| long())?;
    Ok(Cow::Owned(request))
}
