//! One question to one name server, over UDP and, where the answer is too long for that, TCP.

use super::config::Config;
use dashpot_names::spell;
use hickory_proto::{
    op::{Edns, Message, MessageType, OpCode, Query, ResponseCode},
    rr::{
        DNSClass, Name, RecordType,
        rdata::opt::{ClientSubnet, EdnsCode, EdnsOption},
    },
};
use ipnet::IpNet;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, UdpSocket},
    time::timeout,
};

/// Bytes that are taken over UDP: what no path of today fragments (DNS flag day 2020).
pub(crate) const PAYLOAD: u16 = 1_232;

/// Answers over UDP that are not believed before the question is put over TCP: each has the chance of
/// one in 65,536 to have the right id, and a forger sends as many as there is time for.
const DISBELIEVED_MAX: u32 = 16;

/// A question to one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hop<'a> {
    pub(crate) server: SocketAddr,
    pub(crate) name: &'a Name,
    pub(crate) kind: RecordType,
    /// The client's network, where the server is told.
    pub(crate) subnet: Option<IpNet>,
    /// Whether to begin with TCP, where nobody else can put in an answer.
    pub(crate) is_tcp: bool,
    /// An option without data that goes with it.
    pub(crate) option: Option<u16>,
}

/// An answer that belongs to its question.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) message: Message,
    pub(crate) transport: &'static str,
    /// Messages that did not belong to the question and came before.
    pub(crate) disbelieved: u32,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Untold {
    /// None came in time; so many did that did not belong to the question.
    Late(u32),
    /// The server cannot be reached.
    Unreachable(io::Error),
    /// It does not read.
    Malformed,
}

impl From<io::Error> for Untold {
    fn from(error: io::Error) -> Self {
        Self::Unreachable(error)
    }
}

impl Hop<'_> {
    /// Asks and waits for the answer.
    pub(crate) async fn ask(self, config: &Config) -> Result<Told, Untold> {
        let asked = self.question(config)?;
        if self.is_tcp {
            return self.over_tcp(config, &asked, 0).await;
        }
        let told = self.over_udp(config, &asked).await?;
        if told.message.truncation {
            return self.over_tcp(config, &asked, told.disbelieved).await;
        }
        Ok(told)
    }

    /// Returns the question as a message, with an id, and where that is wanted a spelling, that
    /// nobody can foresee.
    fn question(&self, config: &Config) -> io::Result<Message> {
        let id = u16::try_from(random()? & 0xffff).unwrap_or_default();
        let mut message = Message::new(id, MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = config.forwards();
        let mut name = self.name.clone();
        if config.spells {
            let (mut bits, mut left) = (0, 0);
            let spelled = spell(&name.to_ascii(), || {
                if left == 0 {
                    (bits, left) = (random().unwrap_or_default(), u64::BITS);
                }
                left -= 1;
                (bits >> left) & 1 == 1
            });
            name = Name::from_ascii(spelled).unwrap_or(name);
        }
        name.set_fqdn(true);
        message.add_query(Query::query(name, self.kind));
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD);
        // RFC 3225: signatures are passed on to those who want them.
        edns.set_dnssec_ok(true);
        if let Some(subnet) = self.subnet {
            let option = ClientSubnet::new(subnet.network(), subnet.prefix_len(), 0);
            edns.options_mut().insert(EdnsOption::Subnet(option));
        }
        if let Some(option) = self.option {
            edns.options_mut().insert(EdnsOption::Unknown(option, Vec::new()));
        }
        message.set_edns(edns);
        Ok(message)
    }

    async fn over_udp(&self, config: &Config, asked: &Message) -> Result<Told, Untold> {
        // A socket of its own: the operating system gives it a port that nobody can foresee.
        let socket = UdpSocket::bind((source(config, self.server), 0)).await?;
        // From now on, what others than this server send is not delivered.
        socket.connect(self.server).await?;
        socket.send(&asked.to_vec().map_err(|_| Untold::Malformed)?).await?;
        let mut disbelieved = 0;
        let mut buffer = vec![0; usize::from(u16::MAX)];
        let answer = async {
            while disbelieved < DISBELIEVED_MAX {
                let length = socket.recv(&mut buffer).await?;
                let read = Message::from_vec(buffer.get(..length).unwrap_or_default());
                match read {
                    Ok(message) if belongs(&message, asked) => return Ok(Some(message)),
                    Ok(_) | Err(_) => disbelieved += 1,
                }
            }
            io::Result::Ok(None)
        };
        match timeout(config.hop_timeout, answer).await {
            Ok(Ok(Some(message))) => Ok(Told { message, transport: "udp", disbelieved }),
            Ok(Ok(None)) | Err(_) => Err(Untold::Late(disbelieved)),
            Ok(Err(error)) => Err(error.into()),
        }
    }

    async fn over_tcp(
        &self,
        config: &Config,
        asked: &Message,
        disbelieved: u32,
    ) -> Result<Told, Untold> {
        let exchange = async {
            let socket = match self.server {
                SocketAddr::V4(_) => TcpSocket::new_v4()?,
                SocketAddr::V6(_) => TcpSocket::new_v6()?,
            };
            socket.bind((source(config, self.server), 0).into())?;
            let mut stream = socket.connect(self.server).await?;
            let message = asked.to_vec().map_err(|_| Untold::Malformed)?;
            let length = u16::try_from(message.len()).map_err(|_| Untold::Malformed)?;
            stream.write_all(&[&length.to_be_bytes(), message.as_slice()].concat()).await?;
            let mut answer = vec![0; usize::from(stream.read_u16().await?)];
            stream.read_exact(&mut answer).await?;
            Message::from_vec(&answer).map_err(|_| Untold::Malformed)
        };
        match timeout(config.hop_timeout, exchange).await {
            Ok(Ok(message)) if belongs(&message, asked) => {
                Ok(Told { message, transport: "tcp", disbelieved })
            }
            Ok(Ok(_)) => Err(Untold::Malformed),
            Ok(Err(untold)) => Err(untold),
            Err(_) => Err(Untold::Late(disbelieved)),
        }
    }
}

