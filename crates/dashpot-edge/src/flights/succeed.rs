//! One more flight for all who came too late for what the one before has validated.

use std::sync::Arc;

use dashpot_cache::Reason;

use super::{Answer, Answered, Flights, Running, Wanted, cell::Passenger, fetch};
use crate::edge::Edge;

impl Flights {
    /// Sends a flight off for `passengers`, who came while `before` was up.
    ///
    /// It shares nothing with others that are up by now, whose requests may have been sent before
    /// these came: in the table it takes the place of one, and who comes from here on joins it.
    pub(super) fn succeed(edge: &Arc<Edge>, before: &Running, passengers: Vec<Passenger>) {
        let Some(first) = passengers.first() else { return };
        let Ok(slot) = Arc::clone(&edge.flights.slots).try_acquire_owned() else {
            for Passenger { sender, .. } in passengers {
                let answer = Answer::GoAlone(Reason::Busy);
                // One that has gone needs none.
                sender.send(Answered { answer, origin_took: None }).unwrap_or_default();
            }
            return;
        };
        let stored = edge.store.find(&before.wanted.primary, &first.request).object;
        let request = Arc::clone(&first.request);
        let wanted = Wanted { request, stored, given: None, ..before.wanted.clone() };
        let running = Arc::new(Running::new(edge, wanted));
        running.join_all(edge, passengers);
        edge.flights
            .shard(&running.wanted.key)
            .insert(running.wanted.key.clone(), Arc::clone(&running));
        tokio::spawn(fetch::fetch(Arc::clone(edge), Arc::clone(edge), running, slot));
    }
}
