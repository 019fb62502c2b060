//! The files: read, and looked at for changes.

use super::{KeyPair, Subject, TlsError};
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer,
    pem::{Error, PemObject as _, SectionKind},
};
use std::{
    fs::{self, File},
    io::Read as _,
    path::Path,
};

/// The largest file that is read; a chain is a few kilobytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What tells that a file has been written or replaced; all zero where it is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    modified_ns: i128,
    bytes: u64,
    inode: u64,
}

/// Returns what the files look like.
pub(super) fn stamps(pairs: &[KeyPair]) -> Vec<Stamp> {
    pairs.iter().flat_map(|pair| [&pair.cert, &pair.key]).map(|path| stamp(path)).collect()
}

#[cfg(unix)]
fn stamp(path: &Path) -> Stamp {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).map_or_else(
        |_| Stamp::default(),
        |file| Stamp {
            modified_ns: i128::from(file.mtime()) * 1_000_000_000 + i128::from(file.mtime_nsec()),
            bytes: file.size(),
            inode: file.ino(),
        },
    )
}

#[cfg(not(unix))]
fn stamp(path: &Path) -> Stamp {
    let modified = |file: &fs::Metadata| {
        let since = file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        i128::try_from(since.as_nanos()).ok()
    };
    fs::metadata(path).map_or_else(
        |_| Stamp::default(),
        |file| Stamp {
            modified_ns: modified(&file).unwrap_or_default(),
            bytes: file.len(),
            inode: 0,
        },
    )
}

/// Reads a chain of certificates.
pub(super) fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let subject = Subject::Certificate;
    let text = read(subject, path)?;
    let mut chain = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        chain.push(certificate.map_err(|error| broken(subject, path, &text, &error))?);
    }
    if chain.is_empty() { Err(absent(subject, path, &text)) } else { Ok(chain) }
}

/// Reads a private key.
pub(super) fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let subject = Subject::Key;
    let text = read(subject, path)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
        let nothing = matches!(error, Error::NoItemsFound);
        if nothing { absent(subject, path, &text) } else { broken(subject, path, &text, &error) }
    })
}

fn read(subject: Subject, path: &Path) -> Result<Vec<u8>, TlsError> {
    let unread = |source| TlsError::Read { subject, path: path.to_owned(), source };
    let mut text = Vec::new();
    let mut file = File::open(path).map_err(unread)?.take(FILE_BYTES_MAX + 1);
    file.read_to_end(&mut text).map_err(unread)?;
    let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if FILE_BYTES_MAX < size {
        let path = path.to_owned();
        return Err(TlsError::TooLarge { subject, path, size, max: FILE_BYTES_MAX });
    }
    Ok(text)
}

/// Returns the line number and label of each block's first line.
fn labels(text: &[u8]) -> Vec<(usize, String)> {
    let text = String::from_utf8_lossy(text);
    let begins = text.lines().enumerate().filter_map(|(at, line)| {
        let label = line.strip_prefix("-----BEGIN ")?.trim_end().trim_end_matches('-');
        Some((at + 1, label.to_owned()))
    });
    begins.collect()
}

fn absent(subject: Subject, path: &Path, text: &[u8]) -> TlsError {
    let found = labels(text).into_iter().map(|(_, label)| label).collect();
    TlsError::Absent { subject, path: path.to_owned(), found }
}

fn broken(subject: Subject, path: &Path, text: &[u8], error: &Error) -> TlsError {
    let reason = match error {
        Error::MissingSectionEnd { .. } => "the block has no `-----END` line",
        Error::IllegalSectionStart { .. } => "the `-----BEGIN` line does not end in `-----`",
        Error::Base64Decode(_) => "the block is not base64",
        Error::Io(_) | Error::NoItemsFound | Error::SectionTooLarge | _ => {
            "the block cannot be read"
        }
    };
    // Blocks of kinds unknown to the reader do not come out of it.
    let known = labels(text)
        .into_iter()
        .filter(|(_, label)| SectionKind::try_from(label.as_bytes()).is_ok());
    let whole = Block::pem_slice_iter(text).take_while(Result::is_ok).count();
    let line = known.map(|(line, _)| line).nth(whole).unwrap_or(1);
    TlsError::Broken { subject, path: path.to_owned(), line, reason }
}

/// A block of any kind.
type Block = (SectionKind, Vec<u8>);
