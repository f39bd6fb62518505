//! Credentials: plugins, tokens that end, and secrets that never show.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use midwatch::domain::{ClusterId, SourceState as S};
use midwatch::fault::FaultKind;
use midwatch::feed::kube::{Places, login, targets};
use midwatch::store::{Scope, Want};

use super::conf::{quick, watch_all};
use super::server::{Answer, Server};

/// A plugin that notes each run and prints the token in a file.
fn plugin(server: &Server, token: &str, lives: i64) -> String {
    let folder = server.folder().display().to_string();
    give(server, token, lives);
    let script = server.file(
        "plugin.sh",
        &format!("echo run >> {folder}/runs\ncat {folder}/credential\n"),
    );
    format!(
        "{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: ['{}'], interactiveMode: IfAvailable}}}}",
        script.display()
    )
}

fn give(server: &Server, token: &str, lives: i64) {
    let end = Timestamp::now() + SignedDuration::from_secs(lives);
    server.file("credential", &format!(r#"{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{{"token":"{token}","expirationTimestamp":"{end}"}}}}"#));
}

fn runs(server: &Server) -> usize {
    std::fs::read_to_string(server.folder().join("runs")).map_or(0, |t| t.lines().count())
}

/// Accepts only this token.
fn accept(server: &Server, token: &'static str) {
    server.hook(move |seen| {
        let good = seen.auth == format!("Bearer {token}");
        (!good).then(|| Answer::Status(401, "Unauthorized", vec![]))
    });
}

fn places(kubeconfig: PathBuf) -> Places {
    Places {
        flag: Some(kubeconfig),
        ..Places::default()
    }
}

#[tokio::test]
async fn the_login_before_the_screen_is_the_only_run_of_the_plugin() {
    super::support::tls();
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    let kubeconfig = server.kubeconfig(&plugin(&server, "token-one", 3600));
    accept(&server, "token-one");
    let found = targets(&places(kubeconfig), &[]).unwrap();
    let target = found[0].clone();
    tokio::task::spawn_blocking(move || login(&target))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(runs(&server), 1);
    let (tx, mut rx) = tokio::sync::mpsc::channel(64);
    let feeds = midwatch::feed::kube::Feeds::start(quick(), found, tx);
    let want = Want {
        cluster: ClusterId::new("test"),
        feed: "confs",
        scope: Scope::All,
    };
    feeds.want([want].into());
    let live = async {
        while let Some(news) = rx.recv().await {
            if let midwatch::store::News::Source(row) = news
                && row.id.feed == "confs"
                && row.state == S::Live
            {
                return;
            }
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), live)
        .await
        .unwrap();
    assert_eq!(runs(&server), 1, "what the login gave was used");
}

#[tokio::test]
async fn a_token_that_is_no_longer_accepted_is_renewed_by_one_run_of_the_plugin() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    let kubeconfig = server.kubeconfig(&plugin(&server, "token-one", 3600));
    accept(&server, "token-one");
    // a plugin that is slow to answer is no matter here
    let options = midwatch::feed::kube::Options {
        renew: std::time::Duration::from_secs(1),
        gap: std::time::Duration::from_secs(60),
        answer: std::time::Duration::from_secs(60),
        ..quick()
    };
    let renew = options.renew;
    let mut console = watch_all(&kubeconfig, options);
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    let before = runs(&server);
    // past the least time between two renewals
    console.for_a_while(renew * 2).await;
    give(&server, "token-two", 3600);
    accept(&server, "token-two");
    server.end_watches();
    let watched = server.clone();
    console
        .until("the new token", |_| {
            watched
                .seen()
                .last()
                .is_some_and(|s| s.is_watch() && s.auth == "Bearer token-two")
        })
        .await;
    assert_eq!(runs(&server), before + 1);
    assert!(
        !console
            .states_of("confs")
            .iter()
            .any(|s| matches!(s, S::Denied | S::Stale)),
        "{:?}",
        console.states
    );
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    // taken as ended ten seconds before
    let kubeconfig = server.kubeconfig(&plugin(&server, "token-one", 11));
    let mut console = watch_all(&kubeconfig, quick());
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    give(&server, "token-two", 3600);
    let end = std::time::Duration::from_millis(1_500);
    console.for_a_while(end).await;
    server.end_watches();
    let watched = server.clone();
    console
        .until("the new token", |_| {
            watched
                .seen()
                .last()
                .is_some_and(|s| s.auth == "Bearer token-two")
        })
        .await;
    assert!(
        server
            .seen()
            .iter()
            .all(|s| s.auth == "Bearer token-one" || s.auth == "Bearer token-two")
    );
}

#[tokio::test]
async fn credentials_that_stay_refused_are_denied_and_the_plugin_is_not_hammered() {
    let server = Server::start().await;
    let kubeconfig = server.kubeconfig(&plugin(&server, "token-one", 3600));
    accept(&server, "another");
    let options = midwatch::feed::kube::Options {
        retry_denied: std::time::Duration::from_secs(300),
        ..quick()
    };
    let mut console = watch_all(&kubeconfig, options);
    console
        .until("denied", |c| {
            c.state("confs") == Some(S::Denied) && c.state("api") == Some(S::Denied)
        })
        .await;
    let fault = console.source("confs", "").unwrap().fault.clone().unwrap();
    assert_eq!(fault.kind, FaultKind::Denied);
    assert!(fault.hint.contains("Log in again"), "{fault:?}");
    console.for_a_while(std::time::Duration::from_secs(1)).await;
    assert!(runs(&server) <= 3, "{} runs", runs(&server));
    // the person logs in elsewhere and asks anew
    give(&server, "another", 3600);
    console.feeds.reconnect();
    console
        .until("live", |c| {
            c.state("confs") == Some(S::Live) && c.state("api") == Some(S::Live)
        })
        .await;
}

#[tokio::test]
async fn a_plugin_that_fails_is_told_with_its_last_words() {
    let server = Server::start().await;
    let user = "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, 'echo SSO session has ended >&2; exit 2'], interactiveMode: Never}}";
    let mut console = watch_all(&server.kubeconfig(user), quick());
    console
        .until("denied", |c| c.state("confs") == Some(S::Denied))
        .await;
    let fault = console.source("confs", "").unwrap().fault.clone().unwrap();
    assert!(fault.what.contains("SSO session has ended"), "{fault:?}");
    assert!(
        server.seen().is_empty(),
        "nothing is asked without credentials"
    );
}

#[tokio::test]
async fn a_token_file_is_read_again_when_its_token_is_refused() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    let file = server.file("token", "file-token-one");
    let kubeconfig = server.kubeconfig(&format!("{{tokenFile: '{}'}}", file.display()));
    accept(&server, "file-token-one");
    let mut console = watch_all(&kubeconfig, quick());
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    console.for_a_while(quick().renew * 2).await;
    server.file("token", "file-token-two");
    accept(&server, "file-token-two");
    server.end_watches();
    let watched = server.clone();
    console
        .until("the new token", |_| {
            watched
                .seen()
                .last()
                .is_some_and(|s| s.is_watch() && s.auth == "Bearer file-token-two")
        })
        .await;
}

