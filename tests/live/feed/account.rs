//! A credential plugin whose tokens end or are revoked, against a real API server.

use std::path::Path;
use std::time::Duration;

use midwatch::domain::SourceState as S;
use midwatch::feed::kube::Options;

use super::{admin, apply, changed};
use crate::kubectl::kubectl;
use crate::support::console::Console;

/// A service account whose token a plugin prints, under a name that the plugin notes.
fn account(folder: &Path, name: &str, lives: i64) -> String {
    let make = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: feed-test, namespace: argo}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: feed-test-account}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: midwatch}\nsubjects: [{kind: ServiceAccount, name: feed-test, namespace: argo}]\n";
    apply(make);
    let token = kubectl(&["create", "token", "feed-test", "-n", "argo"], "");
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(lives);
    let credential = format!(
        r#"{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{{"token":"{}","expirationTimestamp":"{end}"}}}}"#,
        token.trim()
    );
    // the plugin may run at any time: it finds the old one or the new one, whole
    let next = folder.join("next");
    std::fs::write(&next, format!("{name}\n{credential}\n")).unwrap();
    std::fs::rename(next, folder.join("credential")).unwrap();
    token
}

struct AccountGone;

impl Drop for AccountGone {
    fn drop(&mut self) {
        kubectl(
            &[
                "delete",
                "serviceaccount",
                "feed-test",
                "-n",
                "argo",
                "--ignore-not-found",
            ],
            "",
        );
        kubectl(
            &[
                "delete",
                "clusterrolebinding",
                "feed-test-account",
                "--ignore-not-found",
            ],
            "",
        );
    }
}

/// How often the plugin has printed the credential of this name.
fn runs(folder: &Path, name: &str) -> usize {
    let runs = std::fs::read_to_string(folder.join("runs")).unwrap_or_default();
    runs.lines().filter(|line| *line == name).count()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn a_plugin_renews_a_token_that_ends_and_one_that_is_revoked() {
    let _gone = AccountGone;
    let plugin = tempfile::tempdir().unwrap();
    let at = plugin.path().display().to_string();
    // taken as ended ten seconds before
    account(plugin.path(), "short", 14);
    let (_folder, kubeconfig) = changed(&admin(), |text| {
        let (head, tail) = text.split_once("    user:\n      token:").unwrap();
        let rest = tail.split_once('\n').unwrap().1;
        format!(
            "{head}    user:\n      exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, '(read -r name; echo $name >> {at}/runs; cat) < {at}/credential'], interactiveMode: Never}}\n{rest}"
        )
    });
    let options = Options {
        watch: Duration::from_secs(2),
        renew: Duration::from_secs(1),
        ..Options::default()
    };
    let mut console = Console::start(&kubeconfig, &[], options, 64);
    console.want("rig", &["nodes"]);
    console
        .until("live", |c| c.state("nodes") == Some(S::Live))
        .await;
    assert!(runs(plugin.path(), "short") > 0);
    let first = account(plugin.path(), "long", 3_600);
    console
        .until("the plugin to run again", |_| {
            runs(plugin.path(), "long") > 0
        })
        .await;
    console
        .until("live", |c| c.state("nodes") == Some(S::Live))
        .await;
    assert_eq!(runs(plugin.path(), "long"), 1, "a good token is kept");

    // the account is made anew: its old tokens are refused
    kubectl(&["delete", "serviceaccount", "feed-test", "-n", "argo"], "");
    let second = account(plugin.path(), "anew", 3_600);
    assert_ne!(first, second);
    console
        .until("the plugin to run once more", |_| {
            runs(plugin.path(), "anew") > 0
        })
        .await;
    console
        .until("live", |c| c.state("nodes") == Some(S::Live))
        .await;
    assert!(
        !console.states_of("nodes").contains(&S::Denied),
        "{:?}",
        console.states
    );
    let shown = format!("{:?}", console.sources);
    assert!(!shown.contains(first.trim()) && !shown.contains(second.trim()));
}
