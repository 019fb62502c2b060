//! Who may use the operator's listener.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use dashpot_serve::names_this_machine;
use http::{StatusCode, header, request::Parts};
use subtle::ConstantTimeEq as _;

use super::Refusal;
use crate::Admin;

/// The shortest token: 16 characters drawn from 64 are 96 bits, which nobody guesses online.
const TOKEN_CHARS_MIN: usize = 16;
/// The longest, so that a file given by mistake is told from a token.
const TOKEN_CHARS_MAX: usize = 512;

/// Why the operator's listener cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// Others could reach it and there is no token.
    #[error(
        "cannot let everybody administer this edge on {addr}: give --admin-token-file, or listen on 127.0.0.1"
    )]
    Open {
        /// The address.
        addr: SocketAddr,
    },
    /// The file with the token cannot be read.
    #[error("cannot read the admin token in `{}`", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// What is in the file is not a token.
    #[error(
        "cannot use the admin token in `{}`: write 16 to 512 visible characters on one line, such as from `openssl rand -hex 32`",
        path.display()
    )]
    Token {
        /// The file.
        path: PathBuf,
    },
}

/// Who may use the operator's listener: who shows the token, or who is on this machine where there
/// is none.
pub(crate) struct Access {
    token: Option<String>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token is not for logs.
        f.debug_struct("Access").field("has_token", &self.token.is_some()).finish()
    }
}

impl Access {
    /// Returns what `admin` says for a listener on `addr`.
    pub(crate) fn new(admin: &Admin, addr: SocketAddr) -> Result<Self, AdminError> {
        let token = admin.token_file.as_deref().map(token_in).transpose()?;
        if token.is_none() && !addr.ip().is_loopback() {
            return Err(AdminError::Open { addr });
        }
        Ok(Self { token })
    }

    /// Refuses a request that does not show the token.
    pub(super) fn check(&self, parts: &Parts) -> Result<(), Refusal> {
        let Some(token) = &self.token else { return is_local(parts) };
        let shown = parts.headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
        let shown = shown.and_then(|value| value.split_at_checked("Bearer ".len()));
        let shown = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case(b"Bearer "));
        let shown = shown.map_or(&b""[..], |(_, shown)| shown);
        // In the same time wherever the two differ, so that a token cannot be felt out.
        if bool::from(shown.ct_eq(token.as_bytes())) {
            return Ok(());
        }
        let hint = "send Authorization: Bearer with the token of --admin-token-file";
        Err(Refusal::new(StatusCode::UNAUTHORIZED, "the token is missing or wrong", hint))
    }
}

/// Refuses what a page of another name sends from the operator's browser.
fn is_local(parts: &Parts) -> Result<(), Refusal> {
    if names_this_machine(parts) {
        return Ok(());
    }
    let hint = "without a token this is for 127.0.0.1, [::1] and localhost";
    Err(Refusal::new(StatusCode::FORBIDDEN, "the Host is not this machine", hint))
}

fn token_in(path: &Path) -> Result<String, AdminError> {
    let failed = |source| AdminError::TokenFile { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(failed)?;
    let token = text.trim();
    let is_token = (TOKEN_CHARS_MIN..=TOKEN_CHARS_MAX).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_graphic());
    if is_token { Ok(token.to_owned()) } else { Err(AdminError::Token { path: path.to_owned() }) }
}
