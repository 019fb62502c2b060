//! Lists to which every server on the way adds a member, such as `Cache-Status` (RFC 9211 §2) and
//! `CMSD-Dynamic` (CTA-5006 §3): the last one is that of the server nearest to the reader.

/// Returns the last member of a list that has something to say.
#[must_use]
pub fn member(list: &str) -> Option<&str> {
    unquoted(list, ',').filter(|member| !member.trim().is_empty()).last()
}

/// Returns the value of a member's parameter; empty where it has none.
#[must_use]
pub fn parameter<'a>(member: &'a str, name: &str) -> Option<&'a str> {
    unquoted(member, ';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        (key.trim() == name).then_some(value.trim())
    })
}

/// Splits at a character outside of strings (RFC 9651 §3.3.3).
fn unquoted(text: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut in_string, mut escaped) = (false, false);
    text.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ => return character == at && !in_string,
        }
        false
    })
}
