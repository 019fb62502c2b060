//! What can be wrong with a file.

use crate::path::{BoxPath, FourCc};

/// Why bytes are not the boxes they should be. Offsets count from the start of the file, or of the
/// bytes handed in when the caller gave no offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BmffError {
    /// A box, or a field of it, ends behind the bytes that are here.
    #[error("{path} at byte {at} needs {needed} bytes, but only {held} are there")]
    Truncated {
        /// The box.
        path: BoxPath,
        /// Byte offset of the box or field.
        at: u64,
        /// Bytes that its size asks for.
        needed: u64,
        /// Bytes that are there.
        held: u64,
    },
    /// A box says that it is smaller than its own header, or unbounded where that is not allowed.
    #[error("{path} at byte {at} has the impossible size {size}")]
    BadSize {
        /// The box.
        path: BoxPath,
        /// Byte offset of the box.
        at: u64,
        /// The size it says.
        size: u64,
    },
    /// A field has a value that means nothing, or contradicts another one.
    #[error("{path} at byte {at}: {what}")]
    Invalid {
        /// The box.
        path: BoxPath,
        /// Byte offset of the box or field.
        at: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// A box that must be there is not.
    #[error("no {kind} box in {path}")]
    Missing {
        /// Where it was looked for.
        path: BoxPath,
        /// The box that is missing.
        kind: FourCc,
    },
    /// Boxes nest deeper than any file this crate reads.
    #[error("boxes nest too deep in {path} at byte {at}")]
    TooDeep {
        /// The deepest path that was followed.
        path: BoxPath,
        /// Byte offset of the box that is too deep.
        at: u64,
    },
    /// A time moved beyond what its field can hold.
    #[error("{path} at byte {at}: time {ticks} plus {add} does not fit its {bits}-bit field")]
    TimeOverflow {
        /// The box that holds the time.
        path: BoxPath,
        /// Byte offset of the box.
        at: u64,
        /// The time in the file, in ticks.
        ticks: u64,
        /// The ticks to add.
        add: u64,
        /// Width of the field.
        bits: u8,
    },
    /// Something to be written is larger than its field.
    #[error("{what} does not fit its field in {kind}")]
    TooLarge {
        /// The box that was to be built.
        kind: FourCc,
        /// What is too large.
        what: &'static str,
    },
}