#[tokio::test]
async fn no_secret_is_ever_shown() {
    let secrets = [
        "planted-token-0123",
        "planted-password-0123",
        "planted-env-0123",
        "planted-arg-0123",
    ];
    let users = [
        "{token: planted-token-0123}",
        "{username: me, password: planted-password-0123}",
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, 'echo failed with planted-env-0123 and planted-arg-0123 >&2; echo planted-token-0123; exit 1', '--client-secret', planted-arg-0123], env: [{name: CLIENT_SECRET, value: planted-env-0123}], interactiveMode: Never}}",
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, 'echo planted-token-0123'], interactiveMode: Never}}",
        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, 'echo ''{\"status\":{\"token\":\"planted-token-0123\"}}'''], interactiveMode: Never}}",
        "{client-certificate-data: cGxhbnRlZA==, client-key-data: cGxhbnRlZC10b2tlbi0wMTIz}",
    ];
    for user in users {
        let server = Server::start().await;
        server.hook(|seen| {
            let text = "no: planted-token-0123 planted-password-0123 and Bearer abcdefgh12345678";
            (seen.path != "/version").then(|| Answer::Status(403, text, vec![]))
        });
        let mut console = watch_all(&server.kubeconfig(user), quick());
        console
            .until("a fault", |c| {
                c.source("confs", "").is_some_and(|s| s.fault.is_some())
            })
            .await;
        let shown = format!("{:?} {:?}", console.sources, console.clusters);
        for secret in secrets.iter().chain(&["abcdefgh12345678"]) {
            let known = match *secret {
                // what only the server says is cut out when it is one of ours
                "planted-password-0123" => user.contains("password"),
                "planted-token-0123" => user.contains("token"),
                _ => true,
            };
            assert!(!known || !shown.contains(secret), "{user}: {shown}");
        }
    }
}
