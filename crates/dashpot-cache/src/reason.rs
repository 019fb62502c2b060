//! The closed sets of reasons.

use dashpot_http::cache_status::Forward;

/// Why the store alone did not answer a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nothing is stored under the key.
    UriMiss,
    /// What is stored was selected by other header values (RFC 9111 §4.1).
    VaryMiss,
    /// What is stored has outlived its freshness (RFC 9111 §4.2).
    Stale,
    /// The stored response asks to be validated each time (`no-cache`, RFC 9111 §5.2.2.4).
    ResponseNoCache,
    /// The request forbids an answer that was not validated (RFC 9111 §5.2.1.4).
    RequestNoCache,
    /// The stored response is older than the request allows (RFC 9111 §5.2.1.1).
    RequestMaxAge,
    /// The stored response will not stay fresh as long as the request asks (RFC 9111 §5.2.1.3).
    RequestMinFresh,
    /// The request forbids storing, so it takes no part in shared work (RFC 9111 §5.2.1.5).
    RequestNoStore,
    /// The request has a precondition that only an origin can evaluate (RFC 9110 §13.1.1).
    Precondition,
    /// The method is not one whose response may be reused.
    Method,
    /// The response may not be shared, so every request for it goes on its own.
    NotShareable,
    /// The request that was fetched had a precondition of its own, and what came of it says nothing
    /// to others (RFC 9111 §4.3.2).
    OthersPrecondition,
    /// As many fetches are under way as there is room for.
    Busy,
}

impl Reason {
    /// Returns the reason as `Cache-Status` tells it (RFC 9211 §2.2).
    #[must_use]
    pub const fn forward(self) -> Forward {
        match self {
            Self::UriMiss | Self::OthersPrecondition => Forward::UriMiss,
            Self::VaryMiss => Forward::VaryMiss,
            Self::Stale | Self::ResponseNoCache => Forward::Stale,
            Self::RequestNoCache
            | Self::RequestMaxAge
            | Self::RequestMinFresh
            | Self::RequestNoStore
            | Self::Precondition => Forward::Request,
            Self::Method => Forward::Method,
            Self::NotShareable => Forward::Miss,
            Self::Busy => Forward::Bypass,
        }
    }

    /// Returns the reason in the words of a log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Stale => "stale",
            Self::ResponseNoCache => "response-no-cache",
            Self::RequestNoCache => "request-no-cache",
            Self::RequestMaxAge => "request-max-age",
            Self::RequestMinFresh => "request-min-fresh",
            Self::RequestNoStore => "request-no-store",
            Self::Precondition => "precondition",
            Self::Method => "method",
            Self::NotShareable => "not-shareable",
            Self::OthersPrecondition => "others-precondition",
            Self::Busy => "busy",
        }
    }
}

/// Why a response may not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotStorable {
    /// Only responses to `GET` are stored.
    Method,
    /// The request forbids it (`no-store`, RFC 9111 §5.2.1.5).
    RequestNoStore,
    /// The response forbids it (`no-store`, RFC 9111 §5.2.2.5).
    NoStore,
    /// The response is for one user (`private`, RFC 9111 §5.2.2.7).
    Private,
    /// The status code is not final, is partial, or is not understood where it must be.
    Status,
    /// The request was authorised and the response does not open itself to others (RFC 9111 §3.5).
    Authorization,
    /// The response sets a cookie without saying that it is public.
    SetCookie,
    /// No request can select the response again (`Vary: *`, RFC 9111 §4.1).
    VaryAny,
    /// The response says neither how long it is fresh nor how to validate it.
    NoFreshness,
    /// The body ends with the connection, so that a broken one looks whole.
    CloseDelimited,
    /// The body is larger than the largest object the store takes.
    TooLarge,
}

impl NotStorable {
    /// Returns the reason in the words of a log and of the `detail` of `Cache-Status`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Method => "method",
            Self::RequestNoStore => "request-no-store",
            Self::NoStore => "no-store",
            Self::Private => "private",
            Self::Status => "status",
            Self::Authorization => "authorization",
            Self::SetCookie => "set-cookie",
            Self::VaryAny => "vary-any",
            Self::NoFreshness => "no-freshness",
            Self::CloseDelimited => "close-delimited",
            Self::TooLarge => "too-large",
        }
    }
}
