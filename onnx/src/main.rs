//! A policy of dashpot's that is a neural network in an ONNX file.
//!
//! `dashpot-onnx MODEL.onnx` reads requests from stdin and answers on stdout, in the lines of JSON of
//! `docs/policies.md`. What its network is shown is in [`layout`]; of its scores, one for each rung,
//! the highest one is chosen.

mod layout;
mod network;
mod policy;

use std::{
    io::{Write as _, stderr, stdin, stdout},
    path::Path,
    process::ExitCode,
};

const USAGE: &str = "usage: dashpot-onnx MODEL.onnx (dashpot starts it for --abr onnx:MODEL.onnx)";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let ended = match &arguments[..] {
        [model] if !model.as_encoded_bytes().starts_with(b"-") => {
            policy::answer(Path::new(model), stdin().lock(), stdout().lock())
        }
        _ => Err(anyhow::anyhow!(USAGE)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell where stderr is closed, too.
            writeln!(stderr(), "dashpot-onnx: {error:#}").unwrap_or_default();
            ExitCode::from(2)
        }
    }
}
