//! Encrypts samples.

use crate::keys::ContentKey;
use aes::{
    Aes128,
    cipher::{BlockModeEncrypt as _, InnerIvInit as _, KeyInit as _, StreamCipher as _},
};
use dashpot_bmff::{Protection, Scheme, Subsample};
use std::fmt;

/// A key in the form in which AES uses it, and what is done with it.
#[derive(Clone)]
pub struct Cipher {
    aes: Aes128,
    protection: Protection,
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cipher").field("protection", &self.protection).finish_non_exhaustive()
    }
}

impl Cipher {
    /// Returns the cipher of a key.
    #[must_use]
    pub fn new(key: &ContentKey, protection: Protection) -> Self {
        Self { aes: Aes128::new(&key.0.into()), protection }
    }

    /// Returns what the encrypted samples have in common.
    #[must_use]
    pub const fn protection(&self) -> &Protection {
        &self.protection
    }

    /// Encrypts a sample in its place: all of it where there are no stretches, else what of them is
    /// to be protected. Bytes beyond the last stretch stay as they are.
    pub fn encrypt(&self, iv: &[u8; 16], sample: &mut [u8], subsamples: &[Subsample]) {
        let iv = self.protection.constant_iv.as_ref().unwrap_or(iv);
        match self.protection.scheme {
            Scheme::Cenc => {
                // ISO/IEC 23001-7 §9.3: blocks are counted in the last 64 bits, and on from one
                // stretch of a sample to the next.
                let core = ctr::CtrCore::inner_iv_init(self.aes.clone(), &(*iv).into());
                let mut keystream = ctr::Ctr64BE::<Aes128>::from_core(core);
                protected(sample, subsamples, |bytes| keystream.apply_keystream(bytes));
            }
            // ISO/IEC 23001-7 §9.5.1: with a constant vector, each stretch begins with it.
            Scheme::Cbcs => protected(sample, subsamples, |bytes| self.chain(iv, bytes)),
        }
    }

    /// Encrypts whole blocks after the pattern, in one chain. Bytes behind them stay as they are.
    fn chain(&self, iv: &[u8; 16], bytes: &mut [u8]) {
        let mut chain = cbc::Encryptor::inner_iv_init(self.aes.clone(), &(*iv).into());
        let (blocks, _) = bytes.as_chunks_mut::<16>();
        let (crypt, skip) = self.protection.pattern;
        if (crypt, skip) == (0, 0) {
            blocks.iter_mut().for_each(|block| chain.encrypt_block(block.into()));
            return;
        }
        let (crypt, skip) = (usize::from(crypt), usize::from(skip));
        for round in blocks.chunks_mut(crypt + skip) {
            // §9.6: what is left at the end is encrypted only where it is all of the pattern's part.
            if let Some(encrypted) = round.get_mut(..crypt) {
                encrypted.iter_mut().for_each(|block| chain.encrypt_block(block.into()));
            }
        }
    }
}

/// Calls `crypt` with what of a sample is to be protected, stretch by stretch.
fn protected(sample: &mut [u8], subsamples: &[Subsample], mut crypt: impl FnMut(&mut [u8])) {
    if subsamples.is_empty() {
        return crypt(sample);
    }
    let mut rest = sample;
    for subsample in subsamples {
        let size = usize::try_from(subsample.protected).unwrap_or(usize::MAX);
        let Some((_, behind)) = rest.split_at_mut_checked(subsample.clear.into()) else { return };
        let Some((bytes, behind)) = behind.split_at_mut_checked(size) else { return };
        crypt(bytes);
        rest = behind;
    }
}

/// The samples of one track, as they are put together for one kind of URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Tells apart ways in which the same times can come to have other samples; 24 bits count.
    pub arrangement: u32,
    /// The number of the track in its asset; 12 bits count.
    pub track: u16,
}

/// Bits in which the blocks of one sample are counted: it has less than 4 GiB.
const COUNTER_BITS: u32 = 28;

/// Returns the vector of the sample whose decode time is `decode_time`.
///
/// Law: no block of any two samples of an asset has one counter. Times go on for ever, and what tells
/// tracks and arrangements apart has bits of its own.
#[must_use]
pub fn counter_iv(stream: Stream, decode_time: u64) -> [u8; 16] {
    let arrangement = u128::from(stream.arrangement & 0xff_ffff) << 104;
    let track = u128::from(stream.track & 0xfff) << 92;
    (arrangement | track | u128::from(decode_time) << COUNTER_BITS).to_be_bytes()
}

#[cfg(test)]
mod tests;