/// Returns whether an answer is that to a question: its id and the question itself, to the letter.
fn belongs(answer: &Message, asked: &Message) -> bool {
    if answer.id != asked.id || answer.message_type != MessageType::Response {
        return false;
    }
    match (&*answer.queries, &*asked.queries) {
        ([answered], [asked]) => {
            answered.name.eq_case(&asked.name)
                && answered.query_type == asked.query_type
                && answered.query_class == DNSClass::IN
        }
        // Who could not read the question cannot repeat it (RFC 1035 §4.1.1).
        ([], _) => answer.response_code == ResponseCode::FormErr,
        _ => false,
    }
}

/// Returns the network for which an answer holds; none where it holds for everybody.
pub(crate) fn scope(message: &Message, subnet: Option<IpNet>) -> Option<(u8, Option<IpNet>)> {
    let subnet = subnet?;
    let edns = message.edns.as_ref()?;
    let Some(EdnsOption::Subnet(told)) = edns.option(EdnsCode::Subnet) else { return None };
    // RFC 7871 §7.3: an answer about another network than the one asked for is not to be believed.
    if told.addr() != subnet.network() || told.source_prefix() != subnet.prefix_len() {
        return Some((subnet.prefix_len(), Some(subnet)));
    }
    // RFC 7871 §7.3.1: nor is it kept for a network narrower than the one that was told.
    let scope = told.scope_prefix().min(subnet.prefix_len());
    Some((scope, IpNet::new(subnet.network(), scope).ok().filter(|_| scope != 0)))
}

fn source(config: &Config, server: SocketAddr) -> IpAddr {
    config.source.unwrap_or(match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    })
}

/// Returns bits that nobody can foresee.
pub(crate) fn random() -> io::Result<u64> {
    getrandom::u64().map_err(io::Error::other)
}
