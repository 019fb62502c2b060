//! What somebody may have meant.

/// Returns the candidate that looks most like `given`.
pub(crate) fn nearest<'a>(given: &str, candidates: impl Iterator<Item = &'a str>) -> &'a str {
    candidates.min_by_key(|candidate| distance(given, candidate)).unwrap_or_default()
}

/// Returns how many letters must be put in, taken out or changed (the Levenshtein distance).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (above, letter) in one.chars().enumerate() {
        let mut corner = above;
        row[0] = above + 1;
        for (at, same) in other.chars().map(|its| its == letter).enumerate() {
            let changed = corner + usize::from(!same);
            corner = row[at + 1];
            row[at + 1] = changed.min(corner + 1).min(row[at] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}
