//! Only what screens need is watched.

use std::time::Duration;

use midwatch::domain::{ClusterId, SourceState as S};
use midwatch::feed::kube::Options;
use midwatch::store::{Scope, Want};

use super::conf::{ConfRow, quick};
use super::server::Server;
use super::support::console::Console;

fn want(scope: Scope) -> Want {
    Want {
        cluster: ClusterId::new("test"),
        feed: "confs",
        scope,
    }
}

fn object(name: &str) -> Want {
    want(Scope::Object {
        namespace: "team-a".into(),
        name: name.into(),
    })
}

#[tokio::test]
async fn nothing_is_watched_until_it_is_wanted() {
    let server = Server::start().await;
    let mut console = Console::start(&server.kubeconfig("{}"), &[], quick(), 64);
    console
        .until("the connection", |c| c.state("api") == Some(S::Live))
        .await;
    console.for_a_while(Duration::from_millis(300)).await;
    assert_eq!(server.seen().len(), 1, "the version alone");
    let info = console.clusters.values().next().unwrap();
    assert_eq!(
        (
            info.version.as_str(),
            info.namespace.as_str(),
            info.user.as_str()
        ),
        ("v1.36.0", "team-a", "u")
    );
}

#[tokio::test]
async fn a_watch_that_is_wanted_again_soon_went_on_and_one_that_is_not_ends() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    let options = Options {
        linger: Duration::from_millis(400),
        ..quick()
    };
    let mut console = Console::start(&server.kubeconfig("{}"), &[], options, 64);
    console.want("test", &["confs"]);
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    console.feeds.want([].into());
    console.for_a_while(Duration::from_millis(100)).await;
    console.want("test", &["confs"]);
    console.for_a_while(Duration::from_millis(600)).await;
    assert_eq!((server.lists(), console.forgotten.len()), (1, 0));
    console.feeds.want([].into());
    console.until("forgotten", |c| c.forgotten.len() == 1).await;
    assert!(console.rows(|r: &ConfRow| r.value.clone()).is_empty());
    let seen = server.seen().len();
    server.put("team-a", "c", "2");
    server.end_watches();
    console.for_a_while(Duration::from_millis(300)).await;
    assert_eq!(server.seen().len(), seen, "its watch has ended");
}

#[tokio::test]
async fn one_object_is_asked_for_by_its_name() {
    let server = Server::start().await;
    for n in 0..9 {
        server.put("team-a", &format!("c{n}"), "v");
    }
    let mut console = Console::start(&server.kubeconfig("{}"), &[], quick(), 64);
    console.feeds.want([object("c3")].into());
    console
        .until("live", |c| {
            c.source("confs", "team-a/c3")
                .is_some_and(|s| s.state == S::Live)
        })
        .await;
    assert_eq!(
        console
            .rows(|r: &ConfRow| r.value.to_string())
            .keys()
            .collect::<Vec<_>>(),
        ["team-a/c3"]
    );
    let list = server
        .seen()
        .into_iter()
        .find(super::server::Seen::is_list)
        .unwrap();
    assert_eq!(list.path, "/api/v1/namespaces/team-a/configmaps");
    assert_eq!(list.query["fieldSelector"], "metadata.name=c3");
}

#[tokio::test]
async fn labelled_objects_are_asked_for_by_their_label() {
    let server = Server::start().await;
    let mut console = Console::start(&server.kubeconfig("{}"), &[], quick(), 64);
    let scope = Scope::Labelled {
        namespace: "team-a".into(),
        selector: "workflow=w1".into(),
    };
    console.feeds.want([want(scope)].into());
    console
        .until("live", |c| {
            c.source("confs", "team-a?workflow=w1")
                .is_some_and(|s| s.state == S::Live)
        })
        .await;
    let watch = server
        .seen()
        .into_iter()
        .find(super::server::Seen::is_watch)
        .unwrap();
    assert_eq!(watch.query["labelSelector"], "workflow=w1");
    assert_eq!(watch.query["timeoutSeconds"], "60");
    assert_eq!(watch.query["allowWatchBookmarks"], "true");
}

#[tokio::test]
async fn a_row_stays_while_any_of_its_sources_knows_it() {
    let server = Server::start().await;
    server.put("team-a", "c0", "1");
    server.put("team-a", "c1", "1");
    let options = Options {
        linger_narrow: Duration::from_millis(100),
        ..quick()
    };
    let mut console = Console::start(&server.kubeconfig("{}"), &[], options, 64);
    console.want("test", &["confs"]);
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    console.feeds.want([want(Scope::All), object("c0")].into());
    console
        .until("both", |c| {
            c.source("confs", "team-a/c0")
                .is_some_and(|s| s.state == S::Live)
        })
        .await;
    server.put("team-a", "c0", "2");
    console
        .until("the change", |c| super::conf::same(c, &server.truth()))
        .await;
    console.for_a_while(Duration::from_millis(100)).await;
    // the object is closed again: the list still has it
    console.feeds.want([want(Scope::All)].into());
    console.until("forgotten", |c| c.forgotten.len() == 1).await;
    assert!(super::conf::same(&console, &server.truth()));
}

#[tokio::test]
async fn an_unknown_want_is_no_harm() {
    let server = Server::start().await;
    let mut console = Console::start(&server.kubeconfig("{}"), &[], quick(), 64);
    let nowhere = Want {
        cluster: ClusterId::new("nowhere"),
        ..want(Scope::All)
    };
    let nothing = Want {
        feed: "nothing",
        ..want(Scope::All)
    };
    console
        .feeds
        .want([nowhere, nothing, want(Scope::All)].into());
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
}

#[tokio::test]
async fn dropping_the_feeds_ends_every_task() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    let mut console = Console::start(&server.kubeconfig("{}"), &[], quick(), 64);
    console.want("test", &["confs"]);
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    let Console { feeds, mut rx, .. } = console;
    drop(feeds);
    let ended = async { while rx.recv().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(10), ended)
        .await
        .expect("the channel closes when no task is left");
}
