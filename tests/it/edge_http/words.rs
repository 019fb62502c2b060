//! The words in the text of a case that stand for what only a run knows.

use dashpot_base::WallTime;
use dashpot_http::date;
use std::time::Duration;

/// What the words of one case stand for.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) now: WallTime,
    /// The start of the case's paths.
    pub(super) base: String,
    pub(super) edge: String,
    pub(super) origin: String,
}

impl Words {
    /// Returns `text` with its words replaced:
    /// - `{base}`, `{edge}`, `{origin}`: the start of the case's paths, and the authorities;
    /// - `{imf+60}`, `{rfc850-60}`, `{asctime+0}`: a time in seconds from now, in a format;
    /// - `{day+60}`, `{weekday…}`, `{dd…}`, `{mon…}`, `{yyyy…}`, `{yy…}`, `{time…}`: a part of it;
    /// - `{lower imf+60}`, `{upper imf+60}`: in one case.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (word, behind) = after.split_once('}').expect("a word ends");
            filled.push_str(before);
            filled.push_str(&self.word(word));
            rest = behind;
        }
        filled + rest
    }

    fn word(&self, word: &str) -> String {
        match word {
            "base" => return self.base.clone(),
            "edge" => return self.edge.clone(),
            "origin" => return self.origin.clone(),
            _ => {}
        }
        if let Some(word) = word.strip_prefix("lower ") {
            return self.word(word).to_ascii_lowercase();
        }
        if let Some(word) = word.strip_prefix("upper ") {
            return self.word(word).to_ascii_uppercase();
        }
        let sign = word.find(['+', '-']).unwrap_or_else(|| panic!("no such word: {word}"));
        let span = Duration::from_secs(word[sign + 1..].parse().expect("seconds"));
        let is_past = word[sign..].starts_with('-');
        let time = if is_past { self.now.before(span) } else { self.now.after(span) };
        in_format(time, &word[..sign])
    }
}

fn in_format(time: WallTime, format: &str) -> String {
    let imf = date::print(time);
    let (day, dd, mon, yyyy) = (&imf[..3], &imf[5..7], &imf[8..11], &imf[12..16]);
    let (yy, clock) = (&imf[14..16], &imf[17..25]);
    let weekday = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
        .into_iter()
        .find(|weekday| weekday.starts_with(day))
        .expect("a day of the week");
    match format {
        "imf" => imf.clone(),
        "rfc850" => format!("{weekday}, {dd}-{mon}-{yy} {clock} GMT"),
        "asctime" => {
            let dd = dd.strip_prefix('0').map_or_else(|| dd.to_owned(), |d| format!(" {d}"));
            format!("{day} {mon} {dd} {clock} {yyyy}")
        }
        "day" => day.to_owned(),
        "weekday" => weekday.to_owned(),
        "dd" => dd.to_owned(),
        "mon" => mon.to_owned(),
        "yyyy" => yyyy.to_owned(),
        "yy" => yy.to_owned(),
        "time" => clock.to_owned(),
        _ => panic!("no such format: {format}"),
    }
}
