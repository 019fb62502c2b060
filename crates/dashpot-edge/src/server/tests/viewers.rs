//! The lab: viewers with links of their own.

use super::*;

async fn lab() -> (Origin, TestEdge) {
    let origin = Origin::start(|head, _| {
        let path = head.split(' ').nth(1).unwrap().to_owned();
        response("200 OK", "cache-control: max-age=60", &path)
    })
    .await;
    let edge = TestEdge::start(origin.addr, |config| config.lab = Lab::On).await;
    (origin, edge)
}

async fn make(edge: &TestEdge) -> String {
    let made = edge.request(reqwest::Method::POST, "/_dashpot/lab/viewers", &[]).await;
    assert_eq!(made.status(), 201);
    let made: serde_json::Value = serde_json::from_str(&made.text().await.unwrap()).unwrap();
    let id = made["viewer"].as_str().unwrap().to_owned();
    assert_eq!((id.len(), &made["prefix"]), (32, &format!("/_v/{id}").into()));
    id
}

async fn put(edge: &TestEdge, id: &str, state: &str) -> (u16, String) {
    let url = format!("http://{}/_dashpot/lab/viewers/{id}", edge.addr);
    let answer = edge.client.put(url).body(state.to_owned()).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn a_viewers_prefix_is_not_part_of_the_resource() {
    let (origin, edge) = lab().await;
    let id = make(&edge).await;
    for path in ["/a.mpd?x=1".to_owned(), format!("/_v/{id}/a.mpd?x=1")] {
        let response = edge.get(&path, &[]).await;
        assert_eq!(field(&response, "timing-allow-origin"), "*");
        assert_eq!(response.text().await.unwrap(), "/a.mpd?x=1");
    }
    assert_eq!(origin.count(), 1);
    let newest = &edge.stats().await["recent"][0];
    assert_eq!((&newest["viewer"], &newest["path"]), (&id.as_str().into(), &"/a.mpd".into()));
    assert_eq!(edge.get("/_v/nobody/a.mpd", &[]).await.status(), 404);
    edge.stop().await;
}

#[tokio::test]
async fn a_viewers_state_is_set_checked_and_ended() {
    let (_origin, edge) = lab().await;
    let id = make(&edge).await;
    let state = r#"{"rate_bps":300000,"latency_ms":20,"loss_ratio":0.5}"#;
    assert_eq!(put(&edge, &id, state).await, (200, state.to_owned()));
    for (state, word) in [
        (r#"{"rate_bps":0}"#, "rate_bps"),
        (r#"{"loss_ratio":1.5}"#, "loss_ratio"),
        (r#"{"latency_ms":99999999}"#, "latency_ms"),
        (r#"{"speed":1}"#, "speed"),
        ("", "not the state"),
    ] {
        let (status, message) = put(&edge, &id, state).await;
        assert!(status == 400 && message.contains(word), "{state}: {status} {message}");
    }
    let path = format!("/_dashpot/lab/viewers/{id}");
    let preflight = edge.request(reqwest::Method::OPTIONS, &path, &[]).await;
    assert_eq!(preflight.status(), 204);
    assert!(field(&preflight, "access-control-allow-methods").contains("PUT"));
    assert_eq!(edge.request(reqwest::Method::DELETE, &path, &[]).await.status(), 204);
    assert_eq!(edge.request(reqwest::Method::DELETE, &path, &[]).await.status(), 404);
    assert_eq!(put(&edge, &id, "{}").await.0, 404);
    edge.stop().await;
}

#[tokio::test]
async fn loss_takes_segments_and_spares_manifests() {
    let (origin, edge) = lab().await;
    let id = make(&edge).await;
    put(&edge, &id, r#"{"loss_ratio":1.0}"#).await;
    let lost = edge.get(&format!("/_v/{id}/1.m4s"), &[]).await;
    assert_eq!((lost.status().as_u16(), field(&lost, "retry-after")), (503, "0"));
    assert_eq!(origin.count(), 0);
    assert_eq!(edge.get(&format!("/_v/{id}/a.mpd"), &[]).await.status(), 200);
    // Others' links are their own.
    assert_eq!(edge.get("/1.m4s", &[]).await.status(), 200);
    edge.stop().await;
}

#[tokio::test]
async fn a_link_opened_from_within_goes_with_its_holder() {
    let (_origin, edge) = lab().await;
    let link = edge.handle.open_link().unwrap().unwrap();
    assert_eq!(link.prefix(), format!("/_v/{}", link.id()));
    link.follow(dashpot_net::Trace::parse("1000,1000,1\n").unwrap());
    let path = format!("{}/a.mpd", link.prefix());
    assert_eq!(edge.get(&path, &[]).await.text().await.unwrap(), "/a.mpd");
    drop(link);
    assert_eq!(edge.get(&path, &[]).await.status(), 404);
    edge.stop().await;
}

#[tokio::test]
async fn without_the_lab_there_are_no_viewers() {
    let origin = Origin::start(|_, _| response("200 OK", "", "origin")).await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let made = edge.request(reqwest::Method::POST, "/_dashpot/lab/viewers", &[]).await;
    assert_eq!(made.status(), 405);
    assert_eq!(edge.get("/_v/x/a", &[]).await.text().await.unwrap(), "origin");
    assert!(edge.handle.open_link().unwrap().is_none());
    edge.stop().await;
}
