//! Exec credential plugins: run once per need, never more, and never with the terminal once the screen is open.
//! Does I/O (a child process).
//!
//! The client library would run the plugin three times while it builds a client and hand it the terminal's stdin, so
//! midwatch runs it itself and gives the library what came out.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use base64::Engine;
use jiff::Timestamp;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;

use super::redact::Redactor;
use super::trouble::Trouble;
use crate::fault::FaultKind;

/// Taken as expired this long before it is, so that no request leaves with a dying token.
const MARGIN: Duration = Duration::from_secs(10);

/// What a plugin gave.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Credential {
    token: Option<String>,
    /// Certificate and key, PEM.
    identity: Option<(String, String)>,
    expires: Option<Timestamp>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential(expires {:?})", self.expires)
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    expiration_timestamp: Option<String>,
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    client_certificate_data: Option<String>,
    #[serde(default)]
    client_key_data: Option<String>,
}

impl Credential {
    /// When it has to be renewed.
    pub(crate) fn renew_at(&self) -> Option<Timestamp> {
        self.expires.map(|t| t.saturating_sub(MARGIN).unwrap_or(t))
    }

    /// Still good.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        self.renew_at().is_none_or(|at| now < at)
    }

    /// Puts it where the client library looks for it.
    pub(crate) fn fill(&self, user: &mut AuthInfo) {
        user.exec = None;
        if let Some(token) = &self.token {
            user.token = Some(token.clone().into());
        }
        if let Some((certificate, key)) = &self.identity {
            let encode = |pem: &str| base64::engine::general_purpose::STANDARD.encode(pem);
            user.client_certificate_data = Some(encode(certificate));
            user.client_key_data = Some(encode(key).into());
        }
    }

    /// Makes it known to the redactor.
    pub(crate) fn teach(&self, redact: &mut Redactor) {
        if let Some(token) = &self.token {
            redact.learn(token);
        }
        if let Some((_, key)) = &self.identity {
            redact.learn(key);
        }
    }
}

/// The plugin of a user, if it is what the client would use.
pub(crate) fn plugin(user: &AuthInfo) -> Option<&ExecConfig> {
    let other = user.auth_provider.is_some()
        || (user.username.is_some() && user.password.is_some())
        || user.token.is_some()
        || user.token_file.is_some();
    user.exec.as_ref().filter(|_| !other)
}

/// Runs the plugin on the normal terminal: it may ask and open a browser. Blocks.
pub(crate) fn run_on_terminal(exec: &ExecConfig) -> Result<Credential, Trouble> {
    let interactive = exec.interactive_mode != Some(ExecInteractiveMode::Never);
    let mut command = command(exec, interactive)?.into_std();
    if interactive {
        command.stdin(Stdio::inherit());
    } else {
        command.stdin(Stdio::null());
    }
    let output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| start_failed(exec, &e))?;
    read(exec, output.status, &output.stdout, "it said why above")
}

/// Runs the plugin behind the screen: no stdin, its words are kept, and it is ended after `limit`.
pub(crate) async fn run_in_background(
    exec: &ExecConfig,
    limit: Duration,
    redact: &Redactor,
) -> Result<Credential, Trouble> {
    let child = command(exec, false)?
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| start_failed(exec, &e))?;
    let output = tokio::time::timeout(limit, child.wait_with_output())
        .await
        .map_err(|_| {
            let what = format!(
                "The login command {} did not end within {limit:?}",
                name(exec)
            );
            Trouble::new(FaultKind::Timeout, what).hint(hint(exec))
        })?
        .map_err(|e| start_failed(exec, &e))?;
    let words = String::from_utf8_lossy(&output.stderr);
    let last = words.lines().rev().find(|l| !l.trim().is_empty());
    read(
        exec,
        output.status,
        &output.stdout,
        &redact.clean(last.unwrap_or("it said nothing")),
    )
}

fn command(exec: &ExecConfig, interactive: bool) -> Result<tokio::process::Command, Trouble> {
    let program = exec
        .command
        .as_deref()
        .filter(|c| !c.is_empty())
        .ok_or_else(|| {
            Trouble::config(
                "The user of this context has a login plugin without a command",
                "Set users[].user.exec.command in the kubeconfig.",
            )
        })?;
    let mut command = tokio::process::Command::new(program);
    command.args(exec.args.iter().flatten());
    for pair in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
            command.env(name, value);
        }
    }
    let mut spec = serde_json::json!({ "interactive": interactive });
    if exec.provide_cluster_info
        && let Some(cluster) = &exec.cluster
        && let Ok(cluster) = serde_json::to_value(cluster)
    {
        spec["cluster"] = cluster;
    }
    let info = serde_json::json!({
        "kind": "ExecCredential",
        "apiVersion": exec.api_version.as_deref().unwrap_or("client.authentication.k8s.io/v1"),
        "spec": spec,
    });
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    Ok(command)
}

