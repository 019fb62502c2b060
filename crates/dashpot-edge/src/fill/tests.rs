use proptest::prelude::*;

use super::*;

const READER: ReaderId = ReaderId(1);

fn read(fill: &Fill, reader: ReaderId, at: u64, until: u64) -> Poll<Option<Result<Bytes, Broken>>> {
    fill.poll_read(&Context::from_waker(Waker::noop()), reader, at, until)
}

fn write(fill: &Fill, len: usize) {
    fill.push(Bytes::from(vec![7; len]));
    let written = fill.lock().written;
    fill.advance(written);
}

/// Polls once whether the writer may go on.
fn has_room(fill: &Fill) -> bool {
    let mut room = std::pin::pin!(fill.room());
    room.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

#[test]
fn what_is_pushed_is_read_once_the_machine_says_so() {
    let fill = Fill::default();
    fill.add_reader(READER);
    fill.push(Bytes::from_static(b"abc"));
    assert!(read(&fill, READER, 0, 9).is_pending());
    fill.advance(2);
    assert_eq!(read(&fill, READER, 0, 9), Poll::Ready(Some(Ok(Bytes::from_static(b"ab")))));
    fill.advance(3);
    fill.cut(Failure::Truncated);
    // What had arrived before the break is still read; then the break.
    assert_eq!(read(&fill, READER, 2, 9), Poll::Ready(Some(Ok(Bytes::from_static(b"c")))));
    assert_eq!(
        read(&fill, READER, 3, 9),
        Poll::Ready(Some(Err(Broken::Upstream(Failure::Truncated))))
    );
}

#[test]
fn a_body_that_is_kept_never_holds_its_writer() {
    let fill = Fill::default();
    fill.add_reader(READER);
    write(&fill, 8 << 20);
    assert!(has_room(&fill));
    assert_eq!(fill.chunks().map(|chunks| chunks.len()), Some(1));
}

#[test]
fn the_only_reader_of_an_outgrown_body_holds_its_writer() {
    let fill = Fill::default();
    fill.add_reader(READER);
    fill.outgrow();
    assert_eq!(fill.chunks(), None);
    write(&fill, 1 << 20);
    assert!(has_room(&fill));
    write(&fill, 8 << 20);
    assert!(!has_room(&fill));
    // However far it is behind, nobody waits for it.
    assert!(!fill.has_laggards());
    for at in [0, 1 << 20] {
        assert!(read(&fill, READER, at, u64::MAX).is_ready());
    }
    assert!(has_room(&fill));
    assert_eq!(fill.lock().chunks.len(), 0);
    // A reader that leaves holds nobody.
    write(&fill, 8 << 20);
    assert!(!has_room(&fill));
    fill.remove_reader(READER);
    assert!(has_room(&fill));
}

#[test]
fn a_laggard_of_an_outgrown_body_can_be_given_up_and_what_is_kept_for_it_is_bounded() {
    let (fill, fast, slow) = (Fill::default(), ReaderId(1), ReaderId(2));
    fill.add_reader(fast);
    fill.add_reader(slow);
    fill.outgrow();
    for mebibytes in 0..32_u64 {
        assert!(has_room(&fill), "{mebibytes}");
        write(&fill, 1 << 20);
        assert!(read(&fill, fast, mebibytes << 20, u64::MAX).is_ready());
        let expected: &[ReaderId] = if mebibytes == 4 { &[slow] } else { &[] };
        assert_eq!(fill.has_laggards(), mebibytes == 4, "{mebibytes}");
        assert_eq!(fill.drop_laggards(), expected, "{mebibytes}");
        assert!(fill.lock().chunks.len() <= 4, "{mebibytes}");
    }
    // What it has not read is gone: its connection breaks.
    assert_eq!(read(&fill, slow, 0, u64::MAX), Poll::Ready(Some(Err(Broken::Lagged))));
    fill.finish();
    assert_eq!(read(&fill, fast, 32 << 20, u64::MAX), Poll::Ready(None));
}

#[test]
fn who_turns_back_in_an_outgrown_body_is_cut_and_sees_no_end() {
    // RFC 9110 §14.2: ranges may come in any order.
    let fill = Fill::default();
    fill.add_reader(READER);
    write(&fill, 1_000);
    fill.outgrow();
    assert!(read(&fill, READER, 900, 1_000).is_ready());
    write(&fill, 1_000);
    let gone = Poll::Ready(Some(Err(Broken::Lagged)));
    assert_eq!(read(&fill, READER, 0, 10), gone);
    fill.finish();
    assert_eq!(read(&fill, READER, 0, 10), gone);
    assert_eq!(read(&fill, READER, 2_000, 3_000), Poll::Ready(None));
}

proptest! {
    #[test]
    fn every_reader_reads_every_byte_once_whatever_the_order(
        sizes in prop::collection::vec(0..40_usize, 0..12),
        outgrows_at in 0..14_usize,
        starts in prop::collection::vec(0..100_u64, 1..4),
    ) {
        let whole: Vec<u8> = (0..=255).cycle().take(sizes.iter().sum()).collect();
        let fill = Fill::default();
        let ids = (0..).map(ReaderId);
        let mut readers: Vec<_> = ids.zip(&starts).map(|(id, at)| (id, *at, Vec::new())).collect();
        for (id, ..) in &readers {
            fill.add_reader(*id);
        }
        let mut written = 0;
        for (nth, size) in sizes.iter().enumerate() {
            if nth == outgrows_at {
                fill.outgrow();
            }
            fill.push(Bytes::copy_from_slice(&whole[written..written + size]));
            written += size;
            fill.advance(u64::try_from(written).unwrap());
            // Each round another one lags.
            let lagging = nth % readers.len();
            for (index, (id, at, got)) in readers.iter_mut().enumerate() {
                while index != lagging
                    && let Poll::Ready(Some(Ok(data))) = read(&fill, *id, *at, u64::MAX)
                {
                    *at += len_of(&data);
                    got.extend_from_slice(&data);
                }
            }
        }
        fill.finish();
        for ((id, mut at, mut got), start) in readers.into_iter().zip(&starts) {
            while let Poll::Ready(Some(Ok(data))) = read(&fill, id, at, u64::MAX) {
                at += len_of(&data);
                got.extend_from_slice(&data);
            }
            let from = usize::try_from(*start).unwrap().min(whole.len());
            prop_assert!(got == whole[from..]);
        }
    }
}
