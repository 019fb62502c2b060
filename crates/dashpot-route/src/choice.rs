//! The record of one choice: who could have been chosen, who could not and why, by which rule.
//!
//! Balancers and name servers make the same record, so that one reader tells the whole path of a
//! request.

use crate::Failure;
use serde::{Deserialize, Serialize};

/// One choice and what led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Those that could have been chosen, in the order of their list.
    pub candidates: Vec<Candidate>,
    /// Those that could not, and why.
    pub excluded: Vec<(String, Reason)>,
    /// The name of the rule.
    pub rule: String,
    /// What was hashed or looked up, where the rule does.
    pub key: Option<String>,
    /// The slot of the table that it fell into, where there is one.
    pub slot: Option<usize>,
    /// What the candidates were taken from.
    pub mode: Mode,
    /// What decided among them.
    pub by: By,
    /// Who was chosen, the best first; none where nobody could be.
    pub chosen: Vec<String>,
}

/// One that could have been chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its name.
    pub id: String,
    /// What the rule compared, where it looked at this one: the least wins.
    pub score: Option<f64>,
}

/// Why one could not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It has no weight, or an operator has taken it out.
    Drained,
    /// No probe of it has ended.
    Unprobed,
    /// Its probes fail, the last one like this.
    Down(Option<Failure>),
    /// It is passed over for a while for the failures of its requests.
    Ejected,
    /// It has failed too often in a row, and rests.
    Resting,
    /// This request has tried it already.
    Tried,
    /// It has as many requests as the bound allows.
    OverBound,
    /// It reports more load than the rule accepts.
    Overloaded,
    /// The rule does not send this client there.
    Elsewhere,
}

/// What candidates were taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Those that are well.
    #[default]
    Normal,
    /// Those of which nothing is known, since none is known to be well.
    Unprobed,
    /// All, since too few are well to carry the load: more than the rest could stand would fall on
    /// them.
    Panic,
}

/// What decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The rule.
    #[default]
    Rule,
    /// The client's cookie.
    Cookie,
    /// What is to be done where everything is down.
    AllDown,
}
