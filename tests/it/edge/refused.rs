//! Requests that nobody reads leave a count and a line.

use super::{Edge, any_port, bounded, client::fetch, origin::HostileOrigin};
use dashpot_edge::Config;
use dashpot_serve::LogTo;
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_unread_is_in_the_metrics_and_in_the_access_log() {
    const REFUSED: [(&str, &str, u16); 4] = [
        ("GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n", "field-name", 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "host-count", 400),
        ("GET / HTTP/3.0\r\nHost: x\r\n\r\n", "version", 505),
        ("GET / HTTP/1.1\r\nHost: ", "slow-head", 408),
    ];
    bounded(async {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.jsonl");
        let origin = HostileOrigin::start().await;
        let mut config = Config::new(origin.url(), any_port());
        config.access_log = LogTo::File(path.clone());
        config.front.limits.header_read_timeout = Duration::from_millis(300);
        // Whoever looks at the metrics there is not hurried.
        config.admin.listen = Some(any_port());
        let server = dashpot_edge::bind(config).await.expect("the edge binds");
        // What is to be read is there before the edge takes the connections: a busy machine could
        // take longer than that between the two.
        let mut streams = Vec::new();
        for (raw, ..) in REFUSED {
            let mut stream = TcpStream::connect(server.addr()).await.expect("the edge listens");
            stream.write_all(raw.as_bytes()).await.expect("the system takes it");
            streams.push(stream);
        }
        let (edge, admin) = Edge::run_administered(server);
        for mut stream in streams {
            // A reset tells as much as an end.
            stream.read_to_end(&mut Vec::new()).await.unwrap_or_default();
        }
        for (_, reason, _) in REFUSED {
            let line = format!("dashpot_edge_refused_total{{reason=\"{reason}\"}} 1");
            // A connection that has been refused lingers for a moment.
            while !metrics(admin).await.lines().any(|got| got == line) {
                tokio::task::yield_now().await;
            }
        }
        // The log is complete once the edge has ended.
        edge.stop().await;
        let text = std::fs::read_to_string(&path).expect("a log");
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
        let refused: Vec<_> = lines.filter(|line| line["method"] == "-").collect();
        for (_, reason, status) in REFUSED {
            let of_reason: Vec<_> =
                refused.iter().filter(|line| line["refused"] == reason).collect();
            let [line] = of_reason[..] else { panic!("{reason}: {text}") };
            assert_eq!((&line["status"], &line["path"]), (&status.into(), &"-".into()), "{text}");
            assert_eq!(line["client"], "127.0.0.1");
        }
        assert_eq!(refused.len(), REFUSED.len(), "{text}");
    })
    .await;
}

async fn metrics(admin: SocketAddr) -> String {
    let metrics = fetch(admin, "/metrics", &[]).await;
    String::from_utf8_lossy(&metrics.body).into_owned()
}
