//! The laboratory's certificate authority: it vouches for this machine's loopback alone.

use anyhow::{Context as _, bail};
use dashpot_base::WallTime;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a leaf is good for. A fresh one is made at each start, so that none expires.
const LEAF_DAYS: u64 = 90;

/// The files of the authority and of the certificate made for this run.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// The authority's certificate, for those who are to trust it.
    pub(super) ca: PathBuf,
    /// The chain of this run.
    pub(super) cert: PathBuf,
    /// Its key.
    pub(super) key: PathBuf,
}

/// Makes the authority in `folder`, or takes the one that is there, and a certificate for
/// localhost.
///
/// # Errors
/// Where the folder cannot be written or what is in it is no key.
pub(super) fn prepare(folder: &Path, now: WallTime) -> anyhow::Result<Files> {
    let place = folder.display();
    make_private(folder).with_context(|| format!("cannot make the folder `{place}`"))?;
    let files = Files {
        ca: folder.join("ca.pem"),
        cert: folder.join("localhost.pem"),
        key: folder.join("localhost.key"),
    };
    let ca_key_file = folder.join("ca.key");
    let params = authority()?;
    if !ca_key_file.exists() || !files.ca.exists() {
        let key = KeyPair::generate().context("cannot make a key")?;
        let ca = params.self_signed(&key).context("cannot make the authority")?;
        write_private(&ca_key_file, &key.serialize_pem())?;
        write_private(&files.ca, &ca.pem())?;
    }
    let text =
        fs::read_to_string(&ca_key_file).with_context(|| format!("cannot read `{place}`"))?;
    let Ok(ca_key) = KeyPair::from_pem(&text) else {
        bail!("`{}` is no key; remove the folder to have a new authority", ca_key_file.display());
    };
    let key = KeyPair::generate().context("cannot make a key")?;
    let issuer = Issuer::new(params, ca_key);
    let leaf = leaf(now)?.signed_by(&key, &issuer).context("cannot make the certificate")?;
    // The key first: a server that looks in between sees a pair that does not match.
    write_private(&files.key, &key.serialize_pem())?;
    write_private(&files.cert, &leaf.pem())?;
    Ok(files)
}

/// Returns what the authority is; always the same, since it is not read back from its file.
fn authority() -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new()).context("the authority has no names")?;
    params.distinguished_name.push(DnType::CommonName, "dashpot laboratory (this machine only)");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2049, 1, 1);
    // RFC 5280 §4.2.1.10: whoever steals its key can stand for no other machine.
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
            GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(
                std::net::Ipv6Addr::LOCALHOST.octets(),
                128,
            )),
        ],
        excluded_subtrees: Vec::new(),
    });
    Ok(params)
}

fn leaf(now: WallTime) -> anyhow::Result<CertificateParams> {
    let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let mut params = CertificateParams::new(names).context("localhost is a name")?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Clocks differ, even on one machine after a pause.
    let day = Duration::from_secs(86_400);
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.before(day).since_epoch();
    params.not_after = epoch + now.since_epoch() + Duration::from_secs(LEAF_DAYS * 86_400);
    Ok(params)
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("cannot write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_is_kept_and_the_certificate_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("a/b");
        let now = WallTime::from_unix_seconds(1_893_456_000);
        let read = |path: &Path| fs::read_to_string(path).unwrap();
        let first = prepare(&folder, now).unwrap();
        let (ca, cert) = (read(&first.ca), read(&first.cert));
        let second = prepare(&folder, now).unwrap();
        assert_eq!(read(&second.ca), ca);
        assert_ne!(read(&second.cert), cert);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&folder), mode(&first.key)), (0o700, 0o600));
            assert_eq!(mode(&folder.join("ca.key")), 0o600);
        }
        fs::write(folder.join("ca.key"), "torn").unwrap();
        assert!(prepare(&folder, now).unwrap_err().to_string().contains("is no key"));
    }
}
