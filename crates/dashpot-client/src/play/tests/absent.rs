//! Sessions whose MPD does not come.

use super::*;
use tokio::net::{TcpListener, TcpSocket};

/// Longer than anything takes on a busy machine.
const LONG: Duration = Duration::from_secs(600);

/// Returns the error of a session that ends after `for_time`, or is stopped then.
async fn unplayed(url: &str, for_time: Duration) -> PlayError {
    let mut config = config(url, "/film.mpd");
    config.player.stop_after_time = Some(for_time);
    play(config, std::future::pending(), |_| ()).await.unwrap_err()
}

#[tokio::test]
async fn without_an_mpd_there_is_no_session_however_it_ended() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    // Connections wait for somebody to take them, and nobody does.
    let error = unplayed(&url, Duration::from_millis(50)).await;
    let PlayError::NoManifest { waited, .. } = error else { panic!("{error:?}") };
    assert!(Duration::from_millis(50) <= waited);
    // Nobody listens at an address that is taken by a socket that does not.
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", taken.local_addr().unwrap());
    let error = unplayed(&url, LONG).await;
    assert!(matches!(error, PlayError::Manifest(FetchError::Connect { .. })), "{error:?}");
    let message = message(&error);
    assert!(message.contains(&format!("could not connect to {url}/film.mpd")), "{message}");
}
