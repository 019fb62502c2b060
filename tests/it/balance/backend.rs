//! Servers that tests put behind the balancer.

use dashpot_balance::BackendSpec;
use std::{io, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
};

/// A server of a letter.
pub(super) struct Backend {
    pub(super) name: &'static str,
    pub(super) addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Backend {
    /// Starts a server that does `serve` with each connection.
    pub(super) async fn start<F>(
        name: &'static str,
        serve: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(super::any_port()).await.expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream));
            }
        });
        Self { name, addr, task }
    }

    /// Starts a server that greets with its name and then echoes.
    pub(super) async fn greeting(name: &'static str) -> Self {
        Self::start(name, move |mut stream| async move {
            // The client may have gone, which is its affair.
            if stream.write_all(name.as_bytes()).await.is_ok() {
                echo(stream).await.unwrap_or_default();
            }
        })
        .await
    }

    pub(super) fn spec(&self) -> BackendSpec {
        super::spec(self.name, self.addr)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns what was sent, and ends when the client has ended.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let (mut from, mut to) = stream.split();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from.read(&mut buffer).await? {
            0 => return to.shutdown().await,
            count => to.write_all(&buffer[..count]).await?,
        }
    }
}

/// An address that refuses connections for as long as this is kept: bound, and not listened on.
pub(super) struct Refusing {
    pub(super) addr: SocketAddr,
    _socket: TcpSocket,
}

impl Refusing {
    pub(super) fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(super::any_port()).expect("a free port");
        Self { addr: socket.local_addr().expect("bound"), _socket: socket }
    }
}
