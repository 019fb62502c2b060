//! Players ask which pathway to take, and an operator moves them.

use super::{
    Running, config, film,
    http::{Reply, ask, get},
    start,
};
use crate::{Config, StartError, SteeringConfig};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

fn steering() -> SteeringConfig {
    let pathways = ["a=http://a.test", "b=http://b.test/b"].map(|text| text.parse().unwrap());
    SteeringConfig {
        pathways: pathways.to_vec(),
        server: Some("http://steer.test".to_owned()),
        ..SteeringConfig::default()
    }
}

async fn steered() -> Running {
    let admin = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    start(Config { admin, steering: steering(), ..config(film()) }).await
}

fn json_of(reply: &Reply) -> Value {
    serde_json::from_slice(&reply.body).unwrap()
}

/// Sends JSON to the operator's listener.
async fn operate(server: &Running, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let mut stream = TcpStream::connect(server.admin.unwrap()).await.unwrap();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
}

async fn state(server: &Running) -> Value {
    operate(server, "GET", "/steering/state", &Value::Null).await.1
}

#[tokio::test]
async fn a_viewer_gets_a_name_and_keeps_its_pathway() {
    let server = steered().await;
    let first = get(&server, "/steering/new").await;
    assert_eq!((first.status, first.field("content-type")), (200, "application/json"));
    assert_eq!(first.field("cache-control"), "no-store");
    assert_eq!(first.field("access-control-allow-origin"), "*");
    let told = json_of(&first);
    assert_eq!((&told["VERSION"], &told["TTL"]), (&json!(1), &json!(10)));
    assert_eq!(told["PATHWAY-PRIORITY"].as_array().unwrap().len(), 2);
    assert_eq!(told.get("PATHWAY-CLONES"), None);
    let name = told["RELOAD-URI"].as_str().unwrap();
    assert_eq!(name.len(), 32);
    let query = "_DASH_pathway=%22a%2Cb%22&_DASH_throughput=4880000%2C";
    let again = json_of(&get(&server, &format!("/steering/{name}?{query}")).await);
    assert_eq!(again, told);
    let other = json_of(&get(&server, "/steering/new").await);
    assert_ne!(other["RELOAD-URI"], told["RELOAD-URI"]);
    let state = state(&server).await;
    assert_eq!(state["viewer_count"], 2);
    let viewers = state["viewers"].as_array().unwrap();
    let viewer = viewers.iter().find(|viewer| viewer["id"] == name).unwrap();
    assert_eq!(
        viewer["used"],
        json!([
            { "pathway": "a", "throughput_bps": 4_880_000 },
            { "pathway": "b", "throughput_bps": null },
        ])
    );
    assert_eq!((&viewer["format"], &viewer["asks"]), (&json!("dash"), &json!(2)));
    assert_eq!(viewer["pathway"], told["PATHWAY-PRIORITY"][0]);
}

#[tokio::test]
async fn statuses_say_whether_to_ask_again() {
    let server = steered().await;
    for (path, status) in [
        ("/steering/.x", 404),
        ("/steering/", 404),
        ("/steering/x/y", 404),
        ("/steering/x?_DASH_pathway=a", 400),
        ("/steering/x?_HLS_pathway=a&_DASH_pathway=%22a%22", 400),
        ("/steering/x?nowMS=1", 200),
        ("/steering/fault_status_500,on_steering/x", 500),
        ("/steering/fault_delay_1ms,on_steering/x", 200),
    ] {
        assert_eq!(get(&server, path).await.status, status, "{path}");
    }
    assert_eq!(ask(server.addr, "HEAD", "/steering/x", "").await.status, 200);
    assert_eq!(ask(server.addr, "POST", "/steering/x", "").await.status, 405);
    let mut refused = None;
    for _ in 0..10 {
        refused = Some(get(&server, "/steering/x").await).filter(|reply| reply.status != 200);
    }
    let refused = refused.unwrap();
    assert_eq!(refused.status, 429);
    assert!((1..=10).contains(&refused.field("retry-after").parse().unwrap()));
    assert!(refused.field("access-control-expose-headers").contains("Retry-After"));
    operate(&server, "DELETE", "/steering/viewers/x", &Value::Null).await;
    let gone = get(&server, "/steering/x").await;
    assert_eq!((gone.status, gone.field("cache-control")), (410, "no-store"));
    operate(&server, "PUT", "/steering/state", &json!({ "ended": true })).await;
    assert_eq!(get(&server, "/steering/y").await.status, 410);
    let unsteered = start(config(film())).await;
    assert_eq!(get(&unsteered, "/steering/new").await.status, 404);
    assert_eq!(get(&unsteered, "/vod/film/steer_on/number.mpd").await.status, 400);
}

