//! Which requests are for the same resource.

use dashpot_cache::{HostRules, KeyRules};

/// Which requests are for the same resource.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Keys {
    /// Which parameters of a query tell one resource from another. By default all but `CMCD`,
    /// which differs from request to request and changes no response.
    pub rules: KeyRules,
    /// Whether what is not part of the key is asked upstream all the same: for origins that log
    /// it. Whoever asks first then decides for all who share the response.
    pub forward_dropped: bool,
    /// Makes the client's `Host` part of the key and sends it upstream, for an edge that serves
    /// several names. `None`: there is one site, whatever the client calls it.
    pub hosts: Option<HostRules>,
}
