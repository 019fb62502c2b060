//! The sample tables of a progressive file (ISO/IEC 14496-12 §8.6, §8.7).

use crate::error::BmffError;
use crate::mux::{MAX_SAMPLES, Sample, wide};
use crate::walk::Mp4Box;

/// Returns the samples that the tables of a `trak` describe; none when the tables are empty.
pub(crate) fn table_samples(trak: &Mp4Box, file_len: u64) -> Result<Vec<Sample>, BmffError> {
    let stbl = trak.child(b"mdia")?.child(b"minf")?.child(b"stbl")?;
    let sizes = sizes(&stbl, file_len)?;
    let mut samples: Vec<Sample> = sizes.into_iter().map(sample_of).collect();
    if samples.is_empty() {
        return Ok(samples);
    }
    place(&stbl, &mut samples)?;
    time(&stbl, &mut samples)?;
    compose(&stbl, &mut samples)?;
    mark_sync(&stbl, &mut samples)?;
    for sample in &samples {
        bounded(sample, file_len, &stbl)?;
    }
    Ok(samples)
}

/// Returns the byte offset behind a sample, or an error when the file ends before.
pub(crate) fn bounded(sample: &Sample, file_len: u64, about: &Mp4Box) -> Result<u64, BmffError> {
    sample
        .offset
        .checked_add(u64::from(sample.size))
        .filter(|end| *end <= file_len)
        .ok_or_else(|| about.invalid("a sample lies behind the end of the file"))
}

fn sample_of(size: u32) -> Sample {
    Sample { offset: 0, size, decode_time: 0, duration: 0, composition_offset: 0, sync: false }
}

fn sizes(stbl: &Mp4Box, file_len: u64) -> Result<Vec<u32>, BmffError> {
    let stsz = stbl.child(b"stsz")?;
    let mut fields = stsz.fields();
    fields.skip(4)?;
    let (size, count) = (fields.u32()?, fields.u32()?);
    let many = || stsz.invalid("the track has more samples than any real one");
    if size == 0 {
        let count = fields.table(count, 4)?;
        if MAX_SAMPLES < count {
            return Err(many());
        }
        return (0..count).map(|_| fields.u32()).collect();
    }
    // Samples of one size cost no bytes here, but they do in the file.
    let fits = file_len / u64::from(size);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if MAX_SAMPLES < count || fits < wide(count) {
        return Err(many());
    }
    Ok(vec![size; count])
}

/// Gives each sample its offset, from the chunks.
fn place(stbl: &Mp4Box, samples: &mut [Sample]) -> Result<(), BmffError> {
    let stsc = stbl.child(b"stsc")?;
    let chunks = chunk_offsets(stbl)?;
    let mut fields = stsc.fields();
    fields.skip(4)?;
    let count = fields.u32()?;
    let count = fields.table(count, 12)?;
    let mut rows = Vec::with_capacity(count);
    for _ in 0..count {
        let (first, per_chunk, entry) = (fields.u32()?, fields.u32()?, fields.u32()?);
        if entry != 1 {
            return Err(stsc.invalid("the coding changes within the track"));
        }
        rows.push((first, per_chunk));
    }
    let mut rest = samples.iter_mut();
    let mut row = 0;
    for (index, chunk) in chunks.iter().enumerate() {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        while rows.get(row + 1).is_some_and(|(first, _)| *first <= number) {
            row += 1;
        }
        let Some((first, per_chunk)) = rows.get(row) else { break };
        if number < *first {
            return Err(stsc.invalid("the first chunk has no entry"));
        }
        let mut offset = *chunk;
        for sample in rest.by_ref().take(usize::try_from(*per_chunk).unwrap_or(usize::MAX)) {
            sample.offset = offset;
            offset = offset.saturating_add(u64::from(sample.size));
        }
    }
    if rest.next().is_some() {
        return Err(stsc.invalid("there are fewer samples in chunks than sizes"));
    }
    Ok(())
}

fn chunk_offsets(stbl: &Mp4Box) -> Result<Vec<u64>, BmffError> {
    if let Some(stco) = stbl.child_if_any(b"stco")? {
        let mut fields = stco.fields();
        fields.skip(4)?;
        let count = fields.u32()?;
        let count = fields.table(count, 4)?;
        return (0..count).map(|_| fields.u32().map(u64::from)).collect();
    }
    let co64 = stbl.child(b"co64")?;
    let mut fields = co64.fields();
    fields.skip(4)?;
    let count = fields.u32()?;
    let count = fields.table(count, 8)?;
    (0..count).map(|_| fields.u64()).collect()
}

/// Gives each sample its duration and decode time (`stts`).
fn time(stbl: &Mp4Box, samples: &mut [Sample]) -> Result<(), BmffError> {
    let stts = stbl.child(b"stts")?;
    let mut fields = stts.fields();
    fields.skip(4)?;
    let count = fields.u32()?;
    let mut rest = samples.iter_mut();
    let mut decode_time = 0_u64;
    for _ in 0..fields.table(count, 8)? {
        let (run, duration) = (fields.u32()?, fields.u32()?);
        for sample in rest.by_ref().take(usize::try_from(run).unwrap_or(usize::MAX)) {
            sample.decode_time = decode_time;
            sample.duration = duration;
            // At most 2^22 samples of 32 bits each: far from overflow.
            decode_time += u64::from(duration);
        }
    }
    if rest.next().is_some() {
        return Err(stts.invalid("there are fewer durations than sizes"));
    }
    Ok(())
}

/// Gives each sample its composition offset (`ctts`). Version 0 is read as signed, too: writers of
/// negative offsets in version 0 exist, those of offsets beyond 2^31 do not.
fn compose(stbl: &Mp4Box, samples: &mut [Sample]) -> Result<(), BmffError> {
    let Some(ctts) = stbl.child_if_any(b"ctts")? else { return Ok(()) };
    let mut fields = ctts.fields();
    fields.skip(4)?;
    let count = fields.u32()?;
    let mut rest = samples.iter_mut();
    for _ in 0..fields.table(count, 8)? {
        let (run, offset) = (fields.u32()?, fields.i32()?);
        for sample in rest.by_ref().take(usize::try_from(run).unwrap_or(usize::MAX)) {
            sample.composition_offset = i64::from(offset);
        }
    }
    Ok(())
}

/// Marks sync samples (`stss`); without the box every sample is one.
fn mark_sync(stbl: &Mp4Box, samples: &mut [Sample]) -> Result<(), BmffError> {
    let Some(stss) = stbl.child_if_any(b"stss")? else {
        for sample in samples {
            sample.sync = true;
        }
        return Ok(());
    };
    let mut fields = stss.fields();
    fields.skip(4)?;
    let count = fields.u32()?;
    for _ in 0..fields.table(count, 4)? {
        let number = usize::try_from(fields.u32()?).unwrap_or(usize::MAX);
        let sample = number.checked_sub(1).and_then(|index| samples.get_mut(index));
        sample.ok_or_else(|| stss.invalid("a sync sample does not exist"))?.sync = true;
    }
    Ok(())
}
