//! Somebody who does not see the questions sends answers to them.

use super::*;
use hickory_proto::op::{Message, MessageType};

/// A server that does not answer a question itself but has a forger answer first, `guesses` times
/// with the right id and in lower case, since the spelling of the question was not seen.
async fn forger(guesses: usize) -> (SocketAddr, Arc<AtomicBool>) {
    let udp = UdpSocket::bind((OTT, 0)).await.unwrap();
    let addr = udp.local_addr().unwrap();
    let tcp = TcpListener::bind(addr).await.unwrap();
    let was_connected = Arc::new(AtomicBool::new(false));
    let connected = Arc::clone(&was_connected);
    tokio::spawn(async move {
        let mut buffer = [0; 2_000];
        loop {
            let (length, client) = udp.recv_from(&mut buffer).await.unwrap();
            let asked = Message::from_vec(&buffer[..length]).unwrap();
            for _ in 0..guesses {
                let mut unseen = asked.clone();
                unseen.queries[0].name = asked.queries[0].name.to_lowercase();
                udp.send_to(&answer(&unseen, "127.66.6.6"), client).await.unwrap();
            }
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            connected.store(true, Ordering::SeqCst);
            let length = stream.read_u16().await.unwrap();
            let mut bytes = vec![0; usize::from(length)];
            stream.read_exact(&mut bytes).await.unwrap();
            let told = answer(&Message::from_vec(&bytes).unwrap(), "127.60.1.1");
            stream.write_u16(u16::try_from(told.len()).unwrap()).await.unwrap();
            stream.write_all(&told).await.unwrap();
        }
    });
    (addr, was_connected)
}

fn answer(asked: &Message, address: &str) -> Vec<u8> {
    let mut answer = Message::new(asked.id, MessageType::Response, asked.op_code);
    answer.metadata.authoritative = true;
    answer.add_queries(asked.queries.iter().cloned());
    let data = RData::A(address.parse().unwrap());
    answer.add_answer(Record::from_rdata(asked.queries[0].name.clone(), 300, data));
    answer.to_vec().unwrap()
}

/// A name of so many letters that a spelling in lower case comes up once in 2^52 times.
const NAME: &str = "abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz.";

/// Asks for the name through the forger, and says what is believed and how many answers were not.
async fn poisoned(spells: bool) -> (String, u32, bool) {
    let (server, was_connected) = forger(20).await;
    let config = Config {
        ask: Ask::Resolvers(vec![server]),
        spells,
        hop_timeout: Duration::from_secs(60),
        ..Config::default()
    };
    let resolver = Resolver::new(config, Clock::system()).unwrap();
    let resolution = resolve(&resolver, NAME, RecordType::A).await;
    let disbelieved = resolution.steps.iter().map(|step| step.disbelieved).sum();
    (data(&resolution), disbelieved, was_connected.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_forger_who_knows_id_and_port_is_believed_where_names_are_not_spelled() {
    let (told, disbelieved, _) = poisoned(false).await;
    assert_eq!((told, disbelieved), (format!("{NAME} 127.66.6.6"), 0));
}

#[tokio::test]
async fn a_spelled_name_gives_the_forger_away_and_the_server_is_asked_over_tcp() {
    let (told, disbelieved, was_connected) = poisoned(true).await;
    assert_eq!(told, format!("{NAME} 127.60.1.1"));
    assert_eq!((disbelieved, was_connected), (16, true));
}
