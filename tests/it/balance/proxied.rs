//! The PROXY protocol, taken and told.

use super::{Backend, Balancer, bounded, is_reset, turns};
use dashpot_balance::{Config, ProxyIn, ProxyOut};
use dashpot_http::proxy_protocol::{Ends, Transport, Who, write};
use dashpot_serve::read_proxied;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A server that answers with what its PROXY header says, and what follows it.
async fn telling() -> Backend {
    Backend::start("a", |mut stream| async move {
        let said = match read_proxied(&mut stream).await {
            Ok(Who::Client(Ends { source, destination })) => format!("{source} {destination} "),
            Ok(Who::Itself) => "itself ".to_owned(),
            Err(error) => error.to_string(),
        };
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.expect("text");
        stream.write_all((said + &rest).as_bytes()).await.expect("told");
    })
    .await
}

async fn told(mut stream: TcpStream, first: &[u8]) -> std::io::Result<String> {
    stream.write_all(&[first, b"hello"].concat()).await?;
    stream.shutdown().await?;
    let mut said = String::new();
    bounded(stream.read_to_string(&mut said)).await?;
    Ok(said)
}

#[tokio::test]
async fn a_backend_hears_who_the_client_is_and_where_it_went() {
    let backend = telling().await;
    let config = Config { proxy_out: ProxyOut::V2, ..turns(&[&backend]) };
    let balancer = Balancer::start(config.clone()).await;
    let stream = balancer.connect().await;
    let client = stream.local_addr().expect("connected");
    let expected = format!("{client} {} hello", balancer.addr);
    assert_eq!(told(stream, b"").await.expect("an answer"), expected);
    balancer.stop().await;
    // Behind another balancer it hears what that one was told.
    let trusted = ProxyIn::From(vec!["127.0.0.0/8".parse().expect("a network")]);
    let balancer = Balancer::start(Config { proxy_in: trusted, ..config }).await;
    let addr = |text: &str| text.parse::<SocketAddr>().expect("an address");
    let ends = Ends { source: addr("198.51.100.7:5"), destination: addr("203.0.113.1:443") };
    let header = write(Who::Client(ends), Transport::Stream);
    let said = told(balancer.connect().await, &header).await.expect("an answer");
    assert_eq!(said, "198.51.100.7:5 203.0.113.1:443 hello");
    let (_, choices) = balancer.ask("GET", "/choices?client=198.51.100.7:5", "").await;
    assert_eq!((&choices[0]["backend"], &choices[1]), (&"a".into(), &serde_json::Value::Null));
    // A connection of that balancer's own is who it is.
    let stream = balancer.connect().await;
    let client = stream.local_addr().expect("connected");
    let said = told(stream, &write(Who::Itself, Transport::Stream)).await.expect("an answer");
    assert_eq!(said, format!("{client} {} hello", balancer.addr));
    balancer.stop().await;
}

#[tokio::test]
async fn strangers_and_those_who_say_nothing_of_themselves_are_refused() {
    let backend = telling().await;
    for (network, first) in
        [("10.0.0.0/8", &write(Who::Itself, Transport::Stream)[..]), ("127.0.0.1/32", b"")]
    {
        let proxy_in = ProxyIn::From(vec![network.parse().expect("a network")]);
        let balancer = Balancer::start(Config { proxy_in, ..turns(&[&backend]) }).await;
        let mut stream = balancer.connect().await;
        // It may be refused before this is written.
        let written = stream.write_all(&[first, b"hello"].concat()).await;
        let read = bounded(stream.read(&mut [0; 9])).await;
        assert!(written.is_err() || is_reset(&read), "{network}: {read:?}");
        balancer.stop().await;
    }
}
