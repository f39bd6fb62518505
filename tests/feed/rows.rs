//! Lists, watches and floods: the table is what the server has.

use std::time::Duration;

use midwatch::domain::SourceState as S;

use super::conf::{ConfRow, quick, same, watch_all};
use super::server::Server;
use super::support::console::Console;

const NO_USER: &str = "{}";

#[tokio::test]
async fn a_list_comes_by_pages_shows_at_once_and_then_follows_changes() {
    let server = Server::start().await;
    for n in 0..23 {
        server.put("team-a", &format!("c{n:02}"), "first");
    }
    let mut console = watch_all(&server.kubeconfig(NO_USER), quick());
    console
        .until("the list", |c| c.state("confs") == Some(S::Live))
        .await;
    assert!(same(&console, &server.truth()));
    assert_eq!(server.lists(), 5, "23 objects in pages of 5");
    assert_eq!(
        console.states_of("confs"),
        [S::Connecting, S::Partial, S::Live]
    );
    assert_eq!(console.source("confs", "").unwrap().rows, 23);

    server.put("team-a", "c03", "second");
    server.put("team-b", "new", "x");
    server.delete("team-a", "c00");
    console
        .until("the changes", |c| same(c, &server.truth()))
        .await;
    assert_eq!(server.lists(), 5, "changes are watched, not listed");
}

#[tokio::test]
async fn the_first_page_is_on_screen_while_the_second_is_still_on_its_way() {
    let server = Server::start().await;
    for n in 0..8 {
        server.put("team-a", &format!("c{n}"), "v");
    }
    let slow = server.clone();
    server.hook(move |seen| {
        if seen.is_list() && seen.query.contains_key("continue") && slow.watches() == 0 {
            return Some(super::server::Answer::Hang(axum::body::Bytes::from_static(
                b"{",
            )));
        }
        None
    });
    let mut console = watch_all(&server.kubeconfig(NO_USER), quick());
    console
        .until("the first page", |c| {
            c.rows(|r: &ConfRow| r.value.clone()).len() == 5
        })
        .await;
    console
        .until("partial", |c| c.state("confs") == Some(S::Partial))
        .await;
    server.unhook();
    console
        .until("all", |c| c.state("confs") == Some(S::Live))
        .await;
    assert!(same(&console, &server.truth()));
}

#[tokio::test]
async fn objects_that_look_the_same_make_no_message() {
    let server = Server::start().await;
    server.put("team-a", "c", "same");
    let mut console = watch_all(&server.kubeconfig(NO_USER), quick());
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    let before = console.batches.len();
    for _ in 0..20 {
        server.put("team-a", "c", "same");
    }
    server.put("team-a", "last", "x");
    console
        .until("the last", |c| same(c, &server.truth()))
        .await;
    assert_eq!(console.batches.len() - before, 1, "{:?}", console.batches);
}

#[tokio::test]
async fn a_flood_comes_in_batches_and_a_full_channel_keeps_the_newest_state() {
    let server = Server::start().await;
    for n in 0..10 {
        server.put("team-a", &format!("c{n}"), "0");
    }
    // a machine that is slow to take the flood in does not make batches of it
    let options = midwatch::feed::kube::Options {
        batch: std::time::Duration::from_secs(1),
        ..quick()
    };
    let mut console = Console::start(&server.kubeconfig(NO_USER), &[], options, 1);
    console.want("test", &["confs"]);
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    let before = console.batches.len();
    // nobody reads the channel while 5,000 changes of ten objects arrive
    for round in 1..=500 {
        for n in 0..10 {
            server.put("team-a", &format!("c{n}"), &round.to_string());
        }
    }
    let watched = server.clone();
    console
        .until("the flood", |c| same(c, &watched.truth()))
        .await;
    let batches = &console.batches[before..];
    let changes: usize = batches.iter().sum();
    assert!(
        batches.len() < 100 && changes < 1_000,
        "{} batches, {changes} changes",
        batches.len()
    );
}

#[tokio::test]
async fn a_watch_that_the_server_ends_in_good_order_is_never_stale() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    let options = midwatch::feed::kube::Options {
        watch: Duration::from_secs(1),
        ..quick()
    };
    let mut console = watch_all(&server.kubeconfig(NO_USER), options);
    let watched = server.clone();
    console
        .until("three watches", |c| {
            c.state("confs") == Some(S::Live) && watched.watches() >= 3
        })
        .await;
    assert_eq!(
        console.states_of("confs"),
        [S::Connecting, S::Partial, S::Live]
    );
    assert_eq!(server.lists(), 1);
    server.put("team-a", "c", "2");
    console
        .until("a change after that", |c| same(c, &server.truth()))
        .await;
}

#[tokio::test]
async fn two_contexts_stand_side_by_side() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    let mut console = Console::start(&server.kubeconfig(NO_USER), &["test", "other"], quick(), 64);
    let wants = ["test", "other"].map(|c| midwatch::store::Want {
        cluster: midwatch::domain::ClusterId::new(c),
        feed: "confs",
        scope: midwatch::store::Scope::All,
    });
    console.feeds.want(wants.into_iter().collect());
    console
        .until("both", |c| {
            c.sources
                .values()
                .filter(|s| s.id.feed == "confs" && s.state == S::Live)
                .count()
                == 2
        })
        .await;
    let table = console.world.table::<ConfRow>().unwrap();
    assert_eq!(
        table.len(),
        2,
        "the same object of two clusters is two rows"
    );
    console
        .until("versions", |c| {
            c.clusters
                .values()
                .filter(|i| i.version == "v1.36.0")
                .count()
                == 2
        })
        .await;
}

#[tokio::test]
async fn load_is_told_and_an_idle_minute_is_one_watch() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    let mut console = watch_all(&server.kubeconfig(NO_USER), quick());
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    // version, list, watch
    console
        .until("load", |c| {
            c.loads
                .last()
                .is_some_and(|l| l.requests == 3 && l.bytes > 0)
        })
        .await;
    let before = server.seen().len();
    console.for_a_while(Duration::from_secs(2)).await;
    assert_eq!(
        server.seen().len(),
        before,
        "nothing is asked while nothing happens"
    );
}

#[tokio::test]
async fn a_slow_link_delays_rows_and_loses_none() {
    use super::support::cut::{Mode, Proxy};
    let server = Server::start().await;
    for n in 0..40 {
        server.put("team-a", &format!("c{n:02}"), "v");
    }
    let proxy = Proxy::start(&server.addr.to_string()).await;
    proxy.set(Mode::Delay(Duration::from_millis(30)));
    let mut console = watch_all(&server.kubeconfig_at(proxy.addr, NO_USER), quick());
    console
        .until("all", |c| {
            c.state("confs") == Some(S::Live) && same(c, &server.truth())
        })
        .await;
}
