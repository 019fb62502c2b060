//! Resolvers against a tree of name servers on addresses of their own: a root, `com.` and `net.`, a
//! provider and a network that carries its films.

use super::*;
use crate::{Authority, Key, Outcome, Transport, Zone};
use dashpot_names::Rules;
use dashpot_serve::Shutdown;
use hickory_proto::rr::RData;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
};

mod chains;
mod forged;
mod signed;
mod subnets;
mod walks;

const ROOT: &str = "127.53.0.1";
const ROOT_2: &str = "127.53.0.2";
const COM: &str = "127.53.1.1";
const NET: &str = "127.53.1.2";
const OTT: &str = "127.53.2.1";
const OTT_2: &str = "127.53.2.2";
const CDN: &str = "127.53.3.1";

/// Zones: where they are served, their names and what they have.
const ZONES: [(&[&str], &str, &str); 5] = [
    (
        &[ROOT, ROOT_2],
        ".",
        ". 86400 IN SOA a.root. h.root. 1 1800 900 604800 60\n\
         . 518400 IN NS a.root.\n. 518400 IN NS b.root.\n\
         a.root. 518400 IN A 127.53.0.1\nb.root. 518400 IN A 127.53.0.2\n\
         com. 172800 IN NS a.gtld.com.\na.gtld.com. 172800 IN A 127.53.1.1\n\
         net. 172800 IN NS a.gtld.net.\na.gtld.net. 172800 IN A 127.53.1.2\n",
    ),
    (
        &[COM],
        "com.",
        "com. 900 IN SOA a.gtld.com. h.com. 1 1800 900 604800 60\n\
         com. 172800 IN NS a.gtld.com.\na.gtld.com. 172800 IN A 127.53.1.1\n\
         ott.com. 172800 IN NS ns1.ott.com.\nott.com. 172800 IN NS ns2.ott.com.\n\
         ns1.ott.com. 172800 IN A 127.53.2.1\nns2.ott.com. 172800 IN A 127.53.2.2\n\
         lame.com. 300 IN NS ns1.ott.com.\n\
         glueless.com. 300 IN NS ns1.cdn.net.\n",
    ),
    (
        &[NET],
        "net.",
        "net. 900 IN SOA a.gtld.net. h.net. 1 1800 900 604800 60\n\
         net. 172800 IN NS a.gtld.net.\na.gtld.net. 172800 IN A 127.53.1.2\n\
         cdn.net. 172800 IN NS ns1.cdn.net.\nns1.cdn.net. 172800 IN A 127.53.3.1\n",
    ),
    (
        &[OTT, OTT_2],
        "ott.com.",
        "ott.com. 300 IN SOA ns1.ott.com. h.ott.com. 1 1800 900 604800 30\n\
         ott.com. 3600 IN NS ns1.ott.com.\nott.com. 3600 IN NS ns2.ott.com.\n\
         ns1.ott.com. 3600 IN A 127.53.2.1\nns2.ott.com. 3600 IN A 127.53.2.2\n\
         video.ott.com. 300 IN CNAME edge.cdn.net.\n\
         gone.ott.com. 300 IN CNAME nowhere.cdn.net.\n\
         loop.ott.com. 300 IN CNAME pool.ott.com.\npool.ott.com. 300 IN CNAME loop.ott.com.\n\
         *.wild.ott.com. 300 IN A 127.60.1.9\n\
         a.b.c.ott.com. 300 IN A 127.60.1.8\n\
         long.ott.com. 300 IN TXT LONG\n",
    ),
    (
        &[CDN],
        "cdn.net.",
        "cdn.net. 300 IN SOA ns1.cdn.net. h.cdn.net. 1 1800 900 604800 30\n\
         cdn.net. 3600 IN NS ns1.cdn.net.\nns1.cdn.net. 3600 IN A 127.53.3.1\n\
         edge.cdn.net. 20 IN A 127.60.1.1\nedge.cdn.net. 20 IN A 127.60.2.1\n",
    ),
];

/// A tree of name servers, each on an address of its own.
struct Tree {
    ports: BTreeMap<IpAddr, u16>,
    silent: BTreeMap<&'static str, Arc<AtomicBool>>,
    anchors: Vec<Anchor>,
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// What a tree is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Make {
    Plain,
    Signed,
    /// Signed, but by a key for `ott.com.` that `com.` does not vouch for.
    Bogus,
    /// Signed, but not `ott.com.`
    PartlySigned,
}

