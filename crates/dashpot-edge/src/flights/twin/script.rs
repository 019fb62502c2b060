//! What readers and an origin do.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use dashpot_base::{ByteSize, Seed};
use dashpot_cache::{Framing, RequestHead, ResponseHead};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::Config;

/// The seed of each scene's flight.
pub(super) const SEED: Seed = Seed(7);

/// Bytes of the largest body that is stored.
pub(super) const OBJECT_BYTES_MAX: u64 = 1_000;

/// What a reader does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Join(u64),
    Leave(u64),
}

/// What an origin does next on a connection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Sends a head with this status and these fields, a line each.
    Head(u16, &'static str),
    /// Refuses the connection.
    Refuse,
    Data(usize),
    /// Ends the body properly.
    End,
    /// Breaks the connection off.
    Break,
}

/// Steps, each so many milliseconds after the one before; silence after the last.
pub(super) type Exchange = &'static [(u64, Step)];

/// A flight, from its first reader on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    pub(super) name: &'static str,
    /// At so many milliseconds, in order.
    pub(super) acts: &'static [(u64, Act)],
    pub(super) exchanges: &'static [Exchange],
}

use Act::{Join, Leave};
use Step::{Break, Data, End, Head, Refuse};

const NINE_HUNDRED: Step = Head(200, "cache-control: max-age=60\netag: \"a\"\ncontent-length: 900");
const OPEN: Step = Head(200, "cache-control: max-age=60\netag: \"a\"\ntransfer-encoding: chunked");
const REST_OF_400: Step = Head(206, "etag: \"a\"\ncontent-range: bytes 400-899/900");

pub(super) const SCENES: &[Scene] = &[
    Scene {
        name: "all goes well",
        acts: &[(0, Join(1)), (3, Join(2)), (35, Join(3)), (41, Leave(1))],
        exchanges: &[&[(20, NINE_HUNDRED), (10, Data(400)), (30, Data(500)), (7, End)]],
    },
    Scene {
        name: "a break, a refusal, an error and the rest",
        acts: &[(0, Join(1)), (450, Join(2))],
        exchanges: &[
            &[(20, NINE_HUNDRED), (10, Data(400)), (30, Break)],
            &[(5, Refuse)],
            &[(5, Head(503, "content-length: 0"))],
            &[(5, REST_OF_400), (9, Data(500)), (1, End)],
        ],
    },
    Scene {
        name: "an origin without ranges, silent at first and broken before its end",
        acts: &[(0, Join(1))],
        exchanges: &[
            &[(20, NINE_HUNDRED), (10, Data(400))],
            &[(40, NINE_HUNDRED), (3, Data(300)), (3, Data(600)), (1, Break)],
            &[(40, NINE_HUNDRED), (3, Data(900)), (3, End)],
        ],
    },
    Scene {
        name: "another version",
        acts: &[(0, Join(1)), (15_000, Join(2))],
        exchanges: &[
            &[(20, OPEN), (10, Data(400)), (30, Break)],
            &[(20, Head(200, "etag: \"b\"\ncontent-length: 900"))],
        ],
    },
    Scene {
        name: "a body that outgrows the store, breaks off, and loses its last reader",
        acts: &[(0, Join(1)), (70, Join(2)), (900, Leave(1))],
        exchanges: &[
            &[(20, OPEN), (10, Data(1_200)), (30, Break)],
            &[(20, Head(206, "etag: \"a\"\ncontent-range: bytes 1200-2999/3000")), (9, Data(40))],
        ],
    },
    Scene {
        name: "three times in vain",
        acts: &[(0, Join(1)), (1, Leave(1))],
        exchanges: &[
            &[(20, OPEN), (10, Data(4)), (30, Break)],
            &[(5, Refuse)],
            &[(5, Refuse)],
            &[(5, Refuse)],
        ],
    },
    Scene {
        name: "silence after silence",
        acts: &[(0, Join(1))],
        exchanges: &[&[(20, OPEN), (10, Data(4))], &[]],
    },
    Scene {
        name: "nobody there",
        acts: &[(0, Join(1)), (2, Join(2))],
        exchanges: &[&[(9, Refuse)]],
    },
    Scene { name: "no head", acts: &[(0, Join(1))], exchanges: &[&[]] },
];

pub(super) fn config() -> Config {
    let addr = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut config = Config::new("http://origin.test/".parse().unwrap(), addr);
    config.object_max = ByteSize::new(OBJECT_BYTES_MAX);
    (config.head_timeout, config.idle_timeout) = (Duration::from_secs(10), Duration::from_secs(5));
    config
}

pub(super) fn request() -> Arc<RequestHead> {
    Arc::new(RequestHead::new(Method::GET, HeaderMap::new()))
}

pub(super) fn head(status: u16, fields: &str) -> ResponseHead {
    let headers: HeaderMap = fields
        .lines()
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        })
        .collect();
    let length = headers.get(header::CONTENT_LENGTH);
    let framing = match length {
        Some(length) => Framing::Length(length.to_str().unwrap().parse().unwrap()),
        None if headers.contains_key(header::TRANSFER_ENCODING) => Framing::Delimited,
        None => Framing::UntilClose,
    };
    ResponseHead { status: StatusCode::from_u16(status).unwrap(), headers, framing }
}
