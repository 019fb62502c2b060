//! The certificates in use, and which of them meets a client.

use super::{CertificateState, KeyPair, TlsError, pem};
use dashpot_base::WallTime;
use rustls::{
    crypto::CryptoProvider,
    pki_types::CertificateDer,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{
    fmt,
    net::IpAddr,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};
use x509_cert::{
    certificate::{CertificateInner, Raw},
    der::Decode as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

/// The certificates; exchanged as a whole.
pub(super) struct Certificates(RwLock<Arc<[Certificate]>>);

struct Certificate {
    key: Arc<CertifiedKey>,
    /// Names in lower case; `*.` stands for one label.
    names: Vec<String>,
    state: CertificateState,
}

impl Certificates {
    /// Reads all of `pairs`.
    pub(super) fn load(pairs: &[KeyPair], provider: &CryptoProvider) -> Result<Self, TlsError> {
        if pairs.is_empty() {
            return Err(TlsError::NoPair);
        }
        let all = pairs.iter().map(|pair| load(pair, provider)).collect::<Result<_, _>>()?;
        Ok(Self(RwLock::new(all)))
    }

    /// Puts those of `fresh` into the place of what there is; handshakes under way keep theirs.
    pub(super) fn replace(&self, fresh: Self) {
        let fresh = fresh.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    pub(super) fn states(&self) -> Vec<CertificateState> {
        self.current().iter().map(|certificate| certificate.state.clone()).collect()
    }

    fn current(&self) -> Arc<[Certificate]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the certificate for the name a client asked for, the first one where none has it.
    fn choose(&self, asked: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let all = self.current();
        let named = asked.map(str::to_ascii_lowercase).and_then(|asked| {
            let exact = all.iter().find(|certificate| certificate.names.contains(&asked));
            exact.or_else(|| {
                // RFC 9525 §6.3: a wildcard is the whole leftmost label and stands for one.
                let wild = format!("*.{}", asked.split_once('.')?.1);
                all.iter().find(|certificate| certificate.names.contains(&wild))
            })
        });
        named.or_else(|| all.first()).map(|certificate| Arc::clone(&certificate.key))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.choose(hello.server_name())
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificates").field(&self.states()).finish()
    }
}

fn load(pair: &KeyPair, provider: &CryptoProvider) -> Result<Certificate, TlsError> {
    let (chain, key) = (pem::chain(&pair.cert)?, pem::key(&pair.key)?);
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|source| TlsError::Key { path: pair.key.clone(), source })?;
    let (names, expires) = read(&chain, &pair.cert)?;
    let key = CertifiedKey::new(chain, key);
    match key.keys_match() {
        // A key that does not tell its public half cannot be compared.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
        Err(rustls::Error::InconsistentKeys(_)) => {
            return Err(TlsError::Mismatch { cert: pair.cert.clone(), key: pair.key.clone() });
        }
        Err(source) => return Err(TlsError::Certificate { path: pair.cert.clone(), source }),
    }
    let file = || pair.cert.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = names.first().cloned().unwrap_or_else(file);
    Ok(Certificate { key: Arc::new(key), names, state: CertificateState { name, expires } })
}

/// Returns the names of a chain's own certificate, and when the chain ends.
fn read(chain: &[CertificateDer<'_>], path: &Path) -> Result<(Vec<String>, WallTime), TlsError> {
    let mut names = Vec::new();
    let mut expires = None;
    for (at, der) in chain.iter().enumerate() {
        let certificate = CertificateInner::<Raw>::from_der(der).map_err(|error| {
            let (path, number, reason) = (path.to_owned(), at + 1, error.to_string());
            TlsError::NotX509 { path, number, reason }
        })?;
        let tbs = &certificate.tbs_certificate;
        if at == 0 {
            let listed = tbs.get::<SubjectAltName>().ok().flatten();
            names = listed.map_or_else(Vec::new, |(_, listed)| names_of(&listed));
        }
        // A chain is worth as much as its first link to break.
        let ends = WallTime::from_epoch(tbs.validity.not_after.to_unix_duration());
        expires = Some(expires.map_or(ends, |expires: WallTime| expires.min(ends)));
    }
    Ok((names, expires.unwrap_or_else(|| WallTime::from_unix_seconds(0))))
}

fn names_of(listed: &SubjectAltName) -> Vec<String> {
    let name = |name: &GeneralName| match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_ascii_lowercase()),
        GeneralName::IpAddress(octets) => match octets.as_bytes().len() {
            4 => <[u8; 4]>::try_from(octets.as_bytes()).ok().map(IpAddr::from),
            16 => <[u8; 16]>::try_from(octets.as_bytes()).ok().map(IpAddr::from),
            _ => None,
        }
        .map(|address| address.to_string()),
        GeneralName::OtherName(_)
        | GeneralName::Rfc822Name(_)
        | GeneralName::DirectoryName(_)
        | GeneralName::EdiPartyName(_)
        | GeneralName::UniformResourceIdentifier(_)
        | GeneralName::RegisteredId(_) => None,
    };
    listed.0.iter().filter_map(name).collect()
}