impl Tree {
    async fn new(make: Make) -> Self {
        let mut zones: Vec<(&[&'static str], Zone)> = Vec::new();
        let keys = ZONES.map(|(_, origin, _)| {
            Key::from_pem(&name(origin), Key::generate().unwrap().as_bytes()).unwrap()
        });
        let is_signed = |origin: &str| match make {
            Make::Plain => false,
            Make::Signed | Make::Bogus => true,
            Make::PartlySigned => origin != "ott.com.",
        };
        let vouched = keys.iter().filter(|key| is_signed(&key.zone().to_ascii()));
        let vouchers: Vec<_> = vouched.map(|key| key.ds().unwrap()).collect();
        let anchors = Anchor::parse_all(&keys[0].ds().unwrap().to_string()).unwrap();
        for ((at, origin, text), key) in ZONES.iter().zip(keys) {
            let long = ["x"; 60].map(|_| "\"0123456789012345678901234567890123456789\"").join(" ");
            let zone = Zone::parse(&text.replace("LONG", &long), &name(origin)).unwrap();
            let key = match make {
                Make::Bogus if *origin == "ott.com." => {
                    Key::from_pem(&name(origin), Key::generate().unwrap().as_bytes()).unwrap()
                }
                Make::Plain | Make::Signed | Make::Bogus | Make::PartlySigned => key,
            };
            let zone = match *origin {
                "cdn.net." => {
                    let steer = Arc::new(subnets::steer);
                    zone.steered_at(&name("steered.cdn.net."), steer).unwrap()
                }
                _ => zone,
            };
            let zone = match is_signed(origin) {
                true => zone.vouching(&vouchers).signed(Arc::new(key)),
                false => zone,
            };
            zones.push((at, zone));
        }
        let anchors = if make == Make::Plain { Vec::new() } else { anchors };
        let mut tree = Self { ports: BTreeMap::new(), silent: BTreeMap::new(), anchors };
        for (at, zone) in zones {
            let authority = Arc::new(Authority::new(None));
            authority.put(zone);
            for at in at {
                tree.serve(at, Arc::clone(&authority)).await;
            }
        }
        tree
    }

    async fn serve(&mut self, at: &'static str, authority: Arc<Authority>) {
        let ip: IpAddr = at.parse().unwrap();
        let (tcp, udp) = loop {
            let tcp = TcpListener::bind((ip, 0)).await.unwrap();
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
                break (tcp, udp);
            }
        };
        self.ports.insert(ip, udp.local_addr().unwrap().port());
        let silent = Arc::new(AtomicBool::new(false));
        self.silent.insert(at, Arc::clone(&silent));
        let clock = Clock::system();
        let answer = move |authority: &Authority, bytes: &[u8], transport| {
            let client = SocketAddr::from(([127, 0, 0, 1], 1));
            match authority.respond(bytes, client, transport, clock.wall()) {
                Outcome::Answered(response) => response.bytes,
                other @ (Outcome::Ignored | Outcome::Transfer(_) | Outcome::Notified(..)) => {
                    panic!("{other:?}")
                }
            }
        };
        let (connected, over_tcp) = (Arc::clone(&authority), answer.clone());
        tokio::spawn(async move {
            let mut buffer = [0; 2_000];
            loop {
                let (length, client) = udp.recv_from(&mut buffer).await.unwrap();
                if !silent.load(Ordering::SeqCst) {
                    let told = answer(&authority, &buffer[..length], Transport::Udp);
                    udp.send_to(&told, client).await.unwrap();
                }
            }
        });
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = tcp.accept().await {
                let Ok(length) = stream.read_u16().await else { continue };
                let mut bytes = vec![0; usize::from(length)];
                stream.read_exact(&mut bytes).await.unwrap();
                let told = over_tcp(&connected, &bytes, Transport::Tcp);
                stream.write_u16(u16::try_from(told.len()).unwrap()).await.unwrap();
                stream.write_all(&told).await.unwrap();
            }
        });
    }

    fn silence(&self, at: &str, is_silent: bool) {
        self.silent[at].store(is_silent, Ordering::SeqCst);
    }

    fn root(&self) -> SocketAddr {
        let ip = ROOT.parse().unwrap();
        SocketAddr::new(ip, self.ports[&ip])
    }

    /// What a resolver of this tree is told; servers get minutes to answer, so that a busy machine
    /// makes no difference, where a test does not say otherwise.
    fn config(&self) -> Config {
        Config {
            ask: Ask::Roots(vec![self.root()]),
            ports: self.ports.clone(),
            hop_timeout: Duration::from_secs(60),
            anchors: self.anchors.clone(),
            ..Config::default()
        }
    }

    fn resolver(&self) -> Resolver {
        Resolver::new(self.config(), Clock::system()).unwrap()
    }
}

async fn resolve(resolver: &Resolver, at: &str, kind: RecordType) -> Resolution {
    resolver.resolve(&Asked { name: name(at), kind, subnet: None }).await
}

/// The data of an answer, in order; the addresses of one name sorted, since servers turn them.
fn data(resolution: &Resolution) -> String {
    let mut told: Vec<_> = resolution
        .answers
        .iter()
        .filter(|record| record.record_type() != RecordType::RRSIG)
        .map(|record| format!("{} {}", record.name, record.data))
        .collect();
    let aliases = resolution.answers.iter();
    let aliases = aliases.filter(|record| record.record_type() == RecordType::CNAME).count();
    told[aliases..].sort();
    told.join(", ")
}

/// What came of each question to a server: the zone it serves, and the outcome.
fn hops(resolution: &Resolution) -> Vec<String> {
    let hops = resolution.steps.iter().filter(|step| step.is_query());
    let told = hops.map(|step| {
        let zone = step.zone.as_deref().unwrap_or_default();
        format!("{zone} {} {}: {}", step.name, step.kind, step.outcome.as_str())
    });
    told.collect()
}
