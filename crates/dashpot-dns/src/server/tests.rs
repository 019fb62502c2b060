use super::*;
use crate::config::ZoneConfig;
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RecordType},
};
use std::{fs, path::Path};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    task::JoinHandle,
};

const ZONE: &str = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n";

/// A server that runs, and the folder of its zone.
struct Running {
    addr: SocketAddr,
    http: SocketAddr,
    handle: Handle,
    shutdown: Shutdown,
    task: JoinHandle<()>,
    folder: TempDir,
}

impl Running {
    async fn start(zone: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("zone"), zone).unwrap();
        let server = bind(config(folder.path())).await.unwrap();
        let (addr, http) = (server.addrs().next().unwrap(), server.http_addr().unwrap());
        let (handle, shutdown) = (server.handle(), Shutdown::new());
        let task = tokio::spawn(server.run(shutdown.clone()));
        Self { addr, http, handle, shutdown, task, folder }
    }

    /// Ends the server and returns its access log.
    async fn end(self) -> String {
        self.shutdown.begin();
        self.task.await.unwrap();
        drop(self.handle);
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

fn config(folder: &Path) -> Config {
    let server = ServerConfig {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        zones: vec![ZoneConfig {
            name: name("z.test."),
            from: ZoneFrom::File(folder.join("zone")),
            key: None,
        }],
        nsid: None,
        transfer_to: vec!["127.0.0.0/8".parse().unwrap()],
        notify: Vec::new(),
    };
    Config {
        servers: vec![server],
        http: Some("127.0.0.1:0".parse().unwrap()),
        access_log: dashpot_serve::LogTo::File(folder.join("log")),
        rate_limit: None,
    }
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn query(id: u16, asked: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(name(asked), kind));
    message.to_vec().unwrap()
}

async fn by_udp(server: SocketAddr, message: &[u8]) -> Message {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server).await.unwrap();
    socket.send(message).await.unwrap();
    let mut buffer = [0; 2_048];
    let length = socket.recv(&mut buffer).await.unwrap();
    Message::from_vec(&buffer[..length]).unwrap()
}

async fn send(stream: &mut TcpStream, message: &[u8]) {
    let length = u16::try_from(message.len()).unwrap();
    stream.write_all(&[&length.to_be_bytes(), message].concat()).await.unwrap();
}

async fn receive(stream: &mut TcpStream) -> Message {
    let mut message = vec![0; usize::from(stream.read_u16().await.unwrap())];
    stream.read_exact(&mut message).await.unwrap();
    Message::from_vec(&message).unwrap()
}

#[tokio::test]
async fn datagrams_and_connections_are_answered_and_told_of() {
    let server = Running::start(ZONE).await;
    // The same question twice: the second answer is the kept one, with the id of its question.
    for id in [1, 2] {
        let answer = by_udp(server.addr, &query(id, "ns.z.test.", RecordType::A)).await;
        assert_eq!((answer.metadata.id, answer.answers.len()), (id, 1));
    }
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    send(&mut stream, &query(3, "ns.z.test.", RecordType::A)).await;
    send(&mut stream, &query(4, "no.z.test.", RecordType::A)).await;
    assert_eq!(receive(&mut stream).await.metadata.id, 3);
    let denied = receive(&mut stream).await;
    assert_eq!(denied.metadata.response_code, ResponseCode::NXDomain);
    let metrics =
        by_http(server.http, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", b"")
            .await;
    let metrics = String::from_utf8(metrics).unwrap();
    for line in [
        "dashpot_dns_requests_total{transport=\"udp\",code=\"noerror\"} 2",
        "dashpot_dns_requests_total{transport=\"tcp\",code=\"noerror\"} 1",
        "dashpot_dns_requests_total{transport=\"tcp\",code=\"nxdomain\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let log = server.end().await;
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4, "{log}");
    assert_eq!(lines[3]["name"], "no.z.test.");
    assert_eq!(lines[3]["code"], "nxdomain");
    assert_eq!(lines[3]["transport"], "tcp");
}

#[tokio::test]
async fn a_zone_that_is_read_again_is_answered_at_once_and_a_broken_one_is_not() {
    let server = Running::start(ZONE).await;
    let ask = || async {
        let answer = by_udp(server.addr, &query(1, "ns.z.test.", RecordType::A)).await;
        answer.answers[0].data.to_string()
    };
    assert_eq!(ask().await, "192.0.2.1");
    let file = server.folder.path().join("zone");
    fs::write(&file, ZONE.replace("192.0.2.1", "192.0.2.2")).unwrap();
    assert_eq!(ask().await, "192.0.2.1");
    server.handle.reload().unwrap();
    assert_eq!(ask().await, "192.0.2.2");
    fs::write(&file, "no zone").unwrap();
    server.handle.reload().unwrap();
    assert_eq!(ask().await, "192.0.2.2");
    server.end().await;
}

#[tokio::test]
async fn a_whole_zone_comes_in_as_many_messages_as_it_takes() {
    let many: String =
        (0..2_000).map(|n| format!("host-{n} 60 A 10.1.{}.{}\n", n / 250, n % 250)).collect();
    let server = Running::start(&format!("{ZONE}{many}")).await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    send(&mut stream, &query(9, "z.test.", RecordType::AXFR)).await;
    let (mut records, mut messages) = (Vec::new(), 0);
    while records.len() < 2 || records.last() != records.first() {
        let message = receive(&mut stream).await;
        assert_eq!(message.metadata.id, 9);
        messages += 1;
        records.extend(message.answers);
    }
    assert_eq!(records[0].record_type(), RecordType::SOA);
    // SOA, NS, the server's address, all others, and the SOA once more.
    assert_eq!((records.len(), 1 < messages), (2_004, true));
    // Over UDP there are no zones.
    let refused = by_udp(server.addr, &query(9, "z.test.", RecordType::AXFR)).await;
    assert_eq!(refused.metadata.response_code, ResponseCode::Refused);
    server.end().await;
}

/// Sends a request and returns the body of the answer, once the server has closed.
async fn by_http(server: SocketAddr, head: &str, body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    let text = String::from_utf8(answer[..head].to_vec()).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    answer.split_off(head + 4)
}

#[tokio::test]
async fn questions_come_over_http_in_both_ways_of_rfc_8484() {
    let server = Running::start(ZONE).await;
    let message = query(0, "ns.z.test.", RecordType::A);
    let rest = "Host: a\r\nConnection: close\r\n";
    let encoded = data_encoding::BASE64URL_NOPAD.encode(&message);
    let get = format!("GET /dns-query?dns={encoded} HTTP/1.1\r\n{rest}\r\n");
    let post = format!(
        "POST /dns-query HTTP/1.1\r\n{rest}Content-Type: application/dns-message\r\nContent-Length: {}\r\n\r\n",
        message.len()
    );
    for (head, body) in [(get, &[][..]), (post, &message)] {
        let answer = Message::from_vec(&by_http(server.http, &head, body).await).unwrap();
        assert_eq!(answer.answers[0].data.to_string(), "192.0.2.1", "{head}");
    }
    server.end().await;
}

#[tokio::test]
async fn what_cannot_be_served_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = bind(config(folder.path())).await.unwrap_err().to_string();
    assert!(error.contains("cannot read") && error.contains("zone"), "{error}");
    fs::write(folder.path().join("zone"), format!("{ZONE}a 60 A nowhere\n")).unwrap();
    let error = bind(config(folder.path())).await.unwrap_err().to_string();
    assert!(error.contains("zone:4: this is no data of type A"), "{error}");
    let nothing = Config { servers: vec![ServerConfig::default()], ..Config::default() };
    assert!(matches!(bind(nothing).await, Err(StartError::Nothing)));
}

