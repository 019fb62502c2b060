//! Why there is no answer.

use hickory_proto::rr::Name;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// No server of the zone answers.
    #[error("no server of the zone {0} answers")]
    Unanswered(Name),
    /// There is no end to aliases, referrals or questions within questions.
    #[error("the way to the name has no end")]
    Endless,
    /// It is not what its owner has signed.
    #[error("{0}")]
    Bogus(Bogus),
}

/// Why something is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Bogus {
    /// A zone that signs has not signed it.
    #[error("{0} is not signed, and its zone signs")]
    Unsigned(Name),
    /// No signature is right.
    #[error("no signature over {0} is right: {1}")]
    Signature(Name, &'static str),
    /// No key of the zone is vouched for.
    #[error("no key of the zone {0} is vouched for")]
    Key(Name),
    /// That there is nothing is not proved.
    #[error("that there is nothing at {0} is not proved")]
    Denial(Name),
}

impl Failure {
    /// Returns the code that tells it to who asks (RFC 8914 §4).
    pub(crate) const fn extended(&self) -> u16 {
        match self {
            Self::Unanswered(_) => 22,
            Self::Endless => 0,
            Self::Bogus(Bogus::Unsigned(_)) => 10,
            Self::Bogus(Bogus::Signature(..)) => 6,
            Self::Bogus(Bogus::Key(_)) => 9,
            Self::Bogus(Bogus::Denial(_)) => 12,
        }
    }
}
