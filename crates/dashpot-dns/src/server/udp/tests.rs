use super::*;

fn response(bytes: &[u8], is_lasting: bool) -> Response {
    Response { bytes: bytes.to_vec(), is_lasting, ..Response::nothing() }
}

#[test]
fn an_answer_is_given_again_to_the_same_question_of_the_same_zones_for_a_while() {
    let (until, before) = (MonoTime::from_nanos(10), MonoTime::from_nanos(9));
    let slot = Slot::new(&[1, 2, 3, 4], response(&[1, 2, 9], true), 5, until);
    // The id is not part of the question.
    assert!(slot.is_for(&[7, 7, 3, 4], 5, before));
    assert!(!slot.is_for(&[1, 2, 3, 5], 5, before));
    assert!(!slot.is_for(&[1, 2, 3], 5, before));
    assert!(!slot.is_for(&[1, 2, 3, 4], 6, before));
    assert!(!slot.is_for(&[1, 2, 3, 4], 5, until));
    let once = Slot::new(&[1, 2, 3, 4], response(&[1, 2, 9], false), 5, until);
    assert!(!once.is_for(&[1, 2, 3, 4], 5, before));
    assert!(!Slot::empty().is_for(&[1, 2], 0, MonoTime::ZERO));
}
