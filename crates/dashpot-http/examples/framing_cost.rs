//! What the framing guard costs a request: nanoseconds per head.
//!
//! `cargo run --release -p dashpot-http --example framing_cost`
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "a measurement")]
#![expect(clippy::print_stdout, reason = "the result")]

use dashpot_http::framing::{Framer, Limits, Next};
use std::{hint::black_box, time::Instant};

const PLAYER: &str = "GET /vod/film/v_7f3a9c/video-3-42.m4s HTTP/1.1\r\n\
    Host: edge.example:9001\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\
    Accept: */*\r\nAccept-Encoding: identity\r\nRange: bytes=0-65535\r\n\r\n";

fn main() {
    let long = PLAYER.replace("Accept: ", &format!("Cookie: {}\r\nAccept: ", "k=v; ".repeat(150)));
    for head in [PLAYER, &long] {
        let mut framer =
            Framer::new(Limits { head_bytes_max: 32 << 10, target_bytes_max: 8 << 10 });
        let rounds = 2_000_000_u32;
        let began = Instant::now();
        for _ in 0..rounds {
            let scan = framer.advance(black_box(head.as_bytes()));
            assert_eq!((scan.passed, scan.next), (head.len(), Next::Request));
        }
        let each = began.elapsed() / rounds;
        println!("{} bytes: {} ns", head.len(), each.as_nanos());
    }
}