#[tokio::test]
async fn an_operator_moves_viewers_weighs_retires_and_clones() {
    let server = steered().await;
    let told = json_of(&get(&server, "/steering/x").await);
    let (first, other) = (told["PATHWAY-PRIORITY"][0].clone(), told["PATHWAY-PRIORITY"][1].clone());
    let put = |path: &'static str, body: Value| {
        let server = &server;
        async move { operate(server, "PUT", path, &body).await.0 }
    };
    let priority = || async { json_of(&get(&server, "/steering/x").await) };
    assert_eq!(put("/steering/viewers/x", json!({ "pathway": other })).await, 200);
    assert_eq!(priority().await["PATHWAY-PRIORITY"], json!([other, first]));
    let share = json!({ "from": other, "to": first, "share": 1.0 });
    let moved = operate(&server, "POST", "/steering/move", &share).await;
    assert_eq!(moved, (200, json!({ "moved": 1 })));
    assert_eq!(priority().await["PATHWAY-PRIORITY"], json!([first, other]));
    assert_eq!(put("/steering/viewers/x", json!({ "pathway": null })).await, 200);
    assert_eq!(put("/steering/pathways/a", json!({ "retired": true })).await, 200);
    assert_eq!(priority().await["PATHWAY-PRIORITY"], json!(["b"]));
    assert_eq!(put("/steering/pathways/a", json!({ "retired": false, "weight": 0 })).await, 200);
    assert_eq!(priority().await["PATHWAY-PRIORITY"], json!(["b", "a"]));
    assert_eq!(put("/steering/pathways/a", json!({ "weight": 1 })).await, 200);
    assert_eq!(put("/steering/pathways/b", json!({ "load_percent": 100 })).await, 200);
    assert_eq!(priority().await["PATHWAY-PRIORITY"], json!(["a", "b"]));
    let clone = json!({ "base": "a", "host": "c.test:81", "params": { "x": "y" } });
    assert_eq!(put("/steering/clones/c", clone).await, 200);
    assert_eq!(put("/steering/state", json!({ "ttl_s": 3 })).await, 200);
    let told = priority().await;
    assert_eq!(told["TTL"], 3);
    assert_eq!(
        told["PATHWAY-CLONES"],
        json!([{
            "BASE-ID": "a",
            "ID": "c",
            "URI-REPLACEMENT": { "HOST": "c.test:81", "PARAMS": { "x": "y" } },
        }])
    );
    assert_eq!(operate(&server, "DELETE", "/steering/clones/c", &Value::Null).await.0, 200);
    for (method, path, body, status) in [
        ("PUT", "/steering/viewers/none", json!({ "pathway": "a" }), 404),
        ("PUT", "/steering/viewers/x", json!({ "pathway": "none" }), 404),
        ("PUT", "/steering/viewers/x", json!({}), 400),
        ("PUT", "/steering/pathways/none", json!({ "weight": 1 }), 404),
        ("PUT", "/steering/pathways/a", json!({ "weight": 1_001 }), 400),
        ("PUT", "/steering/pathways/a", json!({ "wait": 1 }), 400),
        ("PUT", "/steering/state", json!({ "ttl_s": 0 }), 400),
        ("PUT", "/steering/clones/a", json!({ "base": "b", "host": "c" }), 409),
        ("PUT", "/steering/clones/c", json!({ "base": "b", "host": "c/d" }), 400),
        ("DELETE", "/steering/clones/a", Value::Null, 409),
        ("POST", "/steering/move", json!({ "to": "a", "share": 2 }), 400),
        ("GET", "/steering/none", Value::Null, 404),
        ("POST", "/steering/state", json!({}), 404),
    ] {
        let (got, told) = operate(&server, method, path, &body).await;
        assert_eq!(got, status, "{method} {path} {body}: {told}");
    }
    // What is wrong in part changes nothing.
    let half = json!({ "weight": 7, "load_percent": 101 });
    assert_eq!(operate(&server, "PUT", "/steering/pathways/a", &half).await.0, 400);
    assert_eq!(state(&server).await["pathways"][0]["weight"], 1);
}

#[tokio::test]
async fn mpds_lead_to_the_pathways_with_the_faults_of_their_urls() {
    let server = steered().await;
    for service in ["vod", "live"] {
        let mpd = get(&server, &format!("/{service}/film/steer_on/number.mpd")).await;
        assert!(mpd.text().contains(">http://steer.test/steering/new</ContentSteering>"));
        let base = format!("<BaseURL serviceLocation=\"b\">http://b.test/b/{service}/film/v_");
        assert!(mpd.text().contains(&base), "{}", mpd.text());
        let path = format!("/{service}/film/fault_delay_1ms,on_init/steer_on/number.mpd");
        let mpd = get(&server, &path).await;
        let base = format!(
            "<BaseURL serviceLocation=\"a\">http://a.test/{service}/film/fault_delay_1ms,on_init/v_"
        );
        assert!(mpd.text().contains(&base), "{}", mpd.text());
    }
}

#[tokio::test]
async fn replicas_with_one_seed_send_a_viewer_the_same_way() {
    let (one, two) = (steered().await, steered().await);
    for viewer in 0..20 {
        let path = format!("/steering/viewer-{viewer}");
        assert_eq!(get(&one, &path).await.body, get(&two, &path).await.body);
    }
}

#[tokio::test]
async fn whoever_listens_everywhere_says_how_players_reach_it() {
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let steering = SteeringConfig { server: None, ..steering() };
    let refused =
        crate::bind(Config { listen: everywhere, steering: steering.clone(), ..config(film()) });
    let refused = refused.await.unwrap_err();
    assert!(matches!(refused, StartError::SteeringUrl { .. }), "{refused}");
    let here = start(Config { steering, ..config(film()) }).await;
    let mpd = get(&here, "/vod/film/steer_on/number.mpd").await;
    let own = format!(">http://{}/steering/new</ContentSteering>", here.addr);
    assert!(mpd.text().contains(&own), "{}", mpd.text());
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere() {
    let server = steered().await;
    let page = ask(server.admin.unwrap(), "GET", "/steering/", "Host: localhost\r\n").await;
    // Two `Host` fields are refused, whatever they say.
    assert_eq!(page.status, 400);
    let mut stream = TcpStream::connect(server.admin.unwrap()).await.unwrap();
    let head = "GET /steering/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(text.contains("default-src 'none'"), "{text}");
    assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
}
