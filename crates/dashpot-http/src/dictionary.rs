//! Dictionary structured fields (RFC 9651 §3.2), read as strictly as §4.2 asks: one wrong byte and
//! the whole field is none.

use http::{HeaderMap, HeaderName};

/// The value of a member; parameters are read and dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An integer.
    Integer(i64),
    /// A string, its escapes undone.
    String(Vec<u8>),
    /// A token.
    Token(Vec<u8>),
    /// A boolean; what has no value is true.
    Boolean(bool),
    /// A decimal, a byte sequence, a date, a display string or an inner list: nothing here means
    /// anything by one.
    Other,
}

/// Reads the dictionary field `name`, over all its lines; `None` where it is absent, has no
/// member, or does not parse. Of two members of one name the last counts.
#[must_use]
pub fn parse(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<(String, Value)>> {
    let lines: Vec<_> = headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect();
    // RFC 9651 §4.2: lines are joined before they are parsed.
    let text = lines.join(&b", "[..]);
    let mut parser = Parser { rest: &text };
    parser.skip(b" ");
    let members = parser.dictionary()?;
    (!members.is_empty()).then_some(members)
}

/// What is left to read. A method returns `None` where what follows is not what it reads.
struct Parser<'a> {
    rest: &'a [u8],
}

impl<'a> Parser<'a> {
    /// RFC 9651 §4.2.2.
    fn dictionary(&mut self) -> Option<Vec<(String, Value)>> {
        let mut members: Vec<(String, Value)> = Vec::new();
        while !self.rest.is_empty() {
            let (key, value) = (self.key()?, self.member()?);
            match members.iter_mut().find(|(held, _)| *held == key) {
                Some((_, held)) => *held = value,
                None => members.push((key, value)),
            }
            self.skip(b" \t");
            if self.rest.is_empty() {
                break;
            }
            self.expect(b',')?;
            self.skip(b" \t");
            // A comma at the end is an error.
            (!self.rest.is_empty()).then_some(())?;
        }
        Some(members)
    }

    fn member(&mut self) -> Option<Value> {
        let value = match self.take(b'=') {
            false => Value::Boolean(true),
            true if self.take(b'(') => self.inner_list()?,
            true => self.bare_item()?,
        };
        self.parameters()?;
        Some(value)
    }

    /// RFC 9651 §4.2.1.2, past the parenthesis.
    fn inner_list(&mut self) -> Option<Value> {
        loop {
            self.skip(b" ");
            if self.take(b')') {
                return Some(Value::Other);
            }
            self.bare_item()?;
            self.parameters()?;
            matches!(self.rest.first(), Some(b' ' | b')')).then_some(())?;
        }
    }

    /// RFC 9651 §4.2.3.2.
    fn parameters(&mut self) -> Option<()> {
        while self.take(b';') {
            self.skip(b" ");
            self.key()?;
            if self.take(b'=') {
                self.bare_item()?;
            }
        }
        Some(())
    }

    /// RFC 9651 §4.2.3.3: lower case only.
    fn key(&mut self) -> Option<String> {
        let begins = |byte: u8| byte.is_ascii_lowercase() || byte == b'*';
        self.rest.first().is_some_and(|&byte| begins(byte)).then_some(())?;
        let goes_on = |byte: u8| begins(byte) || byte.is_ascii_digit() || b"_-.".contains(&byte);
        String::from_utf8(self.while_is(goes_on).to_vec()).ok()
    }

    /// RFC 9651 §4.2.3.1.
    fn bare_item(&mut self) -> Option<Value> {
        match *self.rest.first()? {
            b'-' | b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            b'*' | b'A'..=b'Z' | b'a'..=b'z' => {
                let goes_on =
                    |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte);
                Some(Value::Token(self.while_is(goes_on).to_vec()))
            }
            b'?' => {
                let (value, rest) = match self.rest {
                    [_, b'1', rest @ ..] => (true, rest),
                    [_, b'0', rest @ ..] => (false, rest),
                    _ => return None,
                };
                self.rest = rest;
                Some(Value::Boolean(value))
            }
            b':' => self.byte_sequence(),
            b'@' => {
                self.expect(b'@')?;
                matches!(self.number()?, Value::Integer(_)).then_some(Value::Other)
            }
            b'%' => self.display_string(),
            _ => None,
        }
    }

    /// RFC 9651 §4.2.4.
    fn number(&mut self) -> Option<Value> {
        let sign = if self.take(b'-') { -1 } else { 1 };
        let whole = self.while_is(|byte| byte.is_ascii_digit());
        if self.take(b'.') {
            let fraction = self.while_is(|byte| byte.is_ascii_digit());
            let is_decimal = (1..=12).contains(&whole.len()) && (1..=3).contains(&fraction.len());
            return is_decimal.then_some(Value::Other);
        }
        (1..=15).contains(&whole.len()).then_some(())?;
        let digits = std::str::from_utf8(whole).ok()?;
        Some(Value::Integer(sign * digits.parse::<i64>().ok()?))
    }

    /// RFC 9651 §4.2.5.
    fn string(&mut self) -> Option<Value> {
        self.expect(b'"')?;
        let mut out = Vec::new();
        loop {
            match self.next()? {
                b'"' => return Some(Value::String(out)),
                b'\\' => {
                    let escaped = self.next()?;
                    matches!(escaped, b'"' | b'\\').then(|| out.push(escaped))?;
                }
                byte @ b' '..=b'~' => out.push(byte),
                _ => return None,
            }
        }
    }

    /// RFC 9651 §4.2.7; what the bytes are does not matter here.
    fn byte_sequence(&mut self) -> Option<Value> {
        self.expect(b':')?;
        self.while_is(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
        self.expect(b':')?;
        Some(Value::Other)
    }

    /// RFC 9651 §4.2.10.
    fn display_string(&mut self) -> Option<Value> {
        self.expect(b'%')?;
        self.expect(b'"')?;
        let mut out = Vec::new();
        loop {
            match self.next()? {
                b'"' => return std::str::from_utf8(&out).ok().map(|_| Value::Other),
                b'%' => {
                    let digit = |byte: u8| match byte {
                        b'0'..=b'9' => Some(byte - b'0'),
                        b'a'..=b'f' => Some(byte - b'a' + 10),
                        _ => None,
                    };
                    out.push(digit(self.next()?)? << 4 | digit(self.next()?)?);
                }
                byte @ b' '..=b'~' => out.push(byte),
                _ => return None,
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.rest.first() == Some(&byte);
        if is_next {
            self.rest = &self.rest[1..];
        }
        is_next
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn skip(&mut self, any_of: &[u8]) {
        self.while_is(|byte| any_of.contains(&byte));
    }

    fn while_is(&mut self, holds: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|&byte| !holds(byte)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

#[cfg(test)]
mod tests;
