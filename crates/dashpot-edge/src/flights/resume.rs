//! Asking for the rest of a body that broke off.

use dashpot_cache::{Continuation, Input, Rest};
use http::Method;
use tokio::time::sleep;

use super::{
    fetch::{Connection, Fetching, Source, shared_headers},
    lock,
};
use crate::upstream::head_of;

impl<S: Source> Fetching<S> {
    /// Asks for the rest of the body, as often as the flight says; `None` once it is over.
    pub(super) async fn resume(&self) -> Option<Connection> {
        loop {
            let (rest, at) = lock(&self.running.cell).rest.take()?;
            let wait = at.since(self.edge.clock.mono());
            self.while_wanted(sleep(wait)).await?;
            if let Some(connection) = self.ask_for(&rest).await {
                return Some(connection);
            }
        }
    }

    async fn ask_for(&self, rest: &Rest) -> Option<Connection> {
        let mut headers = shared_headers(&self.running.wanted.request.headers, None);
        rest.write(&mut headers);
        let response = match self.send(headers).await? {
            Ok((response, ..)) => response,
            Err(failed) => {
                self.failed(failed.failure);
                return None;
            }
        };
        let continuation = rest.answered_by(&head_of(&Method::GET, &response));
        self.running.tell(&self.edge, Input::Resumed { continuation });
        let Continuation::Rest { skip, length } = continuation else { return None };
        self.edge.stats.resumed.inc();
        let mut cell = lock(&self.running.cell);
        // Those who join from here on may be told.
        cell.arrived.length = cell.arrived.length.or(length);
        (!cell.flight.is_over()).then(|| Connection { body: response.into_body(), skip })
    }
}
