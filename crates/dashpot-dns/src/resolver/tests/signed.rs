//! Validation: what is proved, what is known not to be signed, and what is not believed.

use super::*;

/// What a validating resolver says of a name: the code and whether it is proved, or the fault.
async fn check(tree: &Tree, at: &str, kind: RecordType, expected: &str) {
    let resolution = resolve(&tree.resolver(), at, kind).await;
    let told = match &resolution.fault {
        Some((code, why)) => format!("{} {code}: {why}", resolution.code.to_str()),
        None if resolution.is_secure => format!("{} secure", resolution.code.to_str()),
        None => resolution.code.to_str().to_owned(),
    };
    assert_eq!(told, expected, "{at} {kind}: {:#?}", resolution.steps);
}

#[tokio::test]
async fn what_is_signed_up_to_the_anchor_is_proved_and_so_is_what_is_not_there() {
    let tree = Tree::new(Make::Signed).await;
    check(&tree, "video.ott.com.", RecordType::A, "No Error secure").await;
    check(&tree, "a.b.c.ott.com.", RecordType::A, "No Error secure").await;
    check(&tree, "x.wild.ott.com.", RecordType::A, "No Error secure").await;
    check(&tree, "x.wild.ott.com.", RecordType::TXT, "No Error secure").await;
    check(&tree, "video.ott.com.", RecordType::MX, "No Error secure").await;
    check(&tree, "ott.com.", RecordType::MX, "No Error secure").await;
    check(&tree, "none.ott.com.", RecordType::A, "Non-Existent Domain secure").await;
    check(&tree, "gone.ott.com.", RecordType::A, "Non-Existent Domain secure").await;
    check(&tree, "none.", RecordType::A, "Non-Existent Domain secure").await;
    check(&tree, "ott.com.", RecordType::DS, "No Error secure").await;
    check(&tree, ".", RecordType::DNSKEY, "No Error secure").await;
}

#[tokio::test]
async fn a_zone_that_is_known_not_to_sign_is_believed_without_proof() {
    let tree = Tree::new(Make::PartlySigned).await;
    check(&tree, "a.b.c.ott.com.", RecordType::A, "No Error").await;
    check(&tree, "none.ott.com.", RecordType::A, "Non-Existent Domain").await;
    // Half of the way is not signed.
    check(&tree, "video.ott.com.", RecordType::A, "No Error").await;
    check(&tree, "edge.cdn.net.", RecordType::A, "No Error secure").await;
}

#[tokio::test]
async fn a_key_that_nobody_vouches_for_is_not_believed() {
    let tree = Tree::new(Make::Bogus).await;
    let expected = "Server Failure 9: no key of the zone ott.com. is vouched for";
    check(&tree, "a.b.c.ott.com.", RecordType::A, expected).await;
    check(&tree, "none.ott.com.", RecordType::A, expected).await;
    check(&tree, "edge.cdn.net.", RecordType::A, "No Error secure").await;
}

#[tokio::test]
async fn an_anchor_that_is_not_the_roots_key_proves_nothing() {
    let mut tree = Tree::new(Make::Signed).await;
    tree.anchors = Anchor::parse_all(&format!(". DS 1 13 2 {}", "00".repeat(32))).unwrap();
    let expected = "Server Failure 9: no key of the zone . is vouched for";
    check(&tree, "edge.cdn.net.", RecordType::A, expected).await;
}

#[tokio::test]
async fn without_a_signature_a_zone_that_signs_is_not_believed() {
    let mut tree = Tree::new(Make::Signed).await;
    // Somebody else answers in the place of the zone's server, without signing.
    let text = ZONES.iter().find(|(_, origin, _)| *origin == "cdn.net.").unwrap().2;
    let zone = Zone::parse(text, &name("cdn.net.")).unwrap();
    let authority = Arc::new(Authority::new(None));
    authority.put(zone);
    tree.serve(CDN, authority).await;
    let expected = "Server Failure 9: no key of the zone cdn.net. is vouched for";
    check(&tree, "edge.cdn.net.", RecordType::A, expected).await;
}

#[tokio::test]
async fn what_is_kept_stays_proved_and_counts_down() {
    let tree = Tree::new(Make::Signed).await;
    let resolver = tree.resolver();
    resolve(&resolver, "video.ott.com.", RecordType::A).await;
    let asked = Asked { name: name("video.ott.com."), kind: RecordType::A, subnet: None };
    let kept = resolver.cached(&asked).unwrap();
    assert!(kept.is_secure);
    let addresses = kept.answers.iter().filter(|one| matches!(one.data, RData::A(_)));
    // Whole seconds, rounded down: what is kept is never passed on with all of its time.
    assert!(addresses.clone().count() == 2 && addresses.into_iter().all(|one| one.ttl < 20));
}
