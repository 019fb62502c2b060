//! Faults on demand: which requests are to go wrong, and how.
//!
//! Layer 2: pure. [`decide()`] is a function of the rules, a seed and what is known of a request; no
//! request changes what another one meets, so that a run can be had again in any order. Carrying
//! a plan out is the driver's.

mod decide;
mod document;
mod facts;
mod fault;
mod rule;
mod select;
mod value;

pub use decide::{Injection, Plan, decide};
pub use document::{Document, DocumentError, RULES_MAX, rule_of_json};
pub use facts::{Facts, Object};
pub use fault::{Fault, Position};
pub use rule::{Rule, RuleError, RuleId, WORDS, Word};
pub use select::Select;
