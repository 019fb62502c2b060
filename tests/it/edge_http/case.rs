//! A case of the suite as data: what a client asks, what the origin answers, what is then to be
//! seen on either side.

/// Whether a clause leaves a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// MUST, or what the definition of a field or method says.
    Required,
    /// SHOULD or MAY: this cache does it.
    Optional,
}

/// One behaviour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    /// Where it is written.
    pub(super) clause: &'static str,
    pub(super) name: &'static str,
    pub(super) level: Level,
    pub(super) steps: &'static [Step],
    /// Why this cache does not behave so; the case is then held to fail.
    pub(super) gap: Option<&'static str>,
}

/// A request, with what the origin would answer it and what is expected of the edge.
///
/// All text may hold the words of `words.rs`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) method: &'static str,
    pub(super) target: &'static str,
    pub(super) version: &'static str,
    pub(super) fields: &'static [&'static str],
    /// What follows the head, as it is on the wire.
    pub(super) body: &'static str,
    /// What the origin answers to the first request of this step, and to all further ones.
    pub(super) answers: [Answer; 2],
    pub(super) outcome: Outcome,
    pub(super) expect: &'static [Expect],
}

/// How the origin answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// Heads of interim responses to send before.
    pub(super) interim: &'static [&'static str],
    pub(super) status: &'static str,
    /// Field lines as they are. `Date` and `Content-Length` are added where they are absent, unless
    /// `-Date` or `-Content-Length` keeps them out; `Connection: close` where the end of the
    /// connection is that of the response.
    pub(super) fields: &'static [&'static str],
    pub(super) content: Content,
    pub(super) end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A text that no other answer has.
    Unique,
    Text(&'static str),
    Nothing,
    /// These bytes are all there is behind the fields: framing is the case's own.
    Raw(&'static str),
}

/// How the connection to the origin ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// After the response.
    Whole,
    /// After half of the content.
    Half,
    /// Before a response.
    Silent,
    /// The same, by a reset.
    Reset,
}

/// How the edge came by its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// In whatever way.
    Any,
    /// From an earlier answer, without asking the origin.
    Hit,
    /// From the origin's answer to this very request.
    Miss,
    /// From an earlier answer that the origin was asked to validate.
    Validated,
    /// From an earlier answer, after the origin was asked.
    Covered,
    /// From an earlier answer at once, while the origin is asked.
    Refreshing,
    /// From an earlier answer without asking the origin, at the latest after some tries.
    Eventually,
}

