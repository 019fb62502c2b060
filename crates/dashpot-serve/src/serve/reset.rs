//! A response that ends with a reset of its connection.

use super::transport::Transport;
use socket2::SockRef;
use std::{error::Error, time::Duration};

/// The error of a body whose connection is to be reset instead of closed: for servers that rehearse
/// faults. Over HTTP/2 and HTTP/3 its stream is reset, as after any error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection is to be reset")]
pub struct ConnectionReset;

/// Says whether an exchange ended with [`ConnectionReset`], however deep it lies.
pub(super) fn asks_for_reset(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<ConnectionReset>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// Has the socket send a reset when it is closed, and drop what it has not sent.
pub(super) fn reset_when_closed(transport: &Transport) {
    let socket = match transport {
        Transport::Plain(stream) => SockRef::from(stream),
        Transport::Tls(connection) => SockRef::from(connection.get_ref().0),
    };
    // It fails only for a socket that has gone already.
    socket.set_linger(Some(Duration::ZERO)).unwrap_or_default();
}
