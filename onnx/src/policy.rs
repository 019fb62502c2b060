//! Requests and answers, a line each.

use crate::{layout::Seen, network::Network};
use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use std::{
    io::{BufRead, Read as _, Write},
    path::Path,
};

/// The version of the protocol that is spoken.
const VERSION: u32 = 1;

/// The longest request that is read: eight segments of a hundred rungs take a fiftieth of it.
const LINE_MAX: u64 = 1 << 20;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Request {
    Hello { version: u32 },
    Decide(Box<Decide>),
}

#[derive(Deserialize)]
struct Decide {
    id: u64,
    #[serde(flatten)]
    seen: Seen,
}

#[derive(Serialize)]
struct Hello {
    version: u32,
}

#[derive(Serialize)]
struct Choice {
    id: u64,
    rung: usize,
}

/// Answers requests by the network in the file `model` until there are no more.
pub(crate) fn answer(
    model: &Path,
    mut requests: impl BufRead,
    mut answers: impl Write,
) -> anyhow::Result<()> {
    let network = Network::load(model).with_context(|| format!("`{}`", model.display()))?;
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = requests.by_ref().take(LINE_MAX);
        if bounded.read_until(b'\n', &mut line).context("cannot read a request")? == 0 {
            return Ok(());
        }
        if !line.ends_with(b"\n") && bounded.limit() == 0 {
            bail!("a request has more than {LINE_MAX} bytes");
        }
        let request = serde_json::from_slice(&line).context("cannot understand a request")?;
        let answer = match request {
            Request::Hello { version: VERSION } => serde_json::to_vec(&Hello { version: VERSION }),
            Request::Hello { version } => {
                bail!("asked for version {version} of the protocol; this is version {VERSION}")
            }
            Request::Decide(asked) => {
                let rung = network.choose(&asked.seen)?;
                serde_json::to_vec(&Choice { id: asked.id, rung })
            }
        };
        let mut answer = answer.context("cannot write an answer")?;
        answer.push(b'\n');
        // At once: whoever asked waits for it.
        answers
            .write_all(&answer)
            .and_then(|()| answers.flush())
            .context("nobody reads answers")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn model(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
    }

    fn asked(name: &str, requests: &str) -> (String, String) {
        let mut answers = Vec::new();
        let ended = answer(&model(name), requests.as_bytes(), &mut answers);
        let problem = ended.err().map(|error| format!("{error:#}")).unwrap_or_default();
        (String::from_utf8(answers).unwrap(), problem)
    }

    /// `tests/make.py` asked onnxruntime.
    #[test]
    fn answers_are_those_of_onnxruntime() {
        let read = |name: &str| std::fs::read_to_string(model(name)).unwrap();
        let requests = read("requests.jsonl");
        for name in ["pensieve", "vector"] {
            let (answers, problem) = asked(&format!("{name}.onnx"), &requests);
            assert_eq!((problem.as_str(), answers), ("", read(&format!("{name}.jsonl"))), "{name}");
        }
    }

    #[test]
    fn what_is_no_request_ends_it_with_the_reason() {
        let check = |requests: &str, expected: &str| {
            let (_, problem) = asked("pensieve.onnx", requests);
            assert!(problem.contains(expected), "{problem}");
        };
        check("\n", "cannot understand a request");
        check("{\"kind\":\"hello\",\"version\":2}\n", "asked for version 2");
        check("{\"kind\":\"decide\",\"id\":1}\n", "missing field `ladder_kbps`");
        check(&" ".repeat(2 << 20), "more than 1048576 bytes");
        check("", "");
        let decide = std::fs::read_to_string(model("requests.jsonl")).unwrap();
        let decide = decide.lines().nth(1).unwrap();
        // The network was made for six rungs.
        let ladder = decide.split("\"ladder_kbps\":[").nth(1).unwrap().split(']').next().unwrap();
        let fewer = decide.replace(ladder, "300.0,750.0");
        check(&fewer, "scores 6 rungs, and the film has 2");
    }

    #[test]
    fn what_is_no_network_of_ours_is_refused_with_the_reason() {
        let check = |name: &str, expected: &str| {
            let (_, problem) = asked(name, "");
            assert!(problem.contains(expected), "{name}: {problem}");
        };
        check("absent.onnx", "cannot read");
        check("make.py", "cannot be read as ONNX");
        check("square.onnx", "its input has the shape 1x9x9");
        check("matrix.onnx", "its output has the shape 2x6");
    }
}
