//! A server that is killed, paused, cut off or made anew: the rows stay, and say how old they are.

use std::path::Path;
use std::time::{Duration, Instant};

use midwatch::domain::{NodeRow, SourceState as S, TemplateRow};
use midwatch::fault::FaultKind;
use midwatch::feed::kube::Options;

use super::{
    KINDS, Mended, Resumed, Swept, admin, all_are, apply, at_rest, ctl, live, names, note, proxied,
    template, truth,
};
use crate::kubectl::kubectl;
use crate::support::console::Console;
use crate::support::cut::Mode;
use crate::support::rig;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn a_killed_server_leaves_the_rows_and_comes_back_by_itself() {
    let _swept = Swept;
    apply(&template("argo", "feed-a", "main"));
    at_rest();
    let mut console = live(
        Path::new(&rig("MIDWATCH_RIG_KUBECONFIG_SRE")),
        Options::default(),
    )
    .await;
    let before: Vec<_> = KINDS.map(|k| names(&console, k)).into();
    assert!(
        before[1].len() >= 20 && before[5].contains(&"argo/feed-a".to_owned()),
        "{before:?}"
    );
    console.watch_rows::<NodeRow>();

    let mended = Mended;
    ctl("kill");
    let began = Instant::now();
    console.until("all stale", |c| all_are(c, S::Stale)).await;
    let took = began.elapsed();
    note(&format!("stale {took:?} after the server was killed"));
    // the shortest wait for a server that says nothing: this one was seen to go
    assert!(took < Options::default().answer, "{took:?}");
    for (kind, before) in KINDS.iter().zip(&before) {
        assert_eq!(&names(&console, kind), before, "rows of {kind} stay");
    }
    let refused = |c: &Console| {
        let fault = c.source("pods", "").and_then(|s| s.fault.as_ref());
        fault.is_some_and(|f| f.what.contains("refuses connections"))
    };
    console.until("the reason", refused).await;

    drop(mended);
    let began = Instant::now();
    console
        .until("all live again", |c| all_are(c, S::Live))
        .await;
    note(&format!(
        "live again {:?} after the server was ready",
        began.elapsed()
    ));
    for (kind, resource) in [
        ("namespaces", "namespaces"),
        ("nodes", "nodes"),
        ("templates", "workflowtemplates.argoproj.io"),
        ("cron-workflows", "cronworkflows.argoproj.io"),
    ] {
        console
            .until(&format!("what kubectl tells of {kind}"), |c| {
                names(c, kind) == truth(resource)
            })
            .await;
    }
    assert!(
        console.fewest.is_none_or(|f| f >= before[1].len()),
        "no flicker: {:?}",
        console.fewest
    );
    apply(&template("argo", "feed-b", "main"));
    console
        .until("changes arrive", |c| {
            names(c, "templates").contains(&"argo/feed-b".to_owned())
        })
        .await;
}

/// A silent connection is noticed sooner than in a cluster; a watch that is slow to open again is no matter here.
fn noticed_soon() -> Options {
    Options {
        silence: Duration::from_secs(8),
        settled: Duration::from_millis(500),
        gap: Duration::from_secs(20),
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn a_paused_server_is_stale_until_it_goes_on() {
    let mut console = live(&admin(), noticed_soon()).await;
    let resumed = Resumed;
    ctl("pause");
    console
        .until("stale", |c| {
            KINDS.iter().all(|k| c.state(k) == Some(S::Stale))
        })
        .await;
    assert!(!names(&console, "nodes").is_empty());
    drop(resumed);
    console.until("live", |c| all_are(c, S::Live)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn a_cut_connection_is_resumed_and_a_hung_one_replaced() {
    let _swept = Swept;
    let (proxy, _folder, kubeconfig) = proxied(&admin()).await;
    let mut console = live(&kubeconfig, noticed_soon()).await;
    console.for_a_while(Duration::from_secs(1)).await;
    proxy.cut();
    apply(&template("argo", "feed-cut", "main"));
    console
        .until("the change", |c| {
            names(c, "templates").contains(&"argo/feed-cut".to_owned())
        })
        .await;
    assert!(
        !console.states_of("templates").contains(&S::Stale),
        "{:?}",
        console.states
    );

    proxy.set(Mode::Hang);
    apply(&template("argo", "feed-hung", "main"));
    console
        .until("stale", |c| c.state("templates") == Some(S::Stale))
        .await;
    proxy.set(Mode::Pass);
    console
        .until("live with the change", |c| {
            all_are(c, S::Live) && names(c, "templates").contains(&"argo/feed-hung".to_owned())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs tests/rig/live"]
async fn a_version_that_a_new_server_no_longer_knows_leads_to_a_new_list() {
    let _swept = Swept;
    let all: String = ["gone", "kept", "changed"]
        .map(|n| template("argo", &format!("feed-{n}"), "main"))
        .concat();
    apply(&all);
    let (proxy, _folder, kubeconfig) = proxied(&admin()).await;
    // the exchange may take longer than a watch of the usual length
    let options = Options {
        watch: Duration::from_secs(300),
        silence: Duration::from_secs(300),
        ..Options::default()
    };
    let mut console = live(&kubeconfig, options).await;
    // past the time in which a drop is told at once
    console.for_a_while(Options::default().settled).await;
    console.watch_rows::<TemplateRow>();
    let before = names(&console, "templates").len();
    // the watches stay open and silent while the server is exchanged: it remembers no history
    proxy.set(Mode::Hang);
    {
        let _mended = Mended;
        ctl("kill");
    }
    apply(&(template("argo", "feed-new", "main") + &template("argo", "feed-changed", "other")));
    kubectl(
        &[
            "delete",
            "workflowtemplates.argoproj.io",
            "-n",
            "argo",
            "feed-gone",
        ],
        "",
    );
    proxy.set(Mode::Pass);
    console
        .until("the truth", |c| {
            let rows = names(c, "templates");
            rows.contains(&"argo/feed-new".to_owned())
                && !rows.contains(&"argo/feed-gone".to_owned())
                && all_are(c, S::Live)
        })
        .await;
    console
        .until("what kubectl tells", |c| {
            names(c, "templates") == truth("workflowtemplates.argoproj.io")
        })
        .await;
    let entry = console.rows(|r: &TemplateRow| r.entrypoint.to_string());
    assert_eq!(entry["argo/feed-changed"], "other");
    assert!(
        console.fewest.unwrap() >= before,
        "no flicker: {:?} of {before}",
        console.fewest
    );
    assert!(
        console
            .faults
            .iter()
            .any(|(_, kind)| *kind == FaultKind::Expired),
        "410 was met: {:?}",
        console.faults
    );
}
