//! Names of a zone that a function answers, and names that tell why.

use super::Zone;
use crate::steer::{Asker, Steer, Steered};
use arc_swap::ArcSwapOption;
use hickory_proto::{
    ProtoError,
    rr::{LowerName, Name, RecordType},
};
use std::sync::Arc;

/// Bytes of a reason that are told: what fits into one character string.
const REASON_BYTES_MAX: usize = 255;

/// A name that is steered, and what it has decided last.
#[derive(Debug)]
pub(super) struct Spot {
    steer: Arc<dyn Steer>,
    last: ArcSwapOption<Vec<String>>,
}

/// What a name has to do with a function.
#[derive(Clone, Debug)]
pub(super) enum Role {
    /// The function answers.
    Steers(Arc<Spot>),
    /// It is told why the function has answered so.
    Tells(Arc<Spot>),
}

impl Role {
    /// Returns the types that are not the zone's data.
    pub(super) const fn kinds(&self) -> &'static [RecordType] {
        match self {
            Self::Steers(_) => &[RecordType::A, RecordType::AAAA],
            Self::Tells(_) => &[RecordType::TXT],
        }
    }
}

impl Zone {
    /// Returns the zone with addresses of `name` answered by `steer`, and the last reason told at
    /// `why.<name>` (TXT). A zone is steered before it is signed.
    ///
    /// # Errors
    /// Where `name` is too long for another label.
    pub fn steered_at(mut self, name: &Name, steer: Arc<dyn Steer>) -> Result<Self, ProtoError> {
        let spot = Arc::new(Spot { steer, last: ArcSwapOption::empty() });
        let why = LowerName::new(&name.prepend_label(&b"why"[..])?);
        let name = LowerName::new(name);
        for there in [&name, &why] {
            self.node(there.clone());
        }
        self.steered.insert(name, Role::Steers(Arc::clone(&spot)));
        self.steered.insert(why, Role::Tells(spot));
        Ok(self)
    }

    /// Returns whether a function answers for `kind` at `name`.
    pub(crate) fn is_steered(&self, name: &LowerName, kind: RecordType) -> bool {
        self.steered.get(name).is_some_and(|role| role.kinds().contains(&kind))
    }

    /// Returns what the function at `name` decides.
    pub(crate) fn steered(&self, name: &LowerName, kind: RecordType, asker: &Asker) -> Steered {
        match self.steered.get(name) {
            Some(Role::Steers(spot)) => {
                let steered = spot.steer.steer(asker);
                let asked =
                    format!("{kind} for {} at {}", asker.address(), asker.now.unix_seconds());
                spot.last.store(Some(Arc::new(vec![told(&asked), told(&steered.reason)])));
                steered
            }
            Some(Role::Tells(spot)) => {
                let last = spot.last.load();
                let text = last.as_deref().cloned();
                let text = text.unwrap_or_else(|| vec!["nobody has asked yet".to_owned()]);
                Steered { text, ..Steered::default() }
            }
            None => Steered::default(),
        }
    }
}

/// Returns as much of a reason as one character string holds.
fn told(reason: &str) -> String {
    let end = reason.floor_char_boundary(REASON_BYTES_MAX);
    reason[..end].to_owned()
}
