//! Signals: the first interrupt asks for an orderly end, the second one does not ask; a hangup asks
//! to reload.

use dashpot_serve::Shutdown;
use std::{future, process};
use tracing::{info, warn};

/// What shells report for a process ended by SIGINT: 128 plus the signal's number.
const FORCED: i32 = 130;

/// Waits for Ctrl-C or SIGTERM; a second one ends the process at once.
pub(crate) async fn interrupted() {
    once().await;
    info!("ending; interrupt again to end at once");
    tokio::spawn(async {
        once().await;
        process::exit(FORCED);
    });
}

/// Begins `shutdown` at the first interrupt.
pub(crate) fn begin_when_interrupted(shutdown: &Shutdown) {
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        interrupted().await;
        shutdown.begin();
    });
}

/// Does `action` each time a SIGHUP comes.
#[cfg(unix)]
pub(crate) fn at_each_hangup(action: impl Fn() + Send + 'static) {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::hangup()) {
        Ok(mut signal) => {
            tokio::spawn(async move {
                while signal.recv().await.is_some() {
                    action();
                }
            });
        }
        Err(error) => warn!(%error, "SIGHUP is not watched"),
    }
}

#[cfg(not(unix))]
pub(crate) fn at_each_hangup(_: impl Fn() + Send + 'static) {}

async fn once() {
    tokio::select! {
        () = ctrl_c() => (),
        () = terminated() => (),
    }
}

async fn ctrl_c() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        warn!(%error, "Ctrl-C is not watched");
        future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => {
            warn!(%error, "SIGTERM is not watched");
            future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminated() {
    future::pending().await
}
