//! What a client that asks again wants to wait for (RFC 8216bis §6.2.5).

use crate::{grammar::decimal, respond::Refused};

/// The delivery directives of a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Directives {
    /// `_HLS_msn`: the playlist must have the segment of this number.
    pub(super) sequence: Option<u64>,
    /// `_HLS_part`: or this part of it.
    pub(super) part: Option<u64>,
    /// `_HLS_skip`: what the client has already can be left out.
    pub(super) skip: bool,
}

impl Directives {
    /// Reads a query. Whatever else is in it is for others.
    ///
    /// # Errors
    /// Says which directive makes no sense.
    pub(super) fn read(query: Option<&str>) -> Result<Self, Refused> {
        let mut read = Self::default();
        let mut skip = None;
        for field in query.unwrap_or_default().split('&') {
            let (name, value) = field.split_once('=').unwrap_or((field, ""));
            let twice = match name {
                "_HLS_msn" => read.sequence.replace(number(name, value)?).is_some(),
                "_HLS_part" => read.part.replace(number(name, value)?).is_some(),
                "_HLS_skip" => skip.replace(value).is_some(),
                _ => false,
            };
            if twice {
                return Err(Refused::BadRequest(format!("`{name}` is given twice")));
            }
        }
        read.skip = match skip {
            None => false,
            // There are no date ranges, so that both leave out the same.
            Some("YES" | "v2") => true,
            Some(_) => {
                let why = "`_HLS_skip` is `YES` or `v2`";
                return Err(Refused::BadRequest(why.to_owned()));
            }
        };
        // RFC 8216bis §6.2.5.2: a part is one of a segment.
        if read.part.is_some() && read.sequence.is_none() {
            let why = "`_HLS_part` needs the `_HLS_msn` that it is a part of";
            return Err(Refused::BadRequest(why.to_owned()));
        }
        Ok(read)
    }
}

fn number(name: &str, value: &str) -> Result<u64, Refused> {
    let wrong = || Refused::BadRequest(format!("`{name}` is a whole number"));
    decimal(value).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, expected: Result<(Option<u64>, Option<u64>, bool), &str>) {
        let read = Directives::read(Some(query)).map_err(|error| error.to_string());
        let read = read.map(|read| (read.sequence, read.part, read.skip));
        match (&read, &expected) {
            (Err(why), Err(part)) => assert!(why.contains(part), "{query}: {why}"),
            _ => assert_eq!(read.as_ref().ok(), expected.as_ref().ok(), "{query}"),
        }
    }

    #[test]
    fn rfc8216bis_6_2_5_directives_are_read_strictly() {
        assert_eq!(Directives::read(None), Ok(Directives::default()));
        check("", Ok((None, None, false)));
        check("nowMS=5&_HLS_msn=7&CMCD=a", Ok((Some(7), None, false)));
        check("_HLS_part=0&_HLS_msn=7&_HLS_skip=YES", Ok((Some(7), Some(0), true)));
        check("_HLS_skip=v2", Ok((None, None, true)));
        check("_HLS_primary_id=x", Ok((None, None, false)));
        for (query, why) in [
            ("_HLS_part=0", "needs the `_HLS_msn`"),
            ("_HLS_msn=", "`_HLS_msn` is a whole number"),
            ("_HLS_msn=-1", "`_HLS_msn` is a whole number"),
            ("_HLS_msn=07", "`_HLS_msn` is a whole number"),
            ("_HLS_msn=99999999999999999999", "`_HLS_msn` is a whole number"),
            ("_HLS_msn=1&_HLS_part=x", "`_HLS_part` is a whole number"),
            ("_HLS_msn=1&_HLS_msn=1", "given twice"),
            ("_HLS_skip=NO", "`_HLS_skip` is"),
            ("_HLS_skip", "`_HLS_skip` is"),
        ] {
            check(query, Err(why));
        }
    }
}
