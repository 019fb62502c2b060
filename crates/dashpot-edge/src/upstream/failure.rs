//! Why an upstream gave no response, in words that say what to do.

use std::{error::Error, io, time::Duration};

use dashpot_cache::Failure;
use rustls::CertificateError;

/// Returns the kind of failure that `error` is.
pub(super) fn failure_of(error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        Failure::Connect
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Protocol
    }
}

/// Returns whether the connection went away before there was a response.
pub(super) fn is_lost(error: &reqwest::Error) -> bool {
    !error.is_connect()
        && causes(error).any(|cause| {
            let hyper = cause.downcast_ref::<hyper::Error>();
            hyper.is_some_and(|error| error.is_incomplete_message() || error.is_canceled())
                || cause.downcast_ref::<io::Error>().is_some_and(|error| {
                    use io::ErrorKind::{BrokenPipe, ConnectionReset};
                    matches!(error.kind(), ConnectionReset | BrokenPipe)
                })
        })
}

/// Returns the message nearest to the cause of `error`, as the outer ones only repeat the URL, and
/// what to do where that is known.
pub(super) fn detail_of(error: &reqwest::Error, connect_timeout: Duration) -> String {
    if error.is_connect() && error.is_timeout() {
        return format!("no connection within {connect_timeout:?}, --origin-connect-timeout");
    }
    if let Some(told) = causes(error).find_map(tls_error) {
        return told;
    }
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause.source())
}

/// Returns what is wrong with TLS or a certificate, where that is why.
fn tls_error(cause: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = cause;
    // An I/O error hands out the cause of what it holds as its own, and not what it holds; that can
    // be one, too.
    while let Some(held) = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        cause = held;
    }
    let error = cause.downcast_ref::<rustls::Error>()?;
    if let rustls::Error::InvalidMessage(_) = error {
        return Some(format!("{error}; it does not speak TLS there"));
    }
    let rustls::Error::InvalidCertificate(why) = error else { return None };
    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls may add kinds, which all say why")]
    let hint = match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "; --origin-ca names those to trust"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "; --origin-host sets the name to ask for"
        }
        _ => "",
    };
    Some(format!("{error}{hint}"))
}
