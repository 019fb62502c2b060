//! How many connections each client has.

use dashpot_http::throttle::Client;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

/// What a client reads whose connection is one too many. It may come before its request, or in
/// place of a TLS handshake: then the connection just ends.
pub(super) const TOO_MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\n\
    Cache-Control: no-store\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 31\r\n\
    Connection: close\r\n\r\ntoo many connections are open.\n";

/// The open connections of each client; as many entries as there are connections at most.
#[derive(Clone, Debug)]
pub(super) struct Clients(Option<Arc<Table>>);

#[derive(Debug)]
struct Table {
    max: usize,
    open: Mutex<BTreeMap<Client, usize>>,
}

/// A connection that counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted(Option<(Arc<Table>, Client)>);

impl Clients {
    /// Returns a count that refuses a client's connections beyond `max`; `None` counts nothing.
    pub(super) fn new(max: Option<NonZeroUsize>) -> Self {
        Self(max.map(|max| Arc::new(Table { max: max.get(), open: Mutex::default() })))
    }

    /// Counts a connection from `address`; `None` where it is one too many.
    pub(super) fn count(&self, address: IpAddr) -> Option<Counted> {
        let Some(table) = &self.0 else { return Some(Counted(None)) };
        let client = Client::of(address);
        let mut open = table.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(client).or_default();
        if table.max <= *count {
            return None;
        }
        *count += 1;
        Some(Counted(Some((Arc::clone(table), client))))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some((table, client)) = &self.0 else { return };
        let mut open = table.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(client) {
            *count -= 1;
            if *count == 0 {
                open.remove(client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_count_until_they_end() {
        let clients = Clients::new(NonZeroUsize::new(2));
        let (a, b) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let held = [clients.count(a).unwrap(), clients.count(a).unwrap()];
        assert!(clients.count(a).is_none());
        assert!(clients.count(b).is_some());
        drop(held);
        assert!(clients.count(a).is_some());
        assert!(clients.0.as_ref().unwrap().open.lock().unwrap().is_empty(), "nothing is left");
        assert!(Clients::new(None).count(a).is_some());
    }
}
