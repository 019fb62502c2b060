//! Names that a function answers: whoever asks is led to addresses chosen for them.

use hickory_proto::rr::{
    Name, RData, Record, RecordType,
    rdata::{A, AAAA, TXT},
};
use std::{fmt, net::IpAddr};

/// Who asks for a steered name, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The client's network, as its resolver tells it (RFC 7871), and the bits of it that count.
    pub subnet: Option<(IpAddr, u8)>,
    /// The resolver that asks.
    pub resolver: IpAddr,
    /// The time.
    pub now: dashpot_base::WallTime,
}

impl Asker {
    /// Returns the address that stands for the client: that of its network, or its resolver's.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.subnet.map_or(self.resolver, |(address, _)| address)
    }
}

/// What was decided for somebody who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steered {
    /// Addresses of both families, best first; those of the type that was asked for are answered.
    pub addresses: Vec<IpAddr>,
    /// Text, answered to who asks for TXT.
    pub text: Vec<String>,
    /// Seconds for which it holds.
    pub ttl: u32,
    /// Bits of the client's network for which it holds (RFC 7871 §7.2.1): 0 where the network
    /// made no difference.
    pub scope: u8,
    /// Why, for people.
    pub reason: String,
    /// Whether to refuse the question, so that its resolver asks another server.
    pub is_refused: bool,
}

/// Decides where who asks for a name is led.
///
/// A closure of `Fn(&Asker) -> Steered` is one.
pub trait Steer: Send + Sync {
    /// Returns the decision for `asker`.
    fn steer(&self, asker: &Asker) -> Steered;
}

impl<F: Fn(&Asker) -> Steered + Send + Sync> Steer for F {
    fn steer(&self, asker: &Asker) -> Steered {
        self(asker)
    }
}

impl fmt::Debug for dyn Steer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Steer")
    }
}

impl Steered {
    /// Returns the records for `kind`; none where there is nothing of it.
    pub(crate) fn records(&self, name: &Name, kind: RecordType) -> Vec<Record> {
        let addresses = self.addresses.iter().filter_map(|address| match (kind, address) {
            (RecordType::A, IpAddr::V4(v4)) => Some(RData::A(A(*v4))),
            (RecordType::AAAA, IpAddr::V6(v6)) => Some(RData::AAAA(AAAA(*v6))),
            _ => None,
        });
        let has_text = kind == RecordType::TXT && !self.text.is_empty();
        let text = has_text.then(|| RData::TXT(TXT::new(self.text.clone())));
        let data = addresses.chain(text);
        data.map(|data| Record::from_rdata(name.clone(), self.ttl, data)).collect()
    }
}
