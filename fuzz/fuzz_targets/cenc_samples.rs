//! A decoder's configuration and a picture of it: the walk over NAL units stays within the sample.
#![no_main]

use bytes::{BufMut as _, Bytes, BytesMut};
use dashpot_bmff::{SUBSAMPLES_MAX, Scheme};
use dashpot_cenc::Coding;
use libfuzzer_sys::fuzz_target;

/// Returns the body of a `stsd` with one entry of pictures.
fn entries(codec: &[u8; 4], kind: &[u8; 4], config: &[u8]) -> Bytes {
    let mut out = BytesMut::from(&[0, 0, 0, 0, 0, 0, 0, 1][..]);
    let config_len = 8 + config.len() as u32;
    out.put_u32(8 + 78 + config_len);
    out.put_slice(codec);
    out.put_bytes(0, 78);
    out.put_u32(config_len);
    out.put_slice(kind);
    out.put_slice(config);
    out.freeze()
}

fuzz_target!(|data: &[u8]| {
    drop(Coding::pictures(&Bytes::copy_from_slice(data)));
    let Some((length, rest)) = data.split_first() else { return };
    let (config, sample) = rest.split_at(usize::from(*length).min(rest.len()));
    for (codec, kind) in [(b"avc1", b"avcC"), (b"hvc1", b"hvcC")] {
        let Ok(Coding::Nals(nals)) = Coding::pictures(&entries(codec, kind, config)) else {
            continue;
        };
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            let Ok(list) = nals.subsamples(scheme, sample) else { continue };
            let sum = |all, one: &dashpot_bmff::Subsample| {
                all + usize::from(one.clear) + one.protected as usize
            };
            assert_eq!(list.iter().fold(0, sum), sample.len());
            assert!(list.len() <= SUBSAMPLES_MAX);
        }
    }
});
