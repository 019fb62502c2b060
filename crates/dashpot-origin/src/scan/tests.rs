use super::*;
use std::{fs, ops::Range, path::Path};

fn film(track: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media/film");
    fs::read(folder.join(track)).expect("the test film")
}

async fn scanned(folder: &Path) -> Scan {
    scan(&Store::local(folder).unwrap()).await.unwrap()
}

/// Scans one asset with one file of these bytes.
async fn check(what: &str, bytes: &[u8], expected: Result<(), &str>) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("clip")).unwrap();
    fs::write(folder.path().join("clip/v1.mp4"), bytes).unwrap();
    let found = scanned(folder.path()).await;
    match (expected, found.skipped.as_slice()) {
        (Ok(()), []) => {
            let clip = found.catalogue.asset("clip").unwrap();
            assert_eq!(clip.tracks()[0].fragments.len(), 12, "{what}");
        }
        (Err(reason), [skipped]) => {
            assert!(skipped.contains("clip/v1.mp4"), "{what}: {skipped}");
            assert!(skipped.contains(reason), "{what}: {skipped}");
        }
        (expected, skipped) => panic!("{what}: {skipped:?} instead of {expected:?}"),
    }
}

/// Returns where the first box of that kind is.
fn find(bytes: &[u8], kind: &[u8; 4]) -> Range<usize> {
    let start = bytes.windows(4).position(|four| four == kind).unwrap() - 4;
    start..start + usize::try_from(word(bytes, start)).unwrap()
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn put(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
}

/// Returns the film's first track with the first box of a kind said to be longer by `more`.
fn lying(kind: &[u8; 4], more: i32) -> Vec<u8> {
    let mut bytes = film("v1.mp4");
    let at = find(&bytes, kind).start;
    let size = word(&bytes, at).checked_add_signed(more).unwrap();
    put(&mut bytes, at, size);
    bytes
}

#[tokio::test]
async fn what_is_no_fragmented_mp4_is_refused_in_words_for_people() {
    let whole = film("v1.mp4");
    check("the film", &whole, Ok(())).await;
    check("empty", b"", Err("it is empty")).await;
    check("tiny", b"hi", Err("it is not MP4")).await;
    check("text", b"hello world, this is not a film", Err("it is not MP4")).await;
    let moov = find(&whole, b"moov");
    let headless = [&whole[..moov.start], &whole[moov.end..]].concat();
    check("no moov", &headless, Err("it has no moov box")).await;
    check("only ftyp", &whole[..moov.start], Err("it has no moov box")).await;
    check("only moov", &whole[..moov.end], Err("it is not a fragmented MP4")).await;
    let mdat = find(&whole, b"mdat");
    check("no first mdat", &whole[..mdat.start], Err("a moof is not followed by its mdat")).await;
    for end in [moov.start + 9, moov.end - 1, mdat.start + 3, mdat.end - 1, whole.len() - 1] {
        check(&format!("cut at {end}"), &whole[..end], Err("only")).await;
    }
}

#[tokio::test]
async fn boxes_that_lie_about_their_sizes_are_refused() {
    for kind in [b"moof", b"traf", b"trun", b"tfhd", b"tfdt", b"mfhd"] {
        for more in [-8, -1, 1, 8, 100_000_000] {
            let what = format!("{} {more}", String::from_utf8_lossy(kind));
            check(&what, &lying(kind, more), Err("")).await;
        }
    }
    check("a short mdat", &lying(b"mdat", -1), Err("")).await;
    check("a mdat of nothing", &lying(b"mdat", 8 - mdat_len()), Err("outside of its mdat")).await;
}

fn mdat_len() -> i32 {
    i32::try_from(find(&film("v1.mp4"), b"mdat").len()).unwrap()
}

#[tokio::test]
async fn samples_must_lie_in_their_own_mdat() {
    let whole = film("v1.mp4");
    let (moof, mdat, trun) = (find(&whole, b"moof"), find(&whole, b"mdat"), find(&whole, b"trun"));
    let empty = [&whole[..mdat.start], b"\0\0\0\x08mdat", &whole[mdat.end..]].concat();
    check("a mdat of nothing", &empty, Err("fragment 0: its samples lie outside of its mdat"))
        .await;
    // The count of samples, then the data offset from the moof, then the table.
    let (count, offset) = (trun.start + 12, trun.start + 16);
    assert_eq!(word(&whole, offset), u32::try_from(mdat.start + 8 - moof.start).unwrap());
    for (what, at, value, reason) in [
        ("no samples", count, 0, "it has no sample"),
        ("before", offset, word(&whole, offset) - 1, "outside of its mdat"),
        ("behind", offset, word(&whole, offset) + 1, "outside of its mdat"),
        ("far before", offset, 0x8000_0000, "outside of its mdat"),
        ("far behind", offset, 0x7FFF_FFFF, "outside of its mdat"),
        ("too many", count, u32::MAX, "trun"),
    ] {
        let mut bytes = whole.clone();
        put(&mut bytes, at, value);
        check(what, &bytes, Err(reason)).await;
    }
}

#[tokio::test]
async fn sizes_of_64_bits_are_read_and_huge_ones_refused() {
    let whole = film("v1.mp4");
    let (mdat, offset) = (find(&whole, b"mdat"), find(&whole, b"trun").start + 16);
    let wide = |size: u64| {
        let head = [b"\0\0\0\x01mdat".as_slice(), &size.to_be_bytes()].concat();
        [&whole[..mdat.start], &head, &whole[mdat.start + 8..]].concat()
    };
    let real = u64::try_from(mdat.len() + 8).unwrap();
    check("the head taken for samples", &wide(real), Err("outside of its mdat")).await;
    for (size, expected) in [
        (real, Ok(())),
        (u64::MAX, Err("mdat")),
        (1 << 63, Err("mdat")),
        (15, Err("mdat at byte")),
        (0, Err("mdat at byte")),
    ] {
        let mut bytes = wide(size);
        put(&mut bytes, offset, word(&whole, offset) + 8);
        check(&format!("mdat of {size}"), &bytes, expected).await;
    }
}

#[tokio::test]
async fn media_beside_the_folders_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("holiday.mp4"), film("v1.mp4")).unwrap();
    fs::write(folder.path().join("notes.txt"), "notes").unwrap();
    let found = scanned(folder.path()).await;
    let [reason] = found.skipped.as_slice() else { panic!("{:?}", found.skipped) };
    assert!(reason.contains("holiday.mp4") && reason.contains("dashpot ingest"), "{reason}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_cause_is_told_once() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("clip")).unwrap();
    fs::write(folder.path().join("clip/v1.mp4"), film("v1.mp4")).unwrap();
    let store = Store::local(folder.path()).unwrap();
    let file = store.files("clip").await.unwrap().remove("v1.mp4").unwrap();
    fs::remove_file(folder.path().join("clip/v1.mp4")).unwrap();
    let gone = with_causes(&store.read(&file, 0..1).await.unwrap_err());
    assert_eq!(gone, "cannot read `clip/v1.mp4`: No such file or directory (os error 2)");
    // A link to itself cannot be opened, even by those who may open everything.
    symlink("v1.mp4", folder.path().join("clip/v1.mp4")).unwrap();
    let loops = with_causes(&store.read(&file, 0..1).await.unwrap_err());
    assert_eq!(loops.matches("os error").count(), 1, "{loops}");
    assert_eq!(loops.matches("v1.mp4").count(), 1, "{loops}");
    fs::remove_file(folder.path().join("clip/v1.mp4")).unwrap();
    fs::write(folder.path().join("clip/v1.mp4"), b"another").unwrap();
    let changed = with_causes(&store.read(&file, 0..1).await.unwrap_err());
    assert!(changed.ends_with("it was changed after the server had started"), "{changed}");
}