/// Returns the serial that a server answers with, or none where it does not answer for the zone.
async fn serial(server: SocketAddr) -> Option<String> {
    let answer = by_udp(server, &query(1, "z.test.", RecordType::SOA)).await;
    answer.answers.first().map(|record| record.data.to_string())
}

#[tokio::test]
async fn a_secondary_has_what_its_primary_has_once_it_is_told() {
    let primary = Running::start(ZONE).await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    config.servers[0].zones[0].from = ZoneFrom::Primary(primary.addr);
    let server = bind(config).await.unwrap();
    let addr = server.addrs().next().unwrap();
    let (group, shutdown) = (Arc::clone(&server.groups[0].0), Shutdown::new());
    let mut changed = group.changed.subscribe();
    let task = tokio::spawn(server.run(shutdown.clone()));
    // Until the first transfer there is nothing to answer from.
    if group.authority.get(&name("z.test.")).is_none() {
        changed.changed().await.unwrap();
    }
    assert!(serial(addr).await.unwrap().contains(" 1 "));
    let later = ZONE.replace("host 1 2", "host 5 2");
    fs::write(primary.folder.path().join("zone"), later).unwrap();
    primary.handle.reload().unwrap();
    // The primary answers from the new version at once, the secondary once it knows.
    assert!(serial(primary.addr).await.unwrap().contains(" 5 "));
    let mut notify = Message::new(3, MessageType::Query, OpCode::Notify);
    notify.add_query(Query::query(name("z.test."), RecordType::SOA));
    let heard = by_udp(addr, &notify.to_vec().unwrap()).await;
    assert_eq!(heard.metadata.response_code, ResponseCode::NoError);
    while !serial(addr).await.unwrap().contains(" 5 ") {
        changed.changed().await.unwrap();
    }
    shutdown.begin();
    task.await.unwrap();
    primary.end().await;
}

#[tokio::test]
async fn a_primary_tells_those_it_is_to_tell_of_each_version() {
    let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("zone");
    fs::write(&file, ZONE).unwrap();
    let mut config = config(folder.path());
    config.servers[0].notify = vec![other.local_addr().unwrap()];
    let server = bind(config).await.unwrap();
    let (handle, shutdown) = (server.handle(), Shutdown::new());
    let task = tokio::spawn(server.run(shutdown.clone()));
    for serial in ["1", "2"] {
        fs::write(&file, ZONE.replace("host 1 2", &format!("host {serial} 2"))).unwrap();
        handle.reload().unwrap();
        let mut buffer = [0; 512];
        // A second word of the same version may be on its way.
        let id = loop {
            let (length, from) = other.recv_from(&mut buffer).await.unwrap();
            let message = Message::from_vec(&buffer[..length]).unwrap();
            assert_eq!(message.metadata.op_code, OpCode::Notify);
            buffer[2] |= 0x80;
            other.send_to(&buffer[..length], from).await.unwrap();
            if message.metadata.id.to_string() == serial {
                break message.metadata.id;
            }
        };
        assert_eq!(id.to_string(), serial);
    }
    shutdown.begin();
    task.await.unwrap();
}
