//! Content codings for text: which one a client wants (RFC 9110 §12.5.3), and applying it.

use async_compression::{
    Level,
    tokio::write::{BrotliEncoder, GzipEncoder},
};
use bytes::Bytes;
use dashpot_http::members;
use http::{HeaderMap, header};
use moka::{policy::EvictionPolicy, sync::Cache};
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    sync::OnceCell,
};

/// Text below this gains less than a packet's head from compression.
const WORTH_IT: usize = 256;
/// Bytes compressed before other tasks get their turn: about a millisecond.
const SLICE: usize = 64 << 10;
/// Brotli's quality: at 4 it is as fast as gzip and a little smaller.
const BROTLI_QUALITY: i32 = 4;

/// How the bytes of a text are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Brotli,
}

impl Coding {
    /// Returns the coding to use for a text of `len` bytes.
    pub(crate) fn choose(headers: &HeaderMap, len: usize) -> Self {
        if len < WORTH_IT {
            return Self::Identity;
        }
        let weight = |name: &str| {
            let mut of_any = None;
            for member in members(headers, &header::ACCEPT_ENCODING) {
                let (coding, weight) = weighed(member);
                if coding.eq_ignore_ascii_case(name.as_bytes()) {
                    return weight;
                }
                if coding == b"*" {
                    of_any = Some(weight);
                }
            }
            of_any.unwrap_or(0)
        };
        match (weight("br"), weight("gzip")) {
            (0, 0) => Self::Identity,
            (brotli, gzip) if gzip <= brotli => Self::Brotli,
            (_, _) => Self::Gzip,
        }
    }

    /// Returns the name in `Content-Encoding`, which also tells entity tags apart.
    pub(crate) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }

    /// Returns `text` in this coding.
    pub(crate) async fn apply(self, text: Bytes) -> io::Result<Bytes> {
        match self {
            Self::Identity => Ok(text),
            Self::Gzip => {
                let mut encoder = GzipEncoder::new(Vec::new());
                write(&mut encoder, &text).await?;
                Ok(encoder.into_inner().into())
            }
            Self::Brotli => {
                let level = Level::Precise(BROTLI_QUALITY);
                let mut encoder = BrotliEncoder::with_quality(Vec::new(), level);
                write(&mut encoder, &text).await?;
                Ok(encoder.into_inner().into())
            }
        }
    }
}

/// Texts that were compressed of late: all players of a channel ask for the same MPD, and compressing
/// it takes many times as long as writing it. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Coded(Arc<Cache<(u64, Coding), Arc<Kept>>>);

/// A text, and what became of it.
#[derive(Debug)]
struct Kept {
    text: Bytes,
    coded: OnceCell<Bytes>,
}

/// Bytes of the texts that are kept: some hundred MPDs with windows of hours.
const TEXTS_BYTES_MAX: u64 = 32 << 20;

impl Coded {
    pub(crate) fn new() -> Self {
        let weight = |_: &(u64, Coding), kept: &Arc<Kept>| {
            // What comes of it is a tenth of it or less.
            u32::try_from(kept.text.len() + kept.text.len() / 8 + size_of::<Kept>())
                .unwrap_or(u32::MAX)
        };
        let cache = Cache::builder()
            .max_capacity(TEXTS_BYTES_MAX)
            .weigher(weight)
            .eviction_policy(EvictionPolicy::lru());
        Self(Arc::new(cache.build()))
    }

    /// Returns `text`, whose hash is given, in a coding. Those who ask at the same time share the work.
    pub(crate) async fn apply(&self, coding: Coding, hash: u64, text: Bytes) -> io::Result<Bytes> {
        if coding == Coding::Identity {
            return Ok(text);
        }
        let kept = || Arc::new(Kept { text: text.clone(), coded: OnceCell::new() });
        let kept = self.0.get_with((hash, coding), kept);
        if kept.text != text {
            // Another one has the same hash.
            return Box::pin(coding.apply(text)).await;
        }
        // What compresses is large, and segments need no room for it.
        kept.coded.get_or_try_init(|| Box::pin(coding.apply(text))).await.cloned()
    }
}

async fn write(encoder: &mut (impl AsyncWrite + Unpin), text: &[u8]) -> io::Result<()> {
    for slice in text.chunks(SLICE) {
        encoder.write_all(slice).await?;
        tokio::task::yield_now().await;
    }
    encoder.shutdown().await
}

/// Splits a member into its coding and its weight in thousandths; a malformed weight is none.
fn weighed(member: &[u8]) -> (&[u8], u16) {
    let mut parts = member.split(|byte| *byte == b';');
    let coding = parts.next().unwrap_or_default().trim_ascii();
    let weight = parts.map(<[u8]>::trim_ascii).find_map(|part| {
        part.strip_prefix(b"q=").or_else(|| part.strip_prefix(b"Q=")).map(thousandths)
    });
    (coding, weight.unwrap_or(1_000))
}

/// Reads a weight, RFC 9110 §12.4.2: 0 to 1 with up to three decimals.
fn thousandths(text: &[u8]) -> u16 {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" => 1_000,
        "0" if digits => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn check(accept: &'static str, expected: Coding) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accept));
        assert_eq!(Coding::choose(&headers, 1_000), expected, "{accept}");
        assert_eq!(Coding::choose(&headers, 10), Coding::Identity, "{accept}");
    }

    #[test]
    fn rfc9110_12_5_3_the_highest_weight_wins() {
        for (accept, expected) in [
            ("", Coding::Identity),
            ("identity", Coding::Identity),
            ("gzip", Coding::Gzip),
            ("GZip, deflate", Coding::Gzip),
            ("gzip, br", Coding::Brotli),
            ("gzip;q=1.0, br;q=0.5", Coding::Gzip),
            ("gzip; q=0.5 , br ;q=0.501", Coding::Brotli),
            ("gzip;q=0", Coding::Identity),
            ("*", Coding::Brotli),
            ("*, br;q=0", Coding::Gzip),
            ("*;q=0", Coding::Identity),
            ("br;q=x", Coding::Identity),
            ("zstd", Coding::Identity),
        ] {
            check(accept, expected);
        }
    }

    #[tokio::test]
    async fn each_coding_is_smaller_and_another_one() {
        let text = Bytes::from("<S d=\"96000\"/>\n".repeat(20_000));
        let gzip = Coding::Gzip.apply(text.clone()).await.unwrap();
        let brotli = Coding::Brotli.apply(text.clone()).await.unwrap();
        assert!(gzip.starts_with(&[0x1F, 0x8B]));
        assert!(gzip.len() * 20 < text.len() && brotli.len() * 20 < text.len());
        assert_ne!(gzip, brotli);
        assert_eq!(Coding::Identity.apply(text.clone()).await.unwrap(), text);
    }

    #[tokio::test]
    async fn what_was_compressed_once_is_the_same_again_and_never_another_text() {
        let (one, other) = (Bytes::from("one".repeat(400)), Bytes::from("other".repeat(400)));
        let coded = Coded::new();
        for _ in 0..2 {
            for (text, coding) in
                [(&one, Coding::Gzip), (&one, Coding::Brotli), (&other, Coding::Gzip)]
            {
                // All have the same hash.
                let found = coded.apply(coding, 7, text.clone()).await.unwrap();
                assert_eq!(found, coding.apply(text.clone()).await.unwrap());
            }
        }
        assert_eq!(coded.apply(Coding::Identity, 7, one.clone()).await.unwrap(), one);
    }
}
