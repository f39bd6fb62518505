//! A credential plugin whose tokens end or are revoked, against a real API server.

use std::path::Path;
use std::time::Duration;

use midwatch::domain::SourceState as S;
use midwatch::feed::kube::Options;

use super::{admin, apply, changed, kubectl};
use crate::support::console::Console;

/// A service account whose token a plugin prints.
fn account(folder: &Path, lives: i64) -> String {
    let make = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: feed-test, namespace: argo}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: feed-test-account}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: midwatch}\nsubjects: [{kind: ServiceAccount, name: feed-test, namespace: argo}]\n";
    apply(make);
    let token = kubectl(&["create", "token", "feed-test", "-n", "argo"], "");
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(lives);
    let credential = format!(
        r#"{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{{"token":"{}","expirationTimestamp":"{end}"}}}}"#,
        token.trim()
    );
    std::fs::write(folder.join("credential"), credential).unwrap();
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

fn runs(folder: &Path) -> usize {
    std::fs::read_to_string(folder.join("runs")).map_or(0, |t| t.lines().count())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn a_plugin_renews_a_token_that_ends_and_one_that_is_revoked() {
    let _gone = AccountGone;
    let plugin = tempfile::tempdir().unwrap();
    let at = plugin.path().display().to_string();
    // taken as ended ten seconds before
    account(plugin.path(), 14);
    let (_folder, kubeconfig) = changed(&admin(), |text| {
        let (head, tail) = text.split_once("    user:\n      token:").unwrap();
        let rest = tail.split_once('\n').unwrap().1;
        format!(
            "{head}    user:\n      exec: {{apiVersion: client.authentication.k8s.io/v1, command: sh, args: [-c, 'echo run >> {at}/runs; cat {at}/credential'], interactiveMode: Never}}\n{rest}"
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
    assert_eq!(runs(plugin.path()), 1);
    let first = account(plugin.path(), 3_600);
    console
        .until("the plugin ran again", |_| runs(plugin.path()) == 2)
        .await;
    console
        .until("live", |c| c.state("nodes") == Some(S::Live))
        .await;

    // the account is made anew: its old tokens are refused
    kubectl(&["delete", "serviceaccount", "feed-test", "-n", "argo"], "");
    let second = account(plugin.path(), 3_600);
    assert_ne!(first, second);
    console
        .until_within("the plugin ran once more", Duration::from_secs(60), |_| {
            runs(plugin.path()) == 3
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
