//! How long the header of an AVC slice is (ISO/IEC 14496-10 §7.3.3), which stays in the clear.

use crate::bits::Bits;

/// Parameter sets that one `avcC` may have (ISO/IEC 14496-15 §5.3.3.1: 31 and 255); streams have one
/// of each.
const SETS_MAX: usize = 32;
/// Entries of a list of references (ISO/IEC 14496-10 §7.4.3).
const REFERENCES_MAX: u32 = 32;

/// What slice headers depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sets {
    sequences: Vec<(u32, Sequence)>,
    pictures: Vec<(u32, Picture)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sequence {
    monochrome: bool,
    separate_planes: bool,
    frame_num_bits: u32,
    order: Order,
    frames_only: bool,
}

/// How slices tell the order of pictures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Order {
    /// By so many bits.
    Bits(u32),
    /// By differences.
    Differences,
    /// Not at all.
    #[default]
    Silent,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the standard's")]
struct Picture {
    sequence: u32,
    cabac: bool,
    bottom_order: bool,
    references: [u32; 2],
    weighted: bool,
    weighted_both: bool,
    deblocking: bool,
    redundant: bool,
}

impl Sets {
    /// Reads the sets of an `avcC`; those that cannot be read are left out.
    pub(crate) fn of(avcc: &[u8]) -> Self {
        let mut sets = Self::default();
        let mut rest = avcc.get(5..).unwrap_or_default();
        let (sequences, pictures) = (&mut sets.sequences, &mut sets.pictures);
        each(&mut rest, 0x1f, |unit| sequences.extend(sequence(unit)));
        each(&mut rest, 0xff, |unit| pictures.extend(picture(unit)));
        sets
    }

    /// Returns how many bytes of a slice's NAL unit are not its data: the unit's header, the slice's,
    /// and the byte in which that ends.
    pub(crate) fn header_len(&self, unit: &[u8]) -> Option<usize> {
        let first = *unit.first()?;
        let (is_reference, is_idr) = (first & 0x60 != 0, first & 0x1f == 5);
        let mut bits = Bits::new(unit);
        bits.u(8)?;
        bits.ue()?;
        let kind = Kind::of(bits.ue()?)?;
        let picture = bits.ue()?;
        let find = |id, (known, _): &&(u32, _)| *known == id;
        let (_, picture) = self.pictures.iter().find(|(known, _)| *known == picture)?;
        let (_, sequence) =
            self.sequences.iter().find(|set: &&(u32, Sequence)| find(picture.sequence, set))?;
        numbers(&mut bits, sequence, picture, is_idr)?;
        references(&mut bits, kind, sequence, picture)?;
        if is_reference {
            marking(&mut bits, is_idr)?;
        }
        if picture.cabac && kind.predicts() {
            bits.ue()?;
        }
        bits.skip(1)?;
        if kind == Kind::Sp {
            bits.bit()?;
        }
        if matches!(kind, Kind::Sp | Kind::Si) {
            bits.skip(1)?;
        }
        if picture.deblocking && bits.ue()? != 1 {
            bits.skip(2)?;
        }
        Some(bits.bytes())
    }
}

/// Calls `take` with each unit of a list that is told with its length.
fn each(rest: &mut &[u8], mask: u8, mut take: impl FnMut(&[u8])) {
    let Some((count, mut units)) = rest.split_first() else { return };
    for _ in 0..usize::from(count & mask).min(SETS_MAX) {
        let Some((len, behind)) = units.split_first_chunk() else { return };
        let Some((unit, behind)) = behind.split_at_checked(u16::from_be_bytes(*len).into()) else {
            return;
        };
        take(unit);
        units = behind;
    }
    *rest = units;
}

