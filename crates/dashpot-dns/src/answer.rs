//! What a zone answers: the algorithm of RFC 1034 §4.3.2 with the wildcards of RFC 4592, the denials of
//! RFC 4035 §3.1.3 and, at some names, a function in the place of data. Without any I/O.

use crate::{
    steer::{Asker, Steered},
    zone::{Node, RrSet, Zone},
};
use hickory_proto::{
    op::ResponseCode,
    rr::{LowerName, Name, RData, Record, RecordType, rdata::HINFO},
};
use std::sync::Arc;

/// Aliases that are followed within a zone; longer chains are mistakes, or loops.
const ALIASES_MAX: usize = 8;

/// How long "ask for a type" holds, in seconds: it never changes.
const ANY_TTL: u32 = 3_600;

/// What is asked of a zone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    /// The name, in the case in which it was asked for.
    pub(crate) name: &'a Name,
    pub(crate) kind: RecordType,
    /// Who asks, which decides at names that are steered.
    pub(crate) asker: &'a Asker,
}

/// Records that go into an answer.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) set: Arc<RrSet>,
    /// The owner to write in the place of a wildcard, or of another case.
    pub(crate) owner: Option<Name>,
    /// Whether the zone's signature belongs to it: not so with delegations and glue (RFC 4035 §2.2).
    pub(crate) is_signed: bool,
}

/// What a zone answers, before it is signed.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: ResponseCode,
    pub(crate) is_authoritative: bool,
    pub(crate) answers: Vec<Found>,
    pub(crate) authorities: Vec<Found>,
    pub(crate) additionals: Vec<Found>,
    /// Whether what is additional must be there: glue without which a referral leads nowhere
    /// (RFC 9471 §3).
    pub(crate) needs_additionals: bool,
    /// Names whose NSEC record belongs to the answer, that at the name or the one before it.
    pub(crate) denied: Vec<LowerName>,
    /// A type that is not at a steered name at this time, which its NSEC record must not show.
    pub(crate) absent: Option<(LowerName, RecordType)>,
    /// What a function has decided.
    pub(crate) steered: Option<Steered>,
}

