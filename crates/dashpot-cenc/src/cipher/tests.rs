//! What was encrypted decrypts, with vectors of others and against the modes' own decryption.

use super::*;
use aes::cipher::BlockModeDecrypt as _;
use proptest::prelude::*;
use std::collections::BTreeSet;

const CENC: Protection =
    Protection { scheme: Scheme::Cenc, key_id: [0; 16], pattern: (0, 0), constant_iv: None };
const CBCS: Protection = Protection {
    scheme: Scheme::Cbcs,
    key_id: [0; 16],
    pattern: (1, 9),
    constant_iv: Some([0x24; 16]),
};

/// NIST SP 800-38A §F: the key and the first two blocks of all examples.
const KEY: u128 = 0x2b7e_1516_28ae_d2a6_abf7_1588_09cf_4f3c;
const CLEAR: [u128; 2] =
    [0x6bc1_bee2_2e40_9f96_e93d_7e11_7393_172a, 0xae2d_8a57_1e03_ac9c_9eb7_6fac_45af_8e51];

fn cipher(protection: Protection) -> Cipher {
    Cipher::new(&ContentKey(KEY.to_be_bytes()), protection)
}

fn blocks(blocks: &[u128]) -> Vec<u8> {
    blocks.iter().flat_map(|block| block.to_be_bytes()).collect()
}

#[test]
fn counter_mode_is_that_of_the_standard() {
    let iv = 0xf0f1_f2f3_f4f5_f6f7_f8f9_fafb_fcfd_feff_u128.to_be_bytes();
    let mut sample = blocks(&CLEAR);
    cipher(CENC).encrypt(&iv, &mut sample, &[]);
    let expected =
        [0x874d_6191_b620_e326_1bef_6864_990d_b6ce, 0x9806_f66b_7970_fdff_8617_187b_b9ff_fdff];
    assert_eq!(sample, blocks(&expected));
}

#[test]
fn chaining_is_that_of_the_standard_and_leaves_what_is_no_block() {
    let iv = 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f_u128.to_be_bytes();
    let protection = Protection { pattern: (0, 0), constant_iv: Some(iv), ..CBCS };
    let mut sample = [blocks(&CLEAR), b"tail".to_vec()].concat();
    cipher(protection).encrypt(&[0; 16], &mut sample, &[]);
    let expected =
        [0x7649_abac_8119_b246_cee9_8e9b_12e9_197d, 0x5086_cb9b_5072_19ee_95db_113a_9176_78b2];
    assert_eq!(sample, [blocks(&expected), b"tail".to_vec()].concat());
}

#[test]
fn a_pattern_encrypts_one_block_of_ten_in_one_chain_from_each_stretchs_begin() {
    let mut sample = vec![0; 5 + 16 * 21 + 15 + 2 + 16];
    let stretches =
        [Subsample { clear: 5, protected: 16 * 21 + 15 }, Subsample { clear: 2, protected: 16 }];
    cipher(CBCS).encrypt(&[0; 16], &mut sample, &stretches);
    let touched = |at: usize| sample[at..at + 16].iter().any(|byte| *byte != 0);
    let of_first: Vec<usize> = (0..21).filter(|block| touched(5 + 16 * block)).collect();
    assert_eq!(of_first, [0, 10, 20]);
    assert_eq!(sample[5 + 16 * 21..][..17], [0; 17]);
    assert_eq!(sample[5..21], sample[5 + 16 * 21 + 17..], "begins with the vector again");
    assert_ne!(sample[5..21], sample[5 + 160..][..16], "goes on from block to block");
}

/// Undoes [`Cipher::encrypt`] by the modes' own decryption.
fn decrypt(protection: &Protection, iv: &[u8; 16], sample: &mut [u8], stretches: &[Subsample]) {
    if protection.scheme == Scheme::Cenc {
        return cipher(*protection).encrypt(iv, sample, stretches);
    }
    let vector = protection.constant_iv.unwrap();
    protected(sample, stretches, |bytes| {
        let aes = Aes128::new(&KEY.to_be_bytes().into());
        let mut chain = cbc::Decryptor::inner_iv_init(aes, &vector.into());
        let (blocks, _) = bytes.as_chunks_mut::<16>();
        let (crypt, skip) = protection.pattern;
        let every = usize::from(crypt + skip).max(1);
        for (at, block) in blocks.iter_mut().enumerate() {
            if (crypt, skip) == (0, 0) || at % every < usize::from(crypt) {
                chain.decrypt_block(block.into());
            }
        }
    });
}

fn any_protection() -> impl Strategy<Value = Protection> {
    prop_oneof![Just(CENC), Just(CBCS), Just(Protection { pattern: (0, 0), ..CBCS })]
}

proptest! {
    #[test]
    fn what_was_encrypted_decrypts(
        protection in any_protection(),
        iv in any::<[u8; 16]>(),
        clear in proptest::collection::vec(any::<u8>(), 0..900),
        cuts in proptest::collection::vec((0..99_u16, 0..260_u32), 0..5),
    ) {
        let stretches: Vec<_> =
            cuts.into_iter().map(|(clear, protected)| Subsample { clear, protected }).collect();
        let mut sample = clear.clone();
        cipher(protection).encrypt(&iv, &mut sample, &stretches);
        prop_assert_eq!(sample.len(), clear.len());
        decrypt(&protection, &iv, &mut sample, &stretches);
        prop_assert_eq!(sample, clear);
    }

    #[test]
    fn no_two_blocks_of_an_asset_have_one_counter(
        samples in proptest::collection::btree_set(
            (0..3_u32, 0..3_u16, prop_oneof![0..4_u64, (u64::MAX - 4)..=u64::MAX]), 1..20),
        block in 0..(1_u128 << COUNTER_BITS),
    ) {
        let counters: BTreeSet<u128> = samples.iter().flat_map(|(arrangement, track, time)| {
            let stream = Stream { arrangement: *arrangement, track: *track };
            let first = u128::from_be_bytes(counter_iv(stream, *time));
            [first, first + block.max(1)]
        }).collect();
        prop_assert_eq!(counters.len(), 2 * samples.len());
        let carries = counters.iter().any(|counter| counter & u128::from(u64::MAX) == 0
            && *counter & 0xfff_ffff != 0);
        prop_assert!(!carries);
    }
}
