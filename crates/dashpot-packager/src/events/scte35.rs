//! Cue messages of ANSI/SCTE 35: as sections of bits and as XML.
//!
//! Two commands, each with the descriptor that goes with it: `splice_insert` with an
//! `avail_descriptor`, `time_signal` with a `segmentation_descriptor`.

use dashpot_mpd::{Element, Node};
use data_encoding::BASE64;

/// The namespace of the XML (SCTE 35 §12).
const NAMESPACE: &str = "http://www.scte.org/schemas/35/2016";
/// `splice_command_type` of `splice_insert` (SCTE 35 §9.6.1).
const SPLICE_INSERT: u8 = 5;
/// `splice_command_type` of `time_signal`.
const TIME_SIGNAL: u8 = 6;
/// Ticks count in 33 bits, at 90 kHz; they begin again after 26.5 hours.
const PTS_BITS: u32 = 33;
/// The type of an UPID that is a URI (SCTE 35 §10.3.3.1).
const UPID_URI: u8 = 0x0f;

/// A cue message. All times are ticks of 90 kHz.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cue {
    /// When what it is about happens; what exceeds 33 bits is cut.
    pub(crate) pts: u64,
    pub(crate) command: Command,
}

/// What a cue message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// Leave the network for so long, and return by yourself (SCTE 35 §9.7.3).
    Insert {
        /// `splice_event_id`
        event: u32,
        /// `break_duration`
        duration: u64,
        /// `provider_avail_id` of the descriptor.
        avail: u32,
    },
    /// Here begins or ends something (SCTE 35 §9.7.4 and §10.3.3).
    Signal(Segmentation),
}

/// The one `segmentation_descriptor` of a `time_signal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segmentation {
    /// `segmentation_event_id`
    pub(crate) event: u32,
    /// How long it will last, where it begins.
    pub(crate) duration: Option<u64>,
    /// Flags of the delivery: web, no regional blackout, archive, and two bits of device restrictions.
    pub(crate) delivery: u8,
    /// Type and bytes of `segmentation_upid`.
    pub(crate) upid: (u8, Vec<u8>),
    /// `segmentation_type_id`: 0x34 and 0x35 are the start and the end of a provider's placement opportunity.
    pub(crate) kind: u8,
    /// `segment_num`
    pub(crate) number: u8,
}

/// The start of a provider's placement opportunity.
pub(crate) const OPPORTUNITY_START: u8 = 0x34;
/// Its end.
pub(crate) const OPPORTUNITY_END: u8 = 0x35;
/// Delivery that nothing restricts, with each flag said.
const FREE: u8 = 0b1_1111;

impl Segmentation {
    /// Returns the start of a placement opportunity that is called by a URI, or where it has no
    /// duration its end.
    pub(crate) fn opportunity(event: u32, duration: Option<u64>, uri: &str) -> Self {
        let kind = if duration.is_some() { OPPORTUNITY_START } else { OPPORTUNITY_END };
        let upid = (UPID_URI, uri.as_bytes().to_vec());
        Self { event, duration, delivery: FREE, upid, kind, number: 1 }
    }
}

/// A field: its value and how many bits it has.
type Field = (u64, u32);

impl Cue {
    /// Returns the `splice_info_section` (SCTE 35 §9.6).
    pub(crate) fn section(&self) -> Vec<u8> {
        let (kind, command, descriptor) = match &self.command {
            Command::Insert { event, duration, avail } => {
                (SPLICE_INSERT, self.insert(*event, *duration), avail_descriptor(*avail))
            }
            Command::Signal(segmentation) => {
                (TIME_SIGNAL, bits(&self.splice_time()), segmentation_descriptor(segmentation))
            }
        };
        // Behind the length: 11 bytes to the command's type, the length of descriptors and the CRC.
        let length = number(11 + command.len() + 2 + descriptor.len() + 4);
        let mut section = bits(&[
            (0xfc, 8),
            // No syntax indicator, not private, no type of access point.
            (0b0011, 4),
            (length, 12),
            // Version 0, not encrypted, no adjustment of times.
            (0, 8),
            (0, 7),
            (0, PTS_BITS),
            // No control word, every tier.
            (0xff, 8),
            (0xfff, 12),
            (number(command.len()), 12),
            (kind.into(), 8),
        ]);
        section.extend(command);
        section.extend(bits(&[(number(descriptor.len()), 16)]));
        section.extend(descriptor);
        let crc = crc_32(&section);
        section.extend(crc.to_be_bytes());
        section
    }

    /// Returns it as XML, spelled out.
    pub(crate) fn element(&self) -> Element {
        let time = element("SpliceTime", &[("ptsTime", self.wrapped().to_string())], Vec::new());
        let children = match &self.command {
            Command::Insert { event, duration, avail } => {
                let length =
                    [("autoReturn", "true".to_owned()), ("duration", duration.to_string())];
                let attributes = [
                    ("spliceEventId", event.to_string()),
                    ("spliceEventCancelIndicator", "false".to_owned()),
                    ("outOfNetworkIndicator", "true".to_owned()),
                    ("spliceImmediateFlag", "false".to_owned()),
                    ("uniqueProgramId", "0".to_owned()),
                    ("availNum", "0".to_owned()),
                    ("availsExpected", "0".to_owned()),
                ];
                let children = vec![
                    element("Program", &[], vec![time]),
                    element("BreakDuration", &length, Vec::new()),
                ];
                let avail = [("providerAvailId", avail.to_string())];
                vec![
                    element("SpliceInsert", &attributes, children),
                    element("AvailDescriptor", &avail, Vec::new()),
                ]
            }
            Command::Signal(one) => {
                vec![element("TimeSignal", &[], vec![time]), one.element()]
            }
        };
        let attributes = [
            ("xmlns", NAMESPACE.to_owned()),
            ("protocolVersion", "0".to_owned()),
            ("ptsAdjustment", "0".to_owned()),
            ("tier", "4095".to_owned()),
        ];
        element("SpliceInfoSection", &attributes, children)
    }

