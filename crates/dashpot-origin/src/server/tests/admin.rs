//! The operator's listener of an origin.

use super::{Running, config, film, http::get, start};
use crate::{Config, StartError};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

async fn administered() -> Running {
    start(Config { admin: Some(SocketAddr::from(([127, 0, 0, 1], 0))), ..config(film()) }).await
}

/// Sends a request with further field lines to the operator's listener.
async fn send(server: &Running, method: &str, path: &str, lines: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(server.admin.unwrap()).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\n{lines}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("access-control-allow-origin"), "{head}");
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
}

const JSON: &str = "Host: localhost\r\nContent-Type: application/json\r\n";

async fn put(server: &Running, path: &str, body: &str) -> (u16, Value) {
    send(server, "PUT", path, JSON, body).await
}

#[tokio::test]
async fn rules_come_change_and_go() {
    let server = administered().await;
    let segment = "/vod/film/v1/1.m4s";
    let empty = json!({ "seed": 0, "rules": [] });
    assert_eq!(send(&server, "GET", "/faults", JSON, "").await, (200, empty.clone()));
    let rule = json!({ "id": "a", "status": "503", "first": "1" });
    let document = json!({ "seed": 7, "rules": [rule] });
    assert_eq!(put(&server, "/faults", &document.to_string()).await, (200, document));
    assert_eq!(get(&server, segment).await.status, 503);
    assert_eq!(get(&server, segment).await.status, 200);
    assert_eq!(send(&server, "GET", "/faults/a", JSON, "").await, (200, rule.clone()));
    // A change has attempts counted anew.
    let other = json!({ "id": "b", "delay": "1ms" });
    let both = json!({ "seed": 7, "rules": [rule, other] });
    assert_eq!(put(&server, "/faults/b", r#"{"delay":"1ms"}"#).await, (200, both));
    let reply = get(&server, segment).await;
    assert_eq!(
        (reply.status, reply.field("dashpot-fault")),
        (503, "status;code=503;rule=\"a\", delay;ms=1;rule=\"b\"")
    );
    let left = json!({ "seed": 7, "rules": [other] });
    assert_eq!(send(&server, "DELETE", "/faults/a", JSON, "").await, (200, left));
    assert_eq!(send(&server, "DELETE", "/faults/a", JSON, "").await.0, 404);
    assert_eq!(send(&server, "DELETE", "/faults", JSON, "").await, (200, empty));
    assert_eq!(get(&server, segment).await.field("dashpot-fault"), "");
}

#[tokio::test]
async fn what_is_wrong_changes_nothing() {
    let server = administered().await;
    let many = vec![r#"{"reset":true}"#; 64].join(",");
    let full = format!(r#"{{"rules":[{many}]}}"#);
    for (method, path, lines, body, status, part) in [
        ("PUT", "/faults", JSON, r#"{"rules":[{"delay":"1h"}]}"#, 400, "rules[0].delay"),
        ("PUT", "/faults", JSON, "{", 400, "line 1"),
        ("PUT", "/faults/a", JSON, r#"{"id":"b","reset":true}"#, 400, "not the one in the URL"),
        ("PUT", "/faults", "Host: localhost\r\n", r#"{"rules":[]}"#, 415, "not JSON"),
        ("GET", "/faults", "Host: evil.test\r\n", "", 403, "not this machine"),
        ("POST", "/faults", JSON, "{}", 405, "no such method"),
        ("GET", "/faults/a", JSON, "", 404, "no such rule"),
        ("GET", "/nothing", JSON, "", 404, "no such page"),
        ("PUT", "/faults", JSON, full.as_str(), 200, ""),
        ("PUT", "/faults/more", JSON, r#"{"reset":true}"#, 409, "there are 64 rules"),
    ] {
        let (got, answer) = send(&server, method, path, lines, body).await;
        assert_eq!(got, status, "{method} {path}: {answer}");
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(part), "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn nobody_else_may_administer() {
    let everywhere = Some(SocketAddr::from(([0, 0, 0, 0], 0)));
    let refused = crate::bind(Config { admin: everywhere, ..config(film()) }).await.unwrap_err();
    assert!(matches!(refused, StartError::Admin { .. }), "{refused}");
}
