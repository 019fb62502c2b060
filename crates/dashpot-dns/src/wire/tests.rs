use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_bytes_are_a_query_or_are_not(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(query) = read(&bytes) {
            prop_assert!(query.head.opcode <= 15 && HEADER_BYTES < bytes.len());
        }
    }

    #[test]
    fn a_network_that_reads_is_written_the_same(v4 in any::<u32>(), source in 0_u8..=32) {
        let mask = u32::MAX.checked_shl(32 - u32::from(source)).unwrap_or(0);
        let bytes = (v4 & mask).to_be_bytes();
        let mut option = vec![0, 1, source, 0];
        option.extend(&bytes[..usize::from(source.div_ceil(8))]);
        let subnet = Subnet::read(&option).unwrap();
        prop_assert_eq!(subnet.answered(0), option);
    }
}
