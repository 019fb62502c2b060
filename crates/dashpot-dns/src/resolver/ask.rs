//! One question to a resolver, as those ask it who only want the answer.

use super::{
    Asked, Config,
    config::Ask,
    hop::{Hop, Told, Untold},
    respond::{WALK, walk_of},
    trace::Step,
};
use hickory_proto::op::Message;
use std::net::SocketAddr;

/// What a resolver has told.
#[derive(Debug)]
pub struct Heard {
    /// Its answer.
    pub message: Message,
    /// `udp`, or `tcp`.
    pub transport: &'static str,
    /// The walk, where the resolver tells it.
    pub walk: Option<Vec<Step>>,
}

/// Why a resolver has told nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// It did not answer in time.
    #[error("no answer from {0} in time")]
    Late(SocketAddr),
    /// It cannot be reached.
    #[error("cannot reach {0}")]
    Unreachable(SocketAddr, #[source] std::io::Error),
    /// Its answer does not read.
    #[error("the answer of {0} does not read")]
    Malformed(SocketAddr),
}

/// Asks the resolver at `server`, as `config` says how, and for the walk as well.
///
/// # Errors
/// Where it gives no answer.
pub async fn ask(server: SocketAddr, asked: &Asked, config: &Config) -> Result<Heard, AskError> {
    let config = Config { ask: Ask::Resolvers(vec![server]), ..config.clone() };
    let mut late = AskError::Late(server);
    // The walk is longer than a datagram holds, so that a connection comes first.
    for is_tcp in std::iter::once(true).chain((0..config.tries.max(1)).map(|_| false)) {
        let hop = Hop {
            server,
            name: &asked.name,
            kind: asked.kind,
            subnet: asked.subnet,
            is_tcp,
            option: Some(WALK),
        };
        late = match hop.ask(&config).await {
            Ok(Told { message, transport, .. }) => {
                let walk = walk_of(&message);
                return Ok(Heard { message, transport, walk });
            }
            Err(Untold::Late(_)) => AskError::Late(server),
            Err(Untold::Unreachable(error)) => AskError::Unreachable(server, error),
            Err(Untold::Malformed) => AskError::Malformed(server),
        };
    }
    Err(late)
}
