//! What players tell and what they are told.

use super::{
    Running, config, film,
    http::{Reply, ask, get},
    start,
};
use crate::{Config, DataConfig};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

async fn with(data: DataConfig) -> Running {
    start(Config { data, ..config(film()) }).await
}

fn sessions() -> DataConfig {
    DataConfig { sessions: true, ..DataConfig::default() }
}

/// Posts a body and returns the response head.
async fn post(server: &Running, kind: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    let head = format!(
        "POST /cmcd HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

async fn shown(server: &Running) -> Value {
    serde_json::from_str(get(server, "/sessions.json").await.text()).unwrap()
}

#[tokio::test]
async fn sessions_gather_from_fields_queries_and_events() {
    let server = with(sessions()).await;
    let segment = "/vod/film/v1/1.m4s";
    let fields = "CMCD-Object: br=124,ot=v\r\nCMCD-Session: sid=\"one\",cid=\"film\"\r\n\
                  CMCD-Request: bl=1500\r\n";
    assert_eq!(ask(server.addr, "GET", segment, fields).await.status, 200);
    get(&server, &format!("{segment}?CMCD=bl%3D3000%2Cot%3Dv%2Csid%3D%22one%22")).await;
    let lines = "e=ps,sta=p,sid=\"one\",v=2\ne=ps,sta=r,sid=\"one\",v=2\ne=t,bl=(9000;v),sta=p,sid=\"one\",v=2\n";
    let answer = post(&server, "application/cmcd", lines).await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(answer.contains("access-control-allow-origin: *"), "{answer}");
    let json = r#"[{"e":"ps","sta":"p","sid":"two"}]"#;
    assert!(post(&server, "application/json", json).await.starts_with("HTTP/1.1 204"));
    let all = shown(&server).await;
    assert_eq!(all[0]["id"], "two");
    let one = &all[1];
    for (name, expected) in [("requests", 2), ("events", 3), ("stalls", 1), ("version", 2)] {
        assert_eq!(one[name], expected, "{name}: {one}");
    }
    let buffers: Vec<_> =
        one["points"].as_array().unwrap().iter().map(|point| point["buffer_ms"].clone()).collect();
    let null = Value::Null;
    assert_eq!(buffers, [1_500.0.into(), 3_000.0.into(), null.clone(), null, 9_000.0.into()]);
    for path in ["/sessions", "/sessions/one"] {
        let page = get(&server, path).await;
        assert_eq!((page.status, page.field("cache-control")), (200, "no-store"), "{path}");
        assert!(page.text().contains("one") && !page.text().contains("<script"), "{path}");
    }
    assert_eq!(get(&server, "/sessions/none").await.status, 404);
}

#[tokio::test]
async fn what_is_no_report_is_refused_and_what_is_not_wanted_is_not_taken() {
    let server = with(sessions()).await;
    for body in ["", "\n", "{"] {
        let answer = post(&server, "text/plain", body).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    assert_eq!(get(&server, "/cmcd").await.status, 405);
    assert_eq!(shown(&server).await, Value::Array(Vec::new()));
    let quiet = with(DataConfig::default()).await;
    assert!(post(&quiet, "application/cmcd", "e=t").await.starts_with("HTTP/1.1 405"));
    assert_eq!(get(&quiet, "/sessions").await.status, 404);
}

#[tokio::test]
async fn fetch_3_2_a_page_may_send_cmcd_and_need_not_ask_each_time() {
    let server = with(sessions()).await;
    let asked = "cmcd-object,cmcd-request,cmcd-session,cmcd-status,content-type";
    let lines = format!(
        "Origin: http://a\r\nAccess-Control-Request-Method: GET\r\n\
         Access-Control-Request-Headers: {asked}\r\n"
    );
    for path in ["/vod/film/v1/1.m4s", "/cmcd"] {
        let reply = ask(server.addr, "OPTIONS", path, &lines).await;
        assert_eq!(reply.status, 204);
        assert_eq!(reply.field("access-control-allow-headers"), asked);
        assert_eq!(reply.field("access-control-max-age"), "7200");
    }
}

#[tokio::test]
async fn answers_tell_what_they_are() {
    let server = with(DataConfig { cmsd: true, ..DataConfig::default() }).await;
    let told = |reply: &Reply| reply.field("cmsd-static").to_owned();
    for (path, expected) in [
        ("/vod/film/number.mpd", "ot=m,sf=d,st=v"),
        ("/vod/film/v1/init.mp4", "ot=i,sf=d,st=v"),
        ("/vod/film/s-en.vtt", "ot=c,sf=d,st=v"),
        ("/live/film/number.mpd", "ot=m,sf=d,st=l"),
        ("/assets.json", ""),
        ("/vod/film/v1/99.m4s", ""),
    ] {
        assert_eq!(told(&get(&server, path).await), expected, "{path}");
    }
    for (path, rest) in [
        ("/vod/film/v1/1.m4s", ",d=2000,nor=\"2.m4s\",ot=v,sf=d,st=v"),
        ("/vod/film/v1/12.m4s", ",d=2000,ot=v,sf=d,st=v"),
        ("/vod/film/seg_4s/v1/1.m4s", ",d=4000,nor=\"2.m4s\",ot=v,sf=d,st=v"),
        ("/vod/film/v1/t0.m4s", "m4s\",ot=v,sf=d,st=v"),
        ("/live/film/v1/850000000.m4s?nowMS=1700000001000", "nor=\"850000001.m4s\",ot=v,sf=d,st=l"),
    ] {
        let reply = get(&server, path).await;
        assert!(told(&reply).ends_with(rest), "{path}: {}", told(&reply));
    }
    // Of a part, the rate is that of the whole.
    let segment = "/vod/film/v1/1.m4s";
    let (whole, part) = (
        get(&server, segment).await,
        ask(server.addr, "GET", segment, "Range: bytes=0-9\r\n").await,
    );
    assert_eq!(told(&part), told(&whole));
    let bits = whole.body.len() * 8;
    assert!(told(&whole).starts_with(&format!("br={},", bits.div_ceil(2_000))), "{}", told(&whole));
    let dynamic = whole.field("cmsd-dynamic");
    assert!(dynamic.is_empty() || dynamic.starts_with("\"dashpot-origin\";"), "{dynamic}");
}
