//! Several upstreams, as requests see them.

use super::*;
use crate::fixture::{Origin as Server, Step, response};

/// An origin that answers everything with its `name`, or closes.
async fn server(name: &'static str, works: bool) -> Server {
    Server::start(move |_, _| if works { response("200 OK", "", name) } else { vec![Step::Close] })
        .await
}

fn config(servers: &[&Server]) -> Config {
    let url = |server: &&Server| -> Url { format!("http://{}", server.addr).parse().unwrap() };
    let mut urls = servers.iter().map(url);
    let mut config = Config::new(urls.next().unwrap(), "127.0.0.1:0".parse().unwrap());
    config.behind.others = urls.collect();
    config
}

fn ask(method: Method) -> Ask {
    Ask {
        method,
        path_and_query: "/a".to_owned(),
        headers: HeaderMap::new(),
        version: Version::HTTP_11,
        body: None,
    }
}

/// The body of the answer, or how the upstreams failed.
async fn get(upstream: &Upstream, ask: Ask) -> Result<String, Failure> {
    let sent = upstream.send_within(Duration::from_secs(10), ask).await;
    let mut body = sent.map_err(|error| error.failure)?.into_body();
    let mut text = Vec::new();
    while let Some(data) = next_data(&mut body).await {
        text.extend_from_slice(&data.unwrap());
    }
    Ok(String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn a_read_that_fails_is_tried_on_another_upstream_and_a_write_is_not() {
    let (dead, alive) = (server("dead", false).await, server("alive", true).await);
    let upstream = Upstream::new(&config(&[&dead, &alive]), Clock::system()).unwrap();
    assert_eq!(get(&upstream, ask(Method::GET)).await.as_deref(), Ok("alive"));
    assert_eq!(get(&upstream, ask(Method::POST)).await, Err(Failure::Protocol));
    let mut no_retry = config(&[&dead, &alive]);
    no_retry.behind.retry = false;
    let upstream = Upstream::new(&no_retry, Clock::system()).unwrap();
    assert_eq!(get(&upstream, ask(Method::GET)).await, Err(Failure::Protocol));
}

#[tokio::test]
async fn an_upstream_that_keeps_failing_is_not_asked_for_a_while() {
    let (dead, alive) = (server("dead", false).await, server("alive", true).await);
    let upstream = Upstream::new(&config(&[&dead, &alive]), Clock::system()).unwrap();
    for _ in 0..3 {
        assert_eq!(get(&upstream, ask(Method::GET)).await.as_deref(), Ok("alive"));
    }
    let asked = dead.heads().len();
    // Three in a row were too many: a write goes to the one that works.
    assert_eq!(get(&upstream, ask(Method::POST)).await.as_deref(), Ok("alive"));
    assert_eq!(dead.heads().len(), asked);
}

#[tokio::test]
async fn the_host_asked_for_and_the_fields_added_are_the_operators() {
    let origin = server("it", true).await;
    let mut config = config(&[&origin]);
    config.behind.host = Some("media.example".to_owned());
    config.behind.headers =
        vec![(HeaderName::from_static("x-edge-key"), HeaderValue::from_static("secret"))];
    let upstream = Upstream::new(&config, Clock::system()).unwrap();
    let mut ask = ask(Method::GET);
    ask.headers.insert("x-edge-key", HeaderValue::from_static("forged"));
    ask.headers.insert("host", HeaderValue::from_static("client.example"));
    assert_eq!(get(&upstream, ask).await.as_deref(), Ok("it"));
    let head = origin.heads().remove(0);
    assert!(
        head.contains(&format!("\r\nhost: media.example:{}\r\n", origin.addr.port())),
        "{head}"
    );
    assert!(head.contains("\r\nx-edge-key: secret\r\n") && !head.contains("forged"), "{head}");
    assert!(head.contains("\r\ncdn-loop: dashpot-edge\r\n"), "{head}");
}

#[tokio::test]
async fn urls_in_an_mpd_that_point_at_the_origin_become_paths() {
    let head = "Content-Type: application/dash+xml; charset=utf-8\nETag: \"1\"";
    let origin = Server::start(move |head_of_request, _| {
        let host = head_of_request.split("host: ").nth(1).unwrap().split("\r\n").next().unwrap();
        response("200 OK", head, &format!("<MPD><BaseURL>http://{host}/a/</BaseURL></MPD>"))
    })
    .await;
    let mut config = config(&[&origin]);
    config.behind.rewrite_mpd_urls = true;
    let upstream = Upstream::new(&config, Clock::system()).unwrap();
    let sent = upstream.send(ask(Method::GET)).await.unwrap();
    assert_eq!(sent.headers()["etag"], "W/\"1\"");
    assert_eq!(sent.headers()["content-length"], "33");
    let mut body = sent.into_body();
    let text = next_data(&mut body).await.unwrap().unwrap();
    assert_eq!(text, "<MPD><BaseURL>/a/</BaseURL></MPD>".as_bytes());
}

#[test]
fn upstreams_that_cannot_be_used_are_named() {
    let check = |change: fn(&mut Config), expected: &str| {
        let mut config =
            Config::new("https://127.0.0.1:1".parse().unwrap(), "127.0.0.1:0".parse().unwrap());
        change(&mut config);
        let error = Upstream::new(&config, Clock::system()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(|config| config.behind.others = vec!["ftp://b/".parse().unwrap()], "`ftp://b/`");
    check(|config| config.behind.others = vec!["http://u:p@b/".parse().unwrap()], "without user");
    check(|config| config.behind.host = Some("a b".to_owned()), "`a b`");
    check(|config| config.behind.host = Some("127.0.0.2".to_owned()), "give a DNS name");
    check(|config| config.behind.host = Some("a.example:80".to_owned()), "without a port");
    check(|config| config.behind.ca = vec!["/nonexistent".into()], "`/nonexistent`");
    check(
        |config| config.behind.ca = vec!["/dev/null".into()],
        "find a certificate in `/dev/null`",
    );
}
