//! Zone files as entries of tokens (RFC 1035 §5.1), each with the line it begins on.

use super::Fault;

/// Tokens of an entry at most: far more than any record has, and a bound on what a file can ask for.
const TOKENS_MAX: usize = 4_096;

/// A word of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// The word; escapes are still in it.
    pub(super) text: String,
    /// Whether it stood in quotes, so that it is data whatever it looks like.
    pub(super) is_quoted: bool,
}

/// What stands between two ends of lines outside parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The line on which it begins, the first being 1.
    pub(super) line: usize,
    /// Whether it begins with a blank, which repeats the owner before.
    pub(super) is_continued: bool,
    /// Its words; never empty.
    pub(super) tokens: Vec<Token>,
}

/// Where the reader stands within an entry.
struct Reader {
    line: usize,
    depth: usize,
    entry: Entry,
    word: Option<Token>,
}

/// Returns the entries of `text`, blank ones and comments left out.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, (usize, Fault)> {
    let mut reader = Reader { line: 1, depth: 0, entry: Entry::at(1), word: None };
    let mut all = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => reader.quoted(&mut chars)?,
            ';' => while chars.next_if(|next| *next != '\n').is_some() {},
            '\\' => reader.escaped(&mut chars),
            '(' => {
                reader.end_word()?;
                reader.depth += 1;
            }
            ')' => {
                reader.end_word()?;
                let depth = reader.depth.checked_sub(1);
                reader.depth = depth.ok_or((reader.line, Fault::Parenthesis))?;
            }
            '\n' => {
                reader.end_word()?;
                reader.line += 1;
                if reader.depth == 0 {
                    let next = Entry::at(reader.line);
                    let entry = std::mem::replace(&mut reader.entry, next);
                    all.extend((!entry.tokens.is_empty()).then_some(entry));
                }
            }
            blank if blank.is_whitespace() => {
                reader.entry.is_continued |= reader.is_at_start();
                reader.end_word()?;
            }
            other => reader.push(other),
        }
    }
    reader.end_word()?;
    if 0 < reader.depth {
        return Err((reader.entry.line, Fault::Parenthesis));
    }
    all.extend((!reader.entry.tokens.is_empty()).then_some(reader.entry));
    Ok(all)
}

impl Entry {
    const fn at(line: usize) -> Self {
        Self { line, is_continued: false, tokens: Vec::new() }
    }
}

impl Reader {
    const fn is_at_start(&self) -> bool {
        self.entry.tokens.is_empty() && self.word.is_none() && self.depth == 0
    }

    fn push(&mut self, char: char) {
        let word = self.word.get_or_insert(Token { text: String::new(), is_quoted: false });
        word.text.push(char);
    }

    fn escaped(&mut self, chars: &mut impl Iterator<Item = char>) {
        self.push('\\');
        if let Some(char) = chars.next() {
            self.line += usize::from(char == '\n');
            self.push(char);
        }
    }

    fn quoted(&mut self, chars: &mut impl Iterator<Item = char>) -> Result<(), (usize, Fault)> {
        self.end_word()?;
        let begun = self.line;
        let mut text = String::new();
        while let Some(char) = chars.next() {
            match char {
                '"' => {
                    self.word = Some(Token { text, is_quoted: true });
                    return self.end_word();
                }
                '\\' => {
                    text.push(char);
                    text.extend(chars.next());
                }
                other => {
                    self.line += usize::from(other == '\n');
                    text.push(other);
                }
            }
        }
        Err((begun, Fault::Quote))
    }

    fn end_word(&mut self) -> Result<(), (usize, Fault)> {
        if let Some(word) = self.word.take() {
            if self.entry.tokens.is_empty() {
                self.entry.line = self.line;
            }
            self.entry.tokens.push(word);
        }
        if self.entry.tokens.len() <= TOKENS_MAX {
            Ok(())
        } else {
            Err((self.entry.line, Fault::TooLong))
        }
    }
}

/// Returns the bytes of a character string, its escapes resolved (RFC 1035 §5.1: `\X`, `\DDD`).
pub(super) fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let first = bytes.next()?;
        if !first.is_ascii_digit() {
            out.push(first);
            continue;
        }
        let number =
            [first, bytes.next()?, bytes.next()?].iter().try_fold(0_u16, |sum, digit| {
                digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0'))
            })?;
        out.push(u8::try_from(number).ok()?);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &[(usize, bool, &[&str])]) {
        let got = entries(text).unwrap();
        let got: Vec<_> = got
            .iter()
            .map(|entry| {
                let words: Vec<_> = entry.tokens.iter().map(|word| word.text.as_str()).collect();
                (entry.line, entry.is_continued, words)
            })
            .collect();
        let expected: Vec<_> =
            expected.iter().map(|(line, blank, words)| (*line, *blank, words.to_vec())).collect();
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn entries_are_lines_but_for_parentheses_quotes_and_comments() {
        check("", &[]);
        check("; a comment\n\n   \n", &[]);
        check("a A 1\n  AAAA ::1", &[(1, false, &["a", "A", "1"]), (2, true, &["AAAA", "::1"])]);
        check(
            "@ SOA a b (\n 1 ; serial\n 2 ) ; end\nx A 1",
            &[(1, false, &["@", "SOA", "a", "b", "1", "2"]), (4, false, &["x", "A", "1"])],
        );
        check("t TXT \"a ; (b\" c;d", &[(1, false, &["t", "TXT", "a ; (b", "c"])]);
        check(
            "t TXT \"two\nlines\"\nn A 1",
            &[(1, false, &["t", "TXT", "two\nlines"]), (3, false, &["n", "A", "1"])],
        );
        check("a\\ b\\;c TXT \"\"", &[(1, false, &["a\\ b\\;c", "TXT", ""])]);
        check("a A 1\r\nb A 2\r\n", &[(1, false, &["a", "A", "1"]), (2, false, &["b", "A", "2"])]);
    }

    #[test]
    fn what_is_left_open_is_named_by_its_line() {
        for (text, line, fault) in [
            ("a A 1\nb TXT \"open\n", 2, Fault::Quote),
            ("a A 1\n@ SOA (\n1\n", 2, Fault::Parenthesis),
            ("a A 1 )\n", 1, Fault::Parenthesis),
        ] {
            let (at, got) = entries(text).unwrap_err();
            assert_eq!((at, got.to_string()), (line, fault.to_string()), "{text:?}");
        }
    }

    #[test]
    fn escapes_are_characters_or_three_digits() {
        for (text, expected) in [
            ("plain", Some(&b"plain"[..])),
            (r#"a\"b\\"#, Some(b"a\"b\\")),
            (r"\065\255", Some(b"A\xff")),
            (r"\256", None),
            (r"\12", None),
            ("\\", None),
        ] {
            assert_eq!(unescape(text).as_deref(), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_entries_or_a_fault(text in "[a-z@$ \t\n\"();\\\\.0-9]{0,200}") {
            let lines = text.matches('\n').count() + 1;
            match entries(&text) {
                Ok(entries) => for entry in entries {
                    prop_assert!(!entry.tokens.is_empty() && entry.line <= lines);
                },
                Err((line, _)) => prop_assert!(line <= lines),
            }
        }
    }
}
