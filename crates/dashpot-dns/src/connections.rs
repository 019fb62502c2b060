//! Connections of one address, taken and served side by side: name servers' and resolvers' alike.

use dashpot_serve::Shutdown;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tracing::debug;

/// Connections of one address at a time: each costs a task and up to 64 KiB while a query arrives.
const CONNECTIONS_MAX: usize = 256;

/// Has `serve` answer on each connection until the shutdown, which ends them.
pub(crate) async fn each<S>(
    listener: Arc<TcpListener>,
    shutdown: Shutdown,
    serve: impl Fn(TcpStream, SocketAddr) -> S,
) where
    S: Future<Output = io::Result<()>> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        // Those that wait for room wait in the operating system.
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let accepted = tokio::select! {
            biased;
            () = shutdown.begun() => break,
            accepted = listener.accept() => accepted,
        };
        while connections.try_join_next().is_some() {}
        let Ok((stream, client)) = accepted else {
            // Such as too many open files: what is served meanwhile will free some.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (served, shutdown) = (serve(stream, client), shutdown.clone());
        connections.spawn(async move {
            let served = tokio::select! {
                served = served => served,
                () = shutdown.begun() => Ok(()),
            };
            if let Err(error) = served {
                debug!(%error, %client, "a connection has ended");
            }
            drop(permit);
        });
    }
    while connections.join_next().await.is_some() {}
}
