//! HTTPS, HTTP/2 and HTTP/3 towards clients.

/// HTTPS, HTTP/2 and HTTP/3 towards clients.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tls {}
