//! What an MPD leads to that its path alone does not say.

use crate::{grammar::UTC, options::OptionError};

/// What surrounds a request for an MPD.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Around {
    /// What stands before the name of a clock in its URL: segments of a path, each with a `/` behind.
    pub clocks: String,
    /// The host that NTP is spoken with, if there is one.
    pub ntp: Option<String>,
    /// Where the MPD is to be fetched from again, relative to where it was asked for.
    pub location: Option<String>,
    /// The whole URL of the folder that the MPD is in, where it is to tell of it.
    pub folder: Option<String>,
}

impl Around {
    /// Says whether there is every clock that is asked for.
    ///
    /// # Errors
    /// Names the scheme that has none.
    pub(crate) fn checked(&self, utc: &[&'static str]) -> Result<(), OptionError> {
        let missing = utc.iter().find(|scheme| ["ntp", "sntp"].contains(scheme));
        match missing.filter(|_| self.ntp.is_none()) {
            Some(scheme) => Err(OptionError::Fit {
                given: format!("{}_{scheme}", UTC.name),
                why: "this origin knows no such server: start it with `--ntp HOST`".to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Returns a URL that is relative to the MPD's own folder, from where the MPD was asked for.
    pub(crate) fn there(&self, url: &str) -> String {
        let location = self.location.as_deref().unwrap_or_default();
        let folder = location.rfind('/').map_or("", |end| &location[..=end]);
        format!("{folder}{url}")
    }
}
