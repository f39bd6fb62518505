//! What lets midwatch in at a backend: a token or a user and password, from a file, an environment variable or a
//! command. Does I/O. What is read here is never shown: it is made known to the redactor at once.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine;
use http::HeaderValue;

use super::settings::Chosen;
use crate::fault::FaultKind;
use crate::feed::kube::{Redactor, Trouble};

/// The value of the header `Authorization`, and what must not be shown.
pub(super) struct Login {
    pub(super) header: HeaderValue,
}

/// Reads it anew; none when the settings name nothing.
pub(super) async fn read(
    chosen: &Chosen,
    limit: Duration,
    redact: &mut Redactor,
) -> Result<Option<Login>, Trouble> {
    let Some(secret) = secret(chosen, limit, redact).await? else {
        return Ok(None);
    };
    redact.learn(&secret);
    let value = match &chosen.endpoint.user {
        Some(user) => {
            let pair = format!("{user}:{secret}");
            let coded = base64::engine::general_purpose::STANDARD.encode(pair);
            redact.learn(&coded);
            format!("Basic {coded}")
        }
        None => format!("Bearer {secret}"),
    };
    let mut header = HeaderValue::from_str(&value).map_err(|_| {
        let what = format!(
            "The token of {} holds what no header can carry",
            chosen.key()
        );
        Trouble::config(what, "It has to be one line of text.")
    })?;
    header.set_sensitive(true);
    Ok(Some(Login { header }))
}

async fn secret(
    chosen: &Chosen,
    limit: Duration,
    redact: &Redactor,
) -> Result<Option<String>, Trouble> {
    let endpoint = &chosen.endpoint;
    let text = if let Some(path) = &endpoint.token_file {
        file(chosen, path).await?
    } else if let Some(name) = &endpoint.token_env {
        std::env::var(name).map_err(|_| {
            let what = format!("{}.token-env: {name} is not set", chosen.key());
            Trouble::config(what, "Set the variable before midwatch starts.")
        })?
    } else if endpoint.token_command.is_empty() {
        return Ok(None);
    } else {
        command(chosen, limit, redact).await?
    };
    let secret = text.trim().to_owned();
    if secret.is_empty() {
        let what = format!("The token of {} is empty", chosen.key());
        return Err(Trouble::config(
            what,
            "Is it the right file, variable or command?",
        ));
    }
    Ok(Some(secret))
}

async fn file(chosen: &Chosen, path: &str) -> Result<String, Trouble> {
    let read = tokio::fs::read_to_string(expanded(path)).await;
    read.map_err(|error| {
        let what = format!("{}.token-file: cannot read {path}: {error}", chosen.key());
        Trouble::config(what, "Correct the path or the rights of the file.")
    })
}

/// Its output is the secret, so of its words only those on stderr are told.
async fn command(chosen: &Chosen, limit: Duration, redact: &Redactor) -> Result<String, Trouble> {
    let key = format!("{}.token-command", chosen.key());
    let hint = "Run it once in another terminal, then reconnect.";
    let failed = |kind, why: &str| Trouble::new(kind, format!("{key} {why}")).hint(hint);
    let Some((program, arguments)) = chosen.endpoint.token_command.split_first() else {
        return Ok(String::new());
    };
    let child = tokio::process::Command::new(expanded(program))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| failed(FaultKind::Config, &format!("cannot be started: {e}")))?;
    let output = tokio::time::timeout(limit, child.wait_with_output())
        .await
        .map_err(|_| failed(FaultKind::Timeout, &format!("did not end within {limit:?}")))?
        .map_err(|e| failed(FaultKind::Config, &format!("cannot be run: {e}")))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let last = words.lines().rev().find(|l| !l.trim().is_empty());
        let said = redact.clean(last.unwrap_or("it said nothing"));
        let why = format!("failed ({}): {said}", output.status);
        return Err(failed(FaultKind::Denied, &why));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| failed(FaultKind::Malformed, "printed something that is not text"))
}

/// A path in which `~/` stands for the home folder.
pub(super) fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
