//! Common encryption (ISO/IEC 23001-7) of samples: which of their bytes, with which key, from which
//! initialization vector. Pure functions.
//!
//! Layer 2. Everything here follows from a secret, the content and the time in it, so that any
//! replica that holds the same secret makes the same bytes, and no vector is ever used twice with
//! one key. Keys are shown nowhere: what `Debug` writes of them is that they are there.
//!
//! * [`Keys`] names and derives keys, and answers who asks for them.
//! * [`Coding`] finds what of a sample must stay in the clear.
//! * [`Cipher`] encrypts it.

mod avc;
mod bits;
mod cipher;
mod coding;
mod keys;
mod nal;

pub use cipher::{Cipher, Stream, counter_iv};
pub use coding::{Coding, CodingError};
pub use keys::{ContentKey, Given, KeyId, Keys, Purpose};
pub use nal::{Nals, SampleError};