/// Where a name leads.
enum Step<'a> {
    /// To another zone, which begins here.
    Cut(LowerName, &'a Node),
    /// To a node, perhaps that of a wildcard.
    Node(&'a Node, Option<LowerName>),
    /// Nowhere; this is the closest encloser.
    Nothing(LowerName),
}

impl Zone {
    /// Returns what the zone answers; it is the zone for the name.
    pub(crate) fn answer(&self, question: Question<'_>) -> Answer {
        let mut answer = Answer::new();
        let mut name = question.name.clone();
        for _ in 0..=ALIASES_MAX {
            match self.resolve(&name, question, &mut answer) {
                Some(target) => name = target,
                None => return answer,
            }
        }
        // RFC 1034 §3.6.2: a chain that does not end is an error of the zone, not of who asks.
        Answer { code: ResponseCode::ServFail, ..Answer::new() }
    }

    /// Adds what `name` leads to, and returns the name to go on with.
    fn resolve(&self, name: &Name, question: Question<'_>, answer: &mut Answer) -> Option<Name> {
        let lower = LowerName::new(name);
        let (node, wildcard) = match self.find(&lower, question.kind) {
            Step::Cut(cut, node) => {
                self.refer(&cut, node, answer);
                return None;
            }
            Step::Nothing(encloser) => {
                // RFC 6604 §3: the code is that of the last name of a chain.
                answer.code = ResponseCode::NXDomain;
                answer.denied.extend(wildcard_below(&encloser));
                self.deny(lower, answer);
                return None;
            }
            Step::Node(node, wildcard) => (node, wildcard),
        };
        if wildcard.is_none() && self.is_steered(&lower, question.kind) {
            self.steer(name, question, answer);
            return None;
        }
        let owner = Some(name.clone());
        if question.kind == RecordType::ANY && !node.is_empty() {
            // RFC 8482 §4.2: one record that says nothing, in the place of all of them.
            let hinfo = HINFO::new("RFC8482".to_owned(), String::new());
            let record = Record::from_rdata(name.clone(), ANY_TTL, RData::HINFO(hinfo));
            answer.answers.push(Found::of(&self.made(vec![record])));
            return None;
        }
        if wildcard.is_some() {
            // RFC 4035 §3.1.3.3: that nothing closer exists belongs to the answer.
            answer.denied.push(lower.clone());
        }
        if let Some(set) = self.data(&lower, node, question.kind) {
            answer.additionals.extend(self.additionals(set));
            answer.answers.push(Found { set: Arc::clone(set), owner, is_signed: true });
            return None;
        }
        let Some(alias) = node.set(RecordType::CNAME) else {
            answer.denied.extend(wildcard);
            self.deny(lower, answer);
            return None;
        };
        answer.answers.push(Found { set: Arc::clone(alias), owner, is_signed: true });
        match alias.first().map(|record| &record.data) {
            // What is in other zones is theirs to say, even where they are served here.
            Some(RData::CNAME(target)) if self.origin().zone_of(&target.0) => {
                Some(target.0.clone())
            }
            _ => None,
        }
    }

    /// Returns what is at a name under a type; the NSEC records are beside the nodes.
    fn data<'a>(
        &'a self,
        name: &LowerName,
        node: &'a Node,
        kind: RecordType,
    ) -> Option<&'a Arc<RrSet>> {
        if kind == RecordType::NSEC { self.nsec_at(name) } else { node.set(kind) }
    }

    fn find(&self, name: &LowerName, kind: RecordType) -> Step<'_> {
        if let Some((cut, node)) = self.cut_above(name) {
            // RFC 4035 §3.1.4.1: the DS record of a zone is in the zone above it.
            let is_here = kind == RecordType::DS && cut == *name;
            return if is_here { Step::Node(node, None) } else { Step::Cut(cut, node) };
        }
        if let Some(node) = self.get(name) {
            return Step::Node(node, None);
        }
        // RFC 4592 §3.3.1: only the wildcard at the closest encloser counts.
        let encloser = self.closest_encloser(name);
        let wildcard = wildcard_below(&encloser);
        match wildcard.and_then(|wildcard| Some((self.get(&wildcard)?, wildcard))) {
            Some((node, wildcard)) => Step::Node(node, Some(wildcard)),
            None => Step::Nothing(encloser),
        }
    }

    /// Adds a referral to the zone that begins at `cut` (RFC 1034 §4.3.2, 3b).
    fn refer(&self, cut: &LowerName, node: &Node, answer: &mut Answer) {
        // Where an alias of this zone has led here, the alias is authoritative.
        answer.is_authoritative = !answer.answers.is_empty();
        let Some(servers) = node.set(RecordType::NS) else { return };
        let glue: Vec<_> = self.additionals(servers).collect();
        answer.needs_additionals = glue.iter().any(|found| {
            found.set.first().is_some_and(|record| cut.zone_of(&LowerName::new(&record.name)))
        });
        answer.additionals.extend(glue);
        let set = Arc::clone(servers);
        answer.authorities.push(Found { set, owner: None, is_signed: false });
        match node.set(RecordType::DS) {
            // RFC 4035 §3.1.4: the DS records go along, or the proof that there are none.
            Some(keys) if self.is_signed() => answer.authorities.push(Found::of(keys)),
            Some(_) | None => answer.denied.push(cut.clone()),
        }
    }

    /// Says with what `name` that the type is not there (RFC 2308 §2.2, RFC 4035 §3.1.3).
    fn deny(&self, name: LowerName, answer: &mut Answer) {
        answer.authorities.push(Found::of(self.negative()));
        answer.denied.push(name);
    }

    fn steer(&self, name: &Name, question: Question<'_>, answer: &mut Answer) {
        let lower = LowerName::new(name);
        let steered = self.steered(&lower, question.kind, question.asker);
        match steered.records(name, question.kind) {
            _ if steered.is_refused => answer.code = ResponseCode::Refused,
            records if records.is_empty() => {
                answer.absent = Some((lower, question.kind));
                answer.authorities.push(Found::of(self.negative()));
            }
            records => {
                let set = self.made(records);
                answer.answers.push(Found { set, owner: None, is_signed: true });
            }
        }
        answer.steered = Some(steered);
    }

    /// Returns the addresses here of the hosts that `set` names.
    fn additionals<'a>(&'a self, set: &'a RrSet) -> impl Iterator<Item = Found> + 'a {
        let hosts = set.records().iter().filter_map(|record| host_of(&record.data));
        hosts.filter(|host| self.origin().zone_of(host)).flat_map(|host| {
            let host = LowerName::new(host);
            // Below a cut it is glue, which is the other zone's to sign.
            let is_signed = self.cut_above(&host).is_none();
            let node = self.get(&host).into_iter();
            node.flat_map(|node| [node.set(RecordType::A), node.set(RecordType::AAAA)])
                .flatten()
                .map(move |set| Found { set: Arc::clone(set), owner: None, is_signed })
        })
    }
}

impl Answer {
    const fn new() -> Self {
        Self {
            code: ResponseCode::NoError,
            is_authoritative: true,
            answers: Vec::new(),
            authorities: Vec::new(),
            additionals: Vec::new(),
            needs_additionals: false,
            denied: Vec::new(),
            absent: None,
            steered: None,
        }
    }
}

impl Found {
    fn of(set: &Arc<RrSet>) -> Self {
        Self { set: Arc::clone(set), owner: None, is_signed: true }
    }
}

/// Returns the host that data names, whose addresses are asked for next.
const fn host_of(data: &RData) -> Option<&Name> {
    if let RData::NS(server) = data {
        Some(&server.0)
    } else if let RData::MX(mail) = data {
        Some(&mail.exchange)
    } else if let RData::SRV(service) = data {
        Some(&service.target)
    } else {
        None
    }
}

/// Returns the wildcard directly below `encloser`, where such a name fits.
fn wildcard_below(encloser: &LowerName) -> Option<LowerName> {
    Name::from(encloser).prepend_label(&b"*"[..]).ok().map(|name| LowerName::new(&name))
}