/// What else is to be seen.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expect {
    Status(u16),
    /// The response has this line.
    Has(&'static str),
    /// The response has no such field.
    HasNo(&'static str),
    /// The response has these lines of this field, in this order, and no others.
    Lines(&'static str, &'static [&'static str]),
    /// A line of this field holds this text.
    Holds(&'static str, &'static str),
    /// No line of this field holds this text.
    HoldsNot(&'static str, &'static str),
    Body(&'static str),
    /// The field is there once and is a number in this range.
    Within(&'static str, u64, u64),
    /// The origin's request has this line.
    Sees(&'static str),
    /// The origin's request has no such field.
    SeesNo(&'static str),
    /// A line of this field of the origin's request holds this text.
    SeesIn(&'static str, &'static str),
    /// The origin's request line is this.
    SeesTarget(&'static str),
    /// The origin got this content.
    SeesBody(&'static str),
    /// The origin was asked so many times.
    Asked(usize),
    /// The framing says that the body did not end.
    Broken,
    /// The final response was preceded by these statuses.
    Interim(&'static [u16]),
}

const OK: Answer = Answer {
    interim: &[],
    status: "200 OK",
    fields: &["Cache-Control: no-store"],
    content: Content::Unique,
    end: End::Whole,
};

/// Returns a GET that has no expectation yet; an origin that is asked forbids to store its answer.
pub(super) const fn get() -> Step {
    Step {
        method: "GET",
        target: "{base}/a",
        version: "HTTP/1.1",
        fields: &[],
        body: "",
        answers: [OK; 2],
        outcome: Outcome::Any,
        expect: &[],
    }
}

/// Returns a request by another method.
pub(super) const fn by(method: &'static str) -> Step {
    Step { method, ..get() }
}

impl Step {
    pub(super) const fn to(self, target: &'static str) -> Self {
        Self { target, ..self }
    }

    pub(super) const fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    pub(super) const fn with(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }

    pub(super) const fn sending(self, body: &'static str) -> Self {
        Self { body, ..self }
    }

    /// Answers with 200 and these field lines.
    pub(super) const fn ok(self, fields: &'static [&'static str]) -> Self {
        self.answer("200 OK", fields)
    }

    pub(super) const fn answer(
        self,
        status: &'static str,
        fields: &'static [&'static str],
    ) -> Self {
        let answer = Answer { status, fields, ..self.answers[0] };
        Self { answers: [answer; 2], ..self }
    }

    /// Answers every further request of this step so.
    pub(super) const fn then(self, status: &'static str, fields: &'static [&'static str]) -> Self {
        let again = Answer { status, fields, ..OK };
        Self { answers: [self.answers[0], again], ..self }
    }

    pub(super) const fn content(self, content: Content) -> Self {
        let answer = Answer { content, ..self.answers[0] };
        Self { answers: [answer; 2], ..self }
    }

    pub(super) const fn text(self, text: &'static str) -> Self {
        self.content(Content::Text(text))
    }

    pub(super) const fn interim(self, interim: &'static [&'static str]) -> Self {
        let answer = Answer { interim, ..self.answers[0] };
        Self { answers: [answer; 2], ..self }
    }

    pub(super) const fn ending(self, end: End) -> Self {
        let answer = Answer { end, ..self.answers[0] };
        Self { answers: [answer; 2], ..self }
    }

    pub(super) const fn expect(self, expect: &'static [Expect]) -> Self {
        Self { expect, ..self }
    }

    pub(super) const fn hit(self) -> Self {
        Self { outcome: Outcome::Hit, ..self }
    }

    pub(super) const fn miss(self) -> Self {
        Self { outcome: Outcome::Miss, ..self }
    }

    pub(super) const fn validated(self) -> Self {
        Self { outcome: Outcome::Validated, ..self }
    }

    pub(super) const fn covered(self) -> Self {
        Self { outcome: Outcome::Covered, ..self }
    }

    pub(super) const fn refreshing(self) -> Self {
        Self { outcome: Outcome::Refreshing, ..self }
    }

    pub(super) const fn eventually(self) -> Self {
        Self { outcome: Outcome::Eventually, ..self }
    }
}

/// Returns a case of these steps.
pub(super) const fn case(clause: &'static str, name: &'static str, steps: &'static [Step]) -> Case {
    Case { clause, name, level: Level::Required, steps, gap: None }
}

impl Case {
    pub(super) const fn optional(self) -> Self {
        Self { level: Level::Optional, ..self }
    }

    /// Holds the case to fail.
    pub(super) const fn gap(self, reason: &'static str) -> Self {
        Self { gap: Some(reason), ..self }
    }
}

/// Writes a case in which a 200 with these fields is asked for twice: `reused` from the store,
/// `fetched` again, or `validated` by a conditional request that the origin answers with 304.
macro_rules! twice {
    (reused, $clause:expr, $name:expr, $fields:expr) => {
        $crate::edge_http::case::case(
            $clause,
            $name,
            &[
                $crate::edge_http::case::get().ok(&$fields).miss(),
                $crate::edge_http::case::get().hit(),
            ],
        )
    };
    (fetched, $clause:expr, $name:expr, $fields:expr) => {
        $crate::edge_http::case::case(
            $clause,
            $name,
            &[
                $crate::edge_http::case::get().ok(&$fields).miss(),
                $crate::edge_http::case::get().miss(),
            ],
        )
    };
    (validated, $clause:expr, $name:expr, $fields:expr) => {
        $crate::edge_http::case::case(
            $clause,
            $name,
            &[
                $crate::edge_http::case::get().ok(&$fields).miss(),
                $crate::edge_http::case::get().answer("304 Not Modified", &[]).validated(),
            ],
        )
    };
}
pub(super) use twice;