    /// Returns it as XML around the section in base64.
    pub(crate) fn binary_element(&self) -> Element {
        let text = vec![Node::Text(BASE64.encode(&self.section()))];
        let binary = Element { children: text, ..element("Binary", &[], Vec::new()) };
        element("Signal", &[("xmlns", NAMESPACE.to_owned())], vec![binary])
    }

    const fn wrapped(&self) -> u64 {
        self.pts & ((1 << PTS_BITS) - 1)
    }

    /// `splice_time()` with a time (SCTE 35 §9.8.1).
    const fn splice_time(&self) -> [Field; 3] {
        [(1, 1), (0b11_1111, 6), (self.wrapped(), PTS_BITS)]
    }

    fn insert(&self, event: u32, duration: u64) -> Vec<u8> {
        let [specified, reserved, pts] = self.splice_time();
        bits(&[
            (event.into(), 32),
            // Not cancelled; out of the network, the whole program, with a duration, not at once.
            (0, 1),
            (0b111_1111, 7),
            (0b1110, 4),
            (0b1111, 4),
            specified,
            reserved,
            pts,
            // The return is automatic.
            (1, 1),
            (0b11_1111, 6),
            (duration, PTS_BITS),
            // No program, and one avail only.
            (0, 16),
            (0, 8),
            (0, 8),
        ])
    }
}

impl Segmentation {
    fn element(&self) -> Element {
        let mut attributes = vec![
            ("segmentationEventId", self.event.to_string()),
            ("segmentationEventCancelIndicator", "false".to_owned()),
        ];
        if let Some(duration) = self.duration {
            attributes.push(("segmentationDuration", duration.to_string()));
        }
        attributes.extend([
            ("segmentationTypeId", self.kind.to_string()),
            ("segmentNum", self.number.to_string()),
            ("segmentsExpected", "0".to_owned()),
        ]);
        let flag = |bit: u8| (self.delivery >> bit & 1 == 1).to_string();
        let delivery = [
            ("archiveAllowedFlag", flag(2)),
            ("webDeliveryAllowedFlag", flag(4)),
            ("noRegionalBlackoutFlag", flag(3)),
            ("deviceRestrictions", (self.delivery & 3).to_string()),
        ];
        let (kind, upid) = &self.upid;
        let hex = upid.iter().map(|byte| format!("{byte:02x}")).collect();
        let upid = [
            ("segmentationUpidType", kind.to_string()),
            ("segmentationUpidFormat", "hexbinary".to_owned()),
        ];
        let upid = Element {
            children: vec![Node::Text(hex)],
            ..element("SegmentationUpid", &upid, Vec::new())
        };
        let children = vec![element("DeliveryRestrictions", &delivery, Vec::new()), upid];
        element("SegmentationDescriptor", &attributes, children)
    }
}

fn element(name: &str, attributes: &[(&str, String)], children: Vec<Element>) -> Element {
    let owned = |(name, value): &(&str, String)| ((*name).to_owned(), value.clone());
    Element {
        name: name.to_owned(),
        attributes: attributes.iter().map(owned).collect(),
        children: children.into_iter().map(Node::Element).collect(),
    }
}

/// Returns a descriptor of SCTE (SCTE 35 §10.2).
fn descriptor(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut out = bits(&[(tag.into(), 8), (number(4 + body.len()), 8)]);
    out.extend(b"CUEI");
    out.extend(body);
    out
}

fn avail_descriptor(avail: u32) -> Vec<u8> {
    descriptor(0, &avail.to_be_bytes())
}

fn segmentation_descriptor(one: &Segmentation) -> Vec<u8> {
    let mut body = bits(&[
        (one.event.into(), 32),
        // Not cancelled.
        (0, 1),
        (0b111_1111, 7),
        // The whole program; with a duration or not; with the flags of delivery.
        (1, 1),
        (one.duration.is_some().into(), 1),
        (0, 1),
        (one.delivery.into(), 5),
    ]);
    if let Some(duration) = one.duration {
        body.extend(bits(&[(duration, 40)]));
    }
    let (kind, upid) = &one.upid;
    body.extend(bits(&[((*kind).into(), 8), (number(upid.len()), 8)]));
    body.extend(upid);
    body.extend([one.kind, one.number, 0]);
    descriptor(2, &body)
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Puts fields one behind the other; together they have whole bytes.
fn bits(fields: &[Field]) -> Vec<u8> {
    let (mut out, mut byte, mut used) = (Vec::new(), 0_u8, 0);
    for (value, width) in fields {
        for bit in (0..*width).rev() {
            byte = byte << 1 | u8::from(value >> bit & 1 == 1);
            used += 1;
            if used == 8 {
                out.push(byte);
                (byte, used) = (0, 0);
            }
        }
    }
    out
}

/// The checksum of sections (ISO/IEC 13818-1 Annex A): polynomial 0x04c11db7, all ones at first.
fn crc_32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            let carry = crc >> 31 == 1;
            crc << 1 ^ if carry { 0x04c1_1db7 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests;
