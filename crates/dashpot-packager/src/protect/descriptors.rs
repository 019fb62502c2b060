//! What an MPD says of protection (ISO/IEC 23009-1 §5.8.4.1, ISO/IEC 23001-7 §11).

use super::{COMMON, Protector};
use crate::catalogue::{Asset, Kind};
use dashpot_mpd::{AdaptationSet, Element, Mpd, Node};
use data_encoding::{BASE64, HEXLOWER};

/// DASH-IF's name of ClearKey (<https://dashif.org/identifiers/content_protection>).
const CLEARKEY: [u8; 16] = 0xe271_9d58_a985_b3c9_781a_b030_af78_d30e_u128.to_be_bytes();
/// That elements of a file are encrypted by common encryption.
const MP4: &str = "urn:mpeg:dash:mp4protection:2011";
const CENC: (&str, &str) = ("xmlns:cenc", "urn:mpeg:cenc:2013");
const DASHIF: (&str, &str) = ("xmlns:dashif", "https://dashif.org/CPS");

/// Adds to an adaptation set that begins so many milliseconds after time zero how its media is
/// protected.
pub(crate) fn protect(protector: &Protector<'_>, begin_ms: u64, set: &mut AdaptationSet) {
    let key_id = protector.key_id(protector.period(begin_ms));
    let uuid = uuid(&key_id);
    let scheme = protector.scheme.code().to_string();
    let attributes = [("schemeIdUri", MP4), ("value", &scheme), CENC, ("cenc:default_KID", &uuid)];
    let mut elements = vec![element("ContentProtection", &attributes, Vec::new())];
    let headers = protector.headers(key_id);
    let common = headers.first().map(|header| pssh(header));
    let laurl = || {
        let attributes = [DASHIF, ("licenseType", "EME-1.0")];
        let url = vec![Node::Text(protector.drm.licence_url.clone())];
        Node::Element(element("dashif:Laurl", &attributes, url))
    };
    elements.push(system(&CLEARKEY, &[("value", "ClearKey1.0")], vec![laurl()]));
    elements.push(system(&COMMON, &[], common.into_iter().chain([laurl()]).collect()));
    for other in protector.systems() {
        elements.push(system(&other.id, &[], vec![pssh(&other.pssh)]));
    }
    set.extra_children.extend(elements);
    for representation in &mut set.representations {
        let track = protector
            .asset
            .tracks()
            .iter()
            .find(|track| representation.id.as_deref() == Some(track.id.as_str()));
        let more = track.map_or(0, |track| told_bps(track.kind));
        representation.bandwidth = representation.bandwidth.map(|rate| rate.saturating_add(more));
    }
}

/// Has the URLs of an MPD lead to the protected content.
pub(crate) fn mpd(protector: &Protector<'_>, mpd: &mut Mpd) {
    let (clear, protected) = (protector.asset.version(), version(protector));
    for base in &mut mpd.base_urls {
        base.url = base.url.replace(&clear, &protected);
    }
}

/// Returns the version of the protected content.
pub(crate) fn version(protector: &Protector<'_>) -> String {
    Asset::version_of(protector.asset.fingerprint ^ protector.drm.fingerprint)
}

/// Returns the bits per second that tell of encryption: a vector, a count and a stretch a sample.
fn told_bps(kind: Kind) -> u64 {
    const BITS: u64 = 8 * (16 + 2 + 6);
    match kind {
        Kind::Video { frame_rate, .. } => {
            let (frames, seconds) = frame_rate.unwrap_or((60, 1));
            (u64::from(frames) * BITS).div_ceil(u64::from(seconds).max(1))
        }
        // No codec has frames of fewer samples than Opus, of 2.5 ms; AAC's have 1,024.
        Kind::Audio { sample_rate, .. } => (u64::from(sample_rate) * BITS).div_ceil(1_024),
    }
}

fn system(id: &[u8; 16], attributes: &[(&str, &str)], children: Vec<Node>) -> Element {
    let scheme = format!("urn:uuid:{}", uuid(id));
    let attributes: Vec<_> =
        [("schemeIdUri", scheme.as_str())].into_iter().chain(attributes.iter().copied()).collect();
    element("ContentProtection", &attributes, children)
}

fn pssh(header: &[u8]) -> Node {
    Node::Element(element("cenc:pssh", &[CENC], vec![Node::Text(BASE64.encode(header))]))
}

/// Writes 16 bytes as RFC 9562 §4 has them.
fn uuid(bytes: &[u8; 16]) -> String {
    let digits = HEXLOWER.encode(bytes);
    let part = |range| digits.get(range).unwrap_or_default();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

fn element(name: &str, attributes: &[(&str, &str)], children: Vec<Node>) -> Element {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Element { name: name.to_owned(), attributes: attributes.iter().map(owned).collect(), children }
}
