use std::{sync::Arc, time::Duration};

use dashpot_cache::{Key, ReaderId, RequestHead};
use dashpot_serve::Shutdown;
use http::{HeaderMap, Method};
use tokio::{sync::oneshot, time::timeout};

use super::{Answer, Answered, Flights, Wanted};
use crate::{
    edge::Edge,
    fixture::{Origin, config, response},
    server,
};

fn wanted() -> Wanted {
    let key = Key::new("http", "origin.test", "/a");
    Wanted {
        primary: key.clone(),
        key,
        path_and_query: "/a".to_owned(),
        request: Arc::new(RequestHead::new(Method::GET, HeaderMap::new())),
        stored: None,
        given: None,
    }
}

/// The first reader of a flight may be held up on its way there for as long as may be: threads are
/// descheduled at any point.
#[tokio::test]
async fn a_flight_does_not_leave_before_somebody_is_on_it() {
    let origin =
        Origin::start(|_, _| response("200 OK", "Cache-Control: max-age=60", "body")).await;
    let config = config(origin.addr);
    let shared = Arc::new(server::share(&config, Shutdown::new()).unwrap());
    let edge: Arc<Edge> = Arc::new(server::configure(&config, shared).unwrap());
    let wanted = wanted();
    let found = {
        let mut shard = edge.flights.shard(&wanted.key);
        Flights::running(&edge, &mut shard, &wanted, None)
    };
    let (running, departure) = found.unwrap();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let (sender, receiver) = oneshot::channel();
    running.join(&edge, ReaderId(0), Arc::clone(&wanted.request), sender);
    departure.depart(&edge, &running);
    let answered = timeout(Duration::from_secs(30), receiver).await;
    let Answered { answer, .. } = answered.expect("nobody waits for ever").unwrap();
    assert!(matches!(answer, Answer::Serve { .. }), "{answer:?}");
    assert_eq!(origin.count(), 1);
}
