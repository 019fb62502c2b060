//! Why TLS could not be set up, in words for whoever wrote the files.

use std::{io, path::PathBuf};

/// What a PEM file should have held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A chain of certificates.
    Certificate,
    /// A private key.
    Key,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::Key => "private key",
        })
    }
}

/// Why certificates could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file cannot be read.
    #[error("cannot read the {subject} `{}`", path.display())]
    Read {
        /// What it should hold.
        subject: Subject,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is larger than any certificate or key.
    #[error("cannot use `{}` as {subject}: it is {size} bytes, and {max} are the most", path.display())]
    TooLarge {
        /// What it should hold.
        subject: Subject,
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The most that is read.
        max: u64,
    },
    /// The file holds something else.
    #[error(
        "cannot find a {subject} in `{}`: it has no `-----BEGIN` line of one{}",
        path.display(),
        but_of(.found)
    )]
    Absent {
        /// What it should hold.
        subject: Subject,
        /// The file.
        path: PathBuf,
        /// The labels of what it does hold.
        found: Vec<String>,
    },
    /// A block of the file is broken.
    #[error("cannot read the {subject} `{}`, line {line}: {reason}", path.display())]
    Broken {
        /// What it should hold.
        subject: Subject,
        /// The file.
        path: PathBuf,
        /// The line that the block begins on, from 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A block of the file decodes to something that is no certificate.
    #[error("cannot read certificate {number} of `{}`: {reason}", path.display())]
    NotX509 {
        /// The file.
        path: PathBuf,
        /// Which of its certificates, from 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The key is of a kind that is not spoken.
    #[error(
        "cannot use the private key `{}`: give an unencrypted ECDSA (P-256, P-384), Ed25519 or RSA \
         key in PKCS#8, SEC1 or PKCS#1", path.display()
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
    /// The key is another certificate's.
    #[error(
        "cannot use `{}` with `{}`: the key does not belong to the certificate; the chain begins \
         with the server's own certificate", key.display(), cert.display()
    )]
    Mismatch {
        /// The file of the certificate.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The certificate and its key are not usable together.
    #[error("cannot use the certificate `{}`", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
    /// There is no certificate at all.
    #[error("cannot speak TLS without a certificate: give --tls-cert FILE and --tls-key FILE")]
    NoPair,
    /// The TLS library cannot be set up.
    #[error("cannot set up TLS")]
    Setup {
        /// What it said.
        source: rustls::Error,
    },
}

fn but_of(labels: &[String]) -> String {
    if labels.is_empty() { String::new() } else { format!(", but of {}", labels.join(", ")) }
}
