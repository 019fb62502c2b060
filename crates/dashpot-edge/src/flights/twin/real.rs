//! A scene through the fetch of this crate.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use dashpot_cache::{Failure, Input, ReaderId};
use dashpot_serve::Shutdown;
use http::Response;
use http_body::{Body, Frame};
use tokio::{
    sync::{Semaphore, oneshot},
    time::{Sleep, sleep},
};

use super::script::{Act, Exchange, SEED, Scene, Step, config, head, request};
use crate::{
    flights::{Answered, Flights, Running, Wanted, fetch, lock},
    server,
    upstream::{Arriving, Ask, NoResponse},
};

/// An origin in memory.
pub(super) struct Scripted(pub(super) Mutex<VecDeque<Exchange>>);

impl fetch::Source for Scripted {
    async fn send(&self, _: Ask) -> Result<Arriving, NoResponse> {
        let exchange = lock(&self.0).pop_front().unwrap();
        let Some(((delay, first), rest)) = exchange.split_first() else {
            return std::future::pending().await;
        };
        sleep(Duration::from_millis(*delay)).await;
        let Step::Head(status, fields) = *first else {
            return Err(NoResponse { failure: Failure::Connect, detail: String::new() });
        };
        let head = head(status, fields);
        let steps = rest.iter().copied().collect();
        let mut response = Response::new(reqwest::Body::wrap(Steps { steps, timer: None }));
        (*response.status_mut(), *response.headers_mut()) = (head.status, head.headers);
        Ok(response)
    }
}

/// A body as its steps have it.
struct Steps {
    steps: VecDeque<(u64, Step)>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Body for Steps {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Some(&(delay, step)) = self.steps.front() else { return Poll::Pending };
        let begin = || Box::pin(sleep(Duration::from_millis(delay)));
        ready!(self.timer.get_or_insert_with(begin).as_mut().poll(cx));
        self.timer = None;
        self.steps.pop_front();
        Poll::Ready(match step {
            Step::Data(len) => Some(Ok(Frame::data(vec![7; len].into()))),
            Step::End => None,
            Step::Head(..) | Step::Refuse | Step::Break => {
                Some(Err(io::ErrorKind::ConnectionReset.into()))
            }
        })
    }
}

/// Returns what the machine says, and when.
pub(super) async fn play(scene: &Scene) -> Vec<String> {
    let config = config();
    let mut shared = server::share(&config, Shutdown::new()).unwrap();
    shared.flights = Flights::new(1, SEED);
    let edge = Arc::new(server::configure(&config, Arc::new(shared)).unwrap());
    let key = dashpot_cache::Key::new("http", "origin.test", "/a");
    let wanted = Wanted {
        primary: key.clone(),
        key,
        path_and_query: "/a".to_owned(),
        request: request(),
        stored: None,
        given: None,
    };
    let running = Arc::new(Running::new(&edge, wanted));
    let origin = Scripted(Mutex::new(scene.exchanges.iter().copied().collect()));
    let slot = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
    let mut fetch = Some(fetch::fetch(Arc::clone(&edge), origin, Arc::clone(&running), slot));
    let mut fetching = None;
    let mut readers: BTreeMap<u64, oneshot::Receiver<Answered>> = BTreeMap::new();
    let began = edge.clock.mono();
    for &(at_ms, act) in scene.acts {
        let at = began.after(Duration::from_millis(at_ms));
        sleep(at.since(edge.clock.mono())).await;
        match act {
            Act::Join(reader) => {
                let (sender, receiver) = oneshot::channel();
                readers.insert(reader, receiver);
                running.join(&edge, ReaderId(reader), request(), sender);
                if let Some(fetch) = fetch.take() {
                    fetching = Some(tokio::spawn(fetch));
                }
            }
            Act::Leave(reader) => match readers.remove(&reader).unwrap().try_recv() {
                // A reader of the body says so as it is dropped.
                Ok(answered) => drop(answered),
                Err(_) => running.tell(&edge, Input::ReaderLeft { reader: ReaderId(reader) }),
            },
        }
    }
    fetching.unwrap().await.unwrap();
    std::mem::take(&mut lock(&running.cell).log)
}
