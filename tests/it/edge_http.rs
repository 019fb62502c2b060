//! What a shared cache owes to clients and origins, clause by clause, seen from outside: a scripted
//! origin behind the edge, a client on a raw socket before it, and between them the one question
//! whether a request was answered with or without asking the origin.
//!
//! A table is a part of RFC 9110, 9111, 9112, 9211, 9213 or 5861; a case in it is data. Time is not
//! waited for: a response arrives as old as the case needs it, by its `Age` or `Date`.
//!
//! Cases marked `gap` are held to fail, so that the list of what is missing stays true:
//! - RFC 9110 §15.2: interim responses other than 100 are not passed on; the client towards the
//!   origin does not tell of them, and the server towards clients cannot send them.
//!
//! `poison.rs` is about what no clause says in so many words: what one client sends must not become
//! what others get.
//!
//! Not covered, since nothing here could tell: `Content-Location` of a GET as a second key, the
//! choice of a variant by `Content-Language`, and multipart 206 responses of an origin.

mod age;
mod case;
mod combined;
mod conditional;
mod connections;
mod expires;
mod fields;
mod forwarded;
mod freshness;
mod invalidation;
mod origin;
mod other;
mod partial;
mod parts;
mod poison;
mod posted;
mod request;
mod response;
mod run;
mod stale;
mod status;
mod targeted;
mod told;
mod validation;
mod vary;
mod wire;
mod words;
