//! Over loopback, with the film of this repository.

mod admin;
mod alike;
mod channels;
mod contribution;
mod data;
mod faults;
mod faults_live;
mod hls;
mod http;
mod live;
mod livesim2;
mod media;
mod pages;
mod steering;

use super::*;
use crate::FaultsConfig;
use std::path::{Path, PathBuf};
use tokio::task::JoinHandle;

/// A server on a free port; dropped, it ends.
struct Running {
    addr: SocketAddr,
    shutdown: Shutdown,
    admin: Option<SocketAddr>,
    clock: Clock,
    _task: JoinHandle<Result<(), RunError>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

fn film() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media");
    assert!(folder.join("film/v1.mp4").is_file(), "the test film is missing from media/film");
    folder
}

fn config(media: PathBuf) -> Config {
    Config {
        player: Some("http://player.test/?x=1".to_owned()),
        ..Config::new(media, SocketAddr::from(([127, 0, 0, 1], 0)))
    }
}

async fn start(config: Config) -> Running {
    let server = bind(config).await.unwrap();
    let (addr, shutdown, clock) = (server.addr(), Shutdown::new(), server.origin.clock.clone());
    let admin = server.admin_addr();
    Running {
        addr,
        shutdown: shutdown.clone(),
        admin,
        clock,
        _task: tokio::spawn(server.run(shutdown)),
    }
}
