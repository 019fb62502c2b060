//! A reader that never reads, beside one that does, in paused time.

use std::{
    collections::VecDeque,
    future::poll_fn,
    sync::{Arc, Mutex},
    time::Duration,
};

use dashpot_cache::{Key, ReaderId};
use dashpot_serve::Shutdown;
use tokio::sync::{Semaphore, oneshot};

use super::{
    real::Scripted,
    script::{Exchange, Step, config, request},
};
use crate::{
    flights::{Answer, FillReader, Running, Wanted, fetch},
    server,
};

const MIB: usize = 1 << 20;
/// More than a reader may be behind the foremost one.
const BODY_MIB: usize = 9;
const DATA: (u64, Step) = (1, Step::Data(MIB));
const OPEN: Step =
    Step::Head(200, "cache-control: max-age=60\netag: \"a\"\ntransfer-encoding: chunked");
const EXCHANGE: Exchange =
    &[(1, OPEN), DATA, DATA, DATA, DATA, DATA, DATA, DATA, DATA, DATA, (1, Step::End)];

/// Reads on from byte `at` to the end; `Err` where that is a broken one.
async fn read(reader: &FillReader, mut at: u64) -> Result<u64, u64> {
    while let Some(read) = poll_fn(|cx| reader.poll_read(cx, at, u64::MAX)).await {
        at += u64::try_from(read.map_err(|_| at)?.len()).unwrap();
    }
    Ok(at)
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_laggard_is_not_the_origins_silence() {
    let mut config = config();
    // Shorter than a laggard is waited for.
    config.idle_timeout = Duration::from_millis(500);
    let shared = server::share(&config, Shutdown::new()).unwrap();
    let edge = Arc::new(server::configure(&config, Arc::new(shared)).unwrap());
    let key = Key::new("http", "origin.test", "/a");
    let wanted = Wanted {
        primary: key.clone(),
        key,
        path_and_query: "/a".to_owned(),
        request: request(),
        stored: None,
        given: None,
    };
    let running = Arc::new(Running::new(&edge, wanted));
    let mut receivers = Vec::new();
    for reader in [1, 2] {
        let (sender, receiver) = oneshot::channel();
        running.join(&edge, ReaderId(reader), request(), sender);
        receivers.push(receiver);
    }
    // There is no second exchange: whoever asked for one would be told by a panic.
    let origin = Scripted(Mutex::new(VecDeque::from([EXCHANGE])));
    let slot = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
    let fetching = tokio::spawn(fetch::fetch(Arc::clone(&edge), origin, running, slot));
    let mut readers = Vec::new();
    for receiver in receivers {
        let Answer::Serve { reader, .. } = receiver.await.unwrap().answer else { panic!() };
        readers.push(reader);
    }
    assert_eq!(read(&readers[0], 0).await, Ok(u64::try_from(BODY_MIB * MIB).unwrap()));
    assert!(read(&readers[1], 0).await.is_err(), "a clean end without what was given up");
    fetching.await.unwrap();
}
