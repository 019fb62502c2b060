//! What a shared cache may store, when it may answer from what it has stored, and who fetches
//! when it may not (RFC 9111, RFC 5861, RFC 9110 §13 and §14).
//!
//! Layer 3: functions and one machine over keys, heads, lengths and times. Bodies never enter,
//! nothing here reads a clock or does I/O.

mod decide;
#[cfg(test)]
mod fixture;
mod flight;
mod freshness;
mod head;
mod invalidate;
mod invalidated;
mod key;
mod key_rules;
mod next;
mod outage;
mod parts;
mod purge;
mod reason;
mod reply;
mod resume;
mod rules;
mod storable;
mod stored;
mod tags;

pub use decide::{Verdict, decide};
pub use flight::{Arrival, Failure, Flight, Input, Limits, Output, ReaderId, Resumes, Role};
pub use head::{Framing, RequestHead, ResponseHead, Times};
pub use invalidate::{Unsafe, invalidated_by, is_of_target};
pub use invalidated::Invalidated;
pub use key::{Key, Origin};
pub use key_rules::{HostRules, KeyRules, NamePattern, QueryRule};
pub use next::{Next, Sequences, announced};
pub use outage::Outage;
pub use parts::{
    BLOCK_BYTES, Part, PartAnswer, Portion, Step, StrongValidator, block_at, block_of, by_block,
    joined, missing, ranges, step,
};
pub use purge::{Mode, Purge, Purged, Purges, RULES_MAX, Scope};
pub use reason::{NotStorable, Reason};
pub use reply::{Content, Extent, ReplyPlan, reply};
pub use resume::{Continuation, Rest, is_of_the_moment};
pub use rules::{Basis, Rules};
pub use storable::may_store;
pub use stored::StoredHead;
pub use tags::Tags;
