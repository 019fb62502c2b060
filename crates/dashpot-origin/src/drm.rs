//! Keys: where they come from, and who is given them.

mod file;
mod licence;

pub use file::DrmError;
pub(crate) use file::load;
pub(crate) use licence::{CLEARKEY, METHODS, answer, is_asked, is_licence};