/// Profiles whose sequence parameter sets tell the format of colours (§7.3.2.1.1).
const HIGH: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// ISO/IEC 14496-10 §7.3.2.1.1.
fn sequence(unit: &[u8]) -> Option<(u32, Sequence)> {
    let mut bits = Bits::new(unit);
    bits.u(8)?;
    let profile = bits.u(8)?;
    bits.u(16)?;
    let id = bits.ue()?;
    let mut set = Sequence::default();
    if HIGH.contains(&profile) {
        let format = bits.ue()?;
        set.monochrome = format == 0;
        if format == 3 {
            set.separate_planes = bits.bit()?;
        }
        bits.skip(2)?;
        bits.bit()?;
        if bits.bit()? {
            for list in 0..if format == 3 { 12 } else { 8 } {
                if bits.bit()? {
                    scaling(&mut bits, if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    let width = |code: u32| (code <= 12).then_some(code + 4);
    set.frame_num_bits = width(bits.ue()?)?;
    set.order = match bits.ue()? {
        0 => Order::Bits(width(bits.ue()?)?),
        1 => {
            let silent = bits.bit()?;
            bits.skip(2)?;
            let cycle = bits.ue().filter(|cycle| *cycle <= 255)?;
            bits.skip(cycle)?;
            if silent { Order::Silent } else { Order::Differences }
        }
        2 => Order::Silent,
        _ => return None,
    };
    bits.skip(1)?;
    bits.bit()?;
    bits.skip(2)?;
    set.frames_only = bits.bit()?;
    Some((id, set))
}

/// ISO/IEC 14496-10 §7.3.2.1.1.1.
fn scaling(bits: &mut Bits<'_>, len: u32) -> Option<()> {
    let (mut last, mut next) = (8_i64, 8_i64);
    for _ in 0..len {
        if next != 0 {
            let code = i64::from(bits.ue()?);
            let delta = if code % 2 == 0 { -(code / 2) } else { (code + 1) / 2 };
            next = (last + delta).rem_euclid(256);
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// ISO/IEC 14496-10 §7.3.2.2. Sets of slice groups, which no encoder of today makes, are not read.
fn picture(unit: &[u8]) -> Option<(u32, Picture)> {
    let mut bits = Bits::new(unit);
    bits.u(8)?;
    let (id, sequence) = (bits.ue()?, bits.ue()?);
    let (cabac, bottom_order) = (bits.bit()?, bits.bit()?);
    if bits.ue()? != 0 {
        return None;
    }
    let references = [bits.ue()?.saturating_add(1), bits.ue()?.saturating_add(1)];
    let (weighted, weighted_both) = (bits.bit()?, bits.u(2)? == 1);
    bits.skip(3)?;
    let deblocking = bits.bit()?;
    bits.bit()?;
    let redundant = bits.bit()?;
    let set = Picture {
        sequence,
        cabac,
        bottom_order,
        references,
        weighted,
        weighted_both,
        deblocking,
        redundant,
    };
    Some((id, set))
}

/// The kinds of slices (ISO/IEC 14496-10 table 7-6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    P,
    B,
    I,
    Sp,
    Si,
}

impl Kind {
    const fn of(code: u32) -> Option<Self> {
        Some(match code % 5 {
            _ if 9 < code => return None,
            0 => Self::P,
            1 => Self::B,
            2 => Self::I,
            3 => Self::Sp,
            _ => Self::Si,
        })
    }

    /// Says whether it refers to other pictures.
    const fn predicts(self) -> bool {
        matches!(self, Self::P | Self::B | Self::Sp)
    }
}

/// Passes over what tells the picture and its order.
fn numbers(
    bits: &mut Bits<'_>,
    sequence: &Sequence,
    picture: &Picture,
    is_idr: bool,
) -> Option<()> {
    if sequence.separate_planes {
        bits.u(2)?;
    }
    bits.u(sequence.frame_num_bits)?;
    let is_field = !sequence.frames_only && bits.bit()?;
    if is_field {
        bits.bit()?;
    }
    if is_idr {
        bits.skip(1)?;
    }
    let both = u32::from(picture.bottom_order && !is_field);
    match sequence.order {
        Order::Bits(count) => {
            bits.u(count)?;
            bits.skip(both)?;
        }
        Order::Differences => bits.skip(1 + both)?,
        Order::Silent => {}
    }
    bits.skip(u32::from(picture.redundant))
}

/// Passes over the lists of references and their weights.
fn references(
    bits: &mut Bits<'_>,
    kind: Kind,
    sequence: &Sequence,
    picture: &Picture,
) -> Option<()> {
    if kind == Kind::B {
        bits.bit()?;
    }
    if !kind.predicts() {
        return Some(());
    }
    let lists = if kind == Kind::B { 2 } else { 1 };
    let mut counts = picture.references;
    if bits.bit()? {
        for count in counts.iter_mut().take(lists) {
            *count = bits.ue()?.saturating_add(1);
        }
    }
    // §7.3.3.1: each list may be put into another order.
    for _ in 0..lists {
        if bits.bit()? {
            // One instruction a reference and one more for each field, and the end.
            let mut left = 4 * REFERENCES_MAX;
            while bits.ue()? != 3 {
                bits.skip(1)?;
                left = left.checked_sub(1)?;
            }
        }
    }
    let weighted = if kind == Kind::B { picture.weighted_both } else { picture.weighted };
    if !weighted {
        return Some(());
    }
    // §7.3.3.2, where planes coded apart count as one colour.
    let colours = !sequence.monochrome && !sequence.separate_planes;
    bits.skip(1 + u32::from(colours))?;
    for count in counts.into_iter().take(lists) {
        for _ in 0..(count <= REFERENCES_MAX).then_some(count)? {
            if bits.bit()? {
                bits.skip(2)?;
            }
            if colours && bits.bit()? {
                bits.skip(4)?;
            }
        }
    }
    Some(())
}

/// Passes over what becomes of references (ISO/IEC 14496-10 §7.3.3.3).
fn marking(bits: &mut Bits<'_>, is_idr: bool) -> Option<()> {
    if is_idr {
        bits.u(2)?;
        return Some(());
    }
    if !bits.bit()? {
        return Some(());
    }
    let mut left = 4 * REFERENCES_MAX;
    loop {
        match bits.ue()? {
            0 => return Some(()),
            1 | 2 | 4 | 6 => bits.skip(1)?,
            3 => bits.skip(2)?,
            5 => {}
            _ => return None,
        }
        left = left.checked_sub(1)?;
    }
}

#[cfg(test)]
mod tests;