/// What the plugin printed never goes into a message: it is the secret itself.
fn read(
    exec: &ExecConfig,
    status: ExitStatus,
    stdout: &[u8],
    words: &str,
) -> Result<Credential, Trouble> {
    let name = name(exec);
    if !status.success() {
        let what = format!("The login command {name} failed ({status}): {words}");
        return Err(Trouble::new(FaultKind::Denied, what).hint(hint(exec)));
    }
    let bad = |why: &str| {
        Trouble::new(
            FaultKind::Malformed,
            format!("The login command {name} {why}"),
        )
        .hint(hint(exec))
    };
    // plugins write JSON; kubectl takes YAML too
    let answer: Answer = serde_json::from_slice(stdout)
        .ok()
        .or_else(|| serde_saphyr::from_slice(stdout).ok())
        .ok_or_else(|| bad("did not print an ExecCredential"))?;
    let status = answer
        .status
        .ok_or_else(|| bad("printed an ExecCredential without a status"))?;
    let expires = match status.expiration_timestamp.as_deref().map(str::parse) {
        Some(Err(_)) => return Err(bad("printed an expirationTimestamp that is not a time")),
        Some(Ok(at)) => Some(at),
        None => None,
    };
    let identity = status.client_certificate_data.zip(status.client_key_data);
    if status.token.is_none() && identity.is_none() {
        return Err(bad(
            "printed neither a token nor a certificate with its key",
        ));
    }
    Ok(Credential {
        token: status.token,
        identity,
        expires,
    })
}

fn start_failed(exec: &ExecConfig, error: &std::io::Error) -> Trouble {
    let what = format!("Cannot start the login command {}: {error}", name(exec));
    Trouble::new(FaultKind::Config, what).hint(hint(exec))
}

/// The program alone: arguments may hold secrets.
fn name(exec: &ExecConfig) -> String {
    Redactor::default().clean(exec.command.as_deref().unwrap_or_default())
}

fn hint(exec: &ExecConfig) -> String {
    match &exec.install_hint {
        Some(hint) if !hint.trim().is_empty() => Redactor::default().clean(hint),
        _ => "Run it once in another terminal, then reconnect.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> ExecConfig {
        ExecConfig {
            api_version: Some("client.authentication.k8s.io/v1".into()),
            command: Some("sh".into()),
            args: Some(vec!["-c".into(), script.into()]),
            ..ExecConfig::default()
        }
    }

    async fn run(script: &str) -> Result<Credential, Trouble> {
        run_in_background(&sh(script), Duration::from_secs(10), &Redactor::default()).await
    }

    #[tokio::test]
    async fn a_plugin_gives_a_token_with_its_end() {
        let c = run(
            r#"echo '{"status":{"token":"abc","expirationTimestamp":"2030-01-01T00:00:00Z"}}'"#,
        )
        .await
        .unwrap();
        let before: Timestamp = "2029-12-31T23:59:49Z".parse().unwrap();
        assert!(c.is_fresh(before));
        assert!(!c.is_fresh("2029-12-31T23:59:50Z".parse().unwrap()));
        let mut user = AuthInfo::default();
        c.fill(&mut user);
        assert!(user.token.is_some() && user.exec.is_none());
    }

    #[tokio::test]
    async fn a_plugin_may_write_yaml_as_for_kubectl() {
        assert!(
            run("printf 'status:\\n  token: abc\\n'")
                .await
                .unwrap()
                .is_fresh(Timestamp::now())
        );
    }

    #[tokio::test]
    async fn a_plugin_behind_the_screen_gets_no_terminal_and_is_told_so() {
        let script = r#"if read line; then exit 3; fi; case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) echo '{"status":{"token":"t"}}';; *) exit 4;; esac"#;
        run(script).await.unwrap();
    }

    #[tokio::test]
    async fn failures_say_what_to_do_and_never_what_was_printed() {
        let plant = "planted-secret-value";
        for script in [
            format!("echo {plant}; echo session expired >&2; exit 1"),
            format!("echo {plant}"),
            format!(r#"echo '{{"status":{{"token2":"{plant}"}}}}'"#),
            format!(r#"echo '{{"status":{{"token":"{plant}","expirationTimestamp":"{plant}"}}}}'"#),
        ] {
            let t = run(&script).await.unwrap_err();
            assert!(t.what.contains("login command sh"), "{}", t.what);
            assert!(!t.what.contains("planted") && !t.hint.is_empty(), "{t:?}");
        }
        let t = run("echo session expired >&2; exit 1").await.unwrap_err();
        assert!(t.what.ends_with("session expired"), "{}", t.what);
    }

    #[tokio::test]
    async fn a_plugin_that_hangs_is_ended() {
        let exec = sh("exec sleep 600");
        let t = run_in_background(&exec, Duration::from_millis(100), &Redactor::default())
            .await
            .unwrap_err();
        assert_eq!(t.kind, FaultKind::Timeout);
    }

    #[tokio::test]
    async fn a_missing_plugin_shows_how_to_install_it() {
        let exec = ExecConfig {
            command: Some("no-such-login-command".into()),
            install_hint: Some("Install it from the intranet.".into()),
            ..ExecConfig::default()
        };
        let t = run_in_background(&exec, Duration::from_secs(5), &Redactor::default())
            .await
            .unwrap_err();
        assert!(t.what.contains("no-such-login-command"));
        assert_eq!(t.hint, "Install it from the intranet.");
    }
}
