//! What a shared cache owes to clients and origins, clause by clause, seen from outside: a scripted
//! origin behind the edge, a client on a raw socket before it, and between them the one question
//! whether a request was answered with or without asking the origin.
//!
//! A table is a part of RFC 9110, 9111, 9112, 9211, 9213 or 5861; a case in it is data. Time is not
//! waited for: a response arrives as old as the case needs it, by its `Age` or `Date`.

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
mod request;
mod response;
mod run;
mod stale;
mod status;
mod targeted;
mod validation;
mod vary;
mod wire;
mod words;
