//! The ways to log in: AUTH PLAIN and AUTH LOGIN.

use std::io;

use aws_smithy_types::base64;
use tokio::io::{AsyncRead, AsyncWrite};

use super::lines::Lines;

/// "Username:" and "Password:", in base64.
const USER_NAME: &str = "VXNlcm5hbWU6";
const PASSWORD: &str = "UGFzc3dvcmQ6";

/// The result of AUTH.
pub(super) enum Auth {
    /// Somebody gave a name and a password.
    Given {
        /// The user name.
        name: String,
        /// The password.
        password: String,
    },
    /// Refused with this reply, before any password is checked.
    Refused(&'static str),
    /// The client has disconnected.
    Gone,
}

/// Handles what follows AUTH.
pub(super) async fn hear<S>(lines: &mut Lines<S>, arguments: &str) -> io::Result<Auth>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mechanism, initial) = words(arguments);
    match mechanism.as_str() {
        "PLAIN" => plain(lines, initial).await,
        "LOGIN" => login(lines, initial).await,
        _ => Ok(Auth::Refused("504 Unrecognized authentication type")),
    }
}

/// The user name that a client sends together with AUTH, if it does.
pub(super) fn name_at_once(arguments: &str) -> String {
    let (mechanism, initial) = words(arguments);
    let text = initial.and_then(decoded).unwrap_or_default();
    let name = match mechanism.as_str() {
        "PLAIN" => text.split('\0').nth(1),
        _ => Some(text.as_str()),
    };
    name.unwrap_or_default().to_owned()
}

/// The mechanism, and what the client sends along with it.
fn words(arguments: &str) -> (String, Option<&str>) {
    let (mechanism, initial) = arguments.split_once(' ').unwrap_or((arguments, ""));
    let initial = Some(initial.trim()).filter(|initial| !initial.is_empty());
    (mechanism.to_ascii_uppercase(), initial)
}

async fn plain<S>(lines: &mut Lines<S>, initial: Option<&str>) -> io::Result<Auth>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(said) = said(lines, initial, "").await? else {
        return Ok(Auth::Gone);
    };
    let text = decoded(&said).unwrap_or_default();
    let parts: Vec<_> = text.split('\0').collect();
    Ok(match parts[..] {
        // A client cannot act for somebody else.
        [whom, name, password] if whom.is_empty() || whom == name => given(name, password),
        _ => refused(),
    })
}

async fn login<S>(lines: &mut Lines<S>, initial: Option<&str>) -> io::Result<Auth>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Some(name) = said(lines, initial, USER_NAME).await? else {
        return Ok(Auth::Gone);
    };
    let Some(name) = decoded(&name) else {
        return Ok(refused());
    };
    let Some(password) = said(lines, None, PASSWORD).await? else {
        return Ok(Auth::Gone);
    };
    Ok(match decoded(&password) {
        Some(password) => given(&name, &password),
        None => refused(),
    })
}

/// What the client sent along with AUTH, or else its reply when asked.
async fn said<S>(
    lines: &mut Lines<S>,
    initial: Option<&str>,
    question: &str,
) -> io::Result<Option<String>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match initial {
        Some(initial) => Ok(Some(initial.to_owned())),
        None => {
            lines.say(&format!("334 {question}")).await?;
            lines.next().await
        }
    }
}

fn given(name: &str, password: &str) -> Auth {
    Auth::Given {
        name: name.to_owned(),
        password: password.to_owned(),
    }
}

/// Also for `*`, with which a client gives up.
fn refused() -> Auth {
    Auth::Refused("501 Invalid authentication")
}

fn decoded(said: &str) -> Option<String> {
    String::from_utf8(base64::decode(said).ok()?).ok()
}
