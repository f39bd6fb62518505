//! Connections that break, hang and come back: rows stay, the source says so, and nothing is lost.

use std::time::{Duration, Instant};

use axum::body::Bytes;
use midwatch::domain::SourceState as S;
use midwatch::fault::FaultKind;
use midwatch::feed::kube::Options;

use super::conf::{ConfRow, quick, same, watch_all};
use super::server::{Answer, Server};
use super::support::console::Console;
use super::support::cut::{Mode, Proxy};

async fn live(server: &Server, options: Options) -> (Console, Proxy) {
    for n in 0..12 {
        server.put("team-a", &format!("c{n:02}"), "v");
    }
    let proxy = Proxy::start(&server.addr.to_string()).await;
    let mut console = watch_all(&server.kubeconfig_at(proxy.addr, "{}"), options);
    console
        .until("live", |c| {
            c.state("confs") == Some(S::Live) && c.state("api") == Some(S::Live)
        })
        .await;
    console.watch_rows::<ConfRow>();
    (console, proxy)
}

#[tokio::test]
async fn a_server_that_is_gone_shows_as_stale_within_a_second_and_comes_back_by_itself() {
    let server = Server::start().await;
    let (mut console, proxy) = live(&server, quick()).await;
    let began = Instant::now();
    proxy.set(Mode::Refuse);
    console
        .until("stale", |c| {
            c.state("confs") == Some(S::Stale) && c.state("api") == Some(S::Stale)
        })
        .await;
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        console.rows(|r: &ConfRow| r.value.clone()).len(),
        12,
        "rows stay"
    );
    let source = console.source("confs", "").unwrap().clone();
    let fault = source.fault.unwrap();
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(fault.what.contains("refuses connections"), "{}", fault.what);
    assert!(source.seen.is_some());

    // the world goes on without us
    server.put("team-a", "c00", "changed");
    server.put("team-a", "born", "x");
    server.delete("team-a", "c01");
    console
        .until("waits are told", |c| {
            c.source("confs", "").unwrap().retry.is_some()
        })
        .await;
    proxy.set(Mode::Pass);
    console
        .until("live again", |c| {
            c.state("confs") == Some(S::Live) && c.state("api") == Some(S::Live)
        })
        .await;
    assert!(same(&console, &server.truth()));
    assert!(console.source("confs", "").unwrap().fault.is_none());
    assert!(
        console.fewest.unwrap() >= 12,
        "no flicker: {:?}",
        console.fewest
    );
}

#[tokio::test]
async fn a_connection_that_breaks_is_resumed_without_a_word_and_without_a_new_list() {
    let server = Server::start().await;
    let (mut console, proxy) = live(&server, quick()).await;
    console.for_a_while(Duration::from_millis(350)).await;
    let (lists, watches) = (server.lists(), server.watches());
    proxy.cut();
    server.put("team-a", "c00", "changed");
    server.delete("team-a", "c01");
    console
        .until("the changes", |c| same(c, &server.truth()))
        .await;
    assert_eq!(server.lists(), lists, "resumed at the last version");
    assert!(server.watches() > watches);
    assert_eq!(console.state("confs"), Some(S::Live));
    assert!(
        !console.states_of("confs").contains(&S::Stale),
        "{:?}",
        console.states
    );
}

#[tokio::test]
async fn a_connection_that_hangs_is_noticed_and_replaced() {
    let server = Server::start().await;
    let options = Options {
        silence: Duration::from_millis(600),
        ..quick()
    };
    let (mut console, proxy) = live(&server, options).await;
    proxy.set(Mode::Hang);
    server.put("team-a", "c00", "changed");
    console
        .until("stale", |c| c.state("confs") == Some(S::Stale))
        .await;
    assert_eq!(console.rows(|r: &ConfRow| r.value.clone()).len(), 12);
    proxy.set(Mode::Pass);
    console
        .until("live", |c| {
            c.state("confs") == Some(S::Live) && same(c, &server.truth())
        })
        .await;
    assert!(console.fewest.unwrap() >= 12);
}

#[tokio::test]
async fn a_hung_watch_behind_a_healthy_server_is_replaced_and_what_it_missed_is_seen() {
    let server = Server::start().await;
    server.hook(|seen| (seen.is_watch() && seen.nth == 0).then(|| Answer::Hang(Bytes::new())));
    let options = Options {
        silence: Duration::from_millis(500),
        ..quick()
    };
    let (mut console, _proxy) = live(&server, options).await;
    server.put("team-a", "c00", "changed");
    console
        .until("the change", |c| same(c, &server.truth()))
        .await;
    assert_eq!(server.lists(), 3, "the list of the start, in three pages");
}

#[tokio::test]
async fn a_version_that_is_gone_leads_to_a_new_list_without_flicker() {
    let server = Server::start().await;
    let (mut console, _proxy) = live(&server, quick()).await;
    console.for_a_while(Duration::from_millis(350)).await;
    server.delete("team-a", "c01");
    console
        .until("the deletion", |c| same(c, &server.truth()))
        .await;
    let gone = server.clone();
    server.hook(move |seen| {
        // while the watch is away, history is compacted
        if seen.is_watch() && seen.nth == 1 {
            gone.put("team-a", "c05", "changed");
            gone.delete("team-a", "c06");
            gone.put("team-a", "c13", "new");
            gone.put("team-a", "c14", "new");
            gone.compact();
        }
        None
    });
    server.end_watches();
    console
        .until("the new list", |c| {
            server.lists() == 3 + 3 && same(c, &server.truth()) && c.state("confs") == Some(S::Live)
        })
        .await;
    assert_eq!(server.lists(), 3 + 3, "one new list");
    assert!(console.fewest.unwrap() >= 11, "{:?}", console.fewest);
}

#[tokio::test]
async fn a_version_that_is_refused_at_the_start_of_the_watch_leads_to_a_new_list() {
    let server = Server::start().await;
    server.hook(|seen| {
        (seen.is_watch() && seen.nth == 0).then(|| Answer::Status(410, "too old", vec![]))
    });
    let (console, _proxy) = live(&server, quick()).await;
    assert!(same(&console, &server.truth()));
    assert_eq!(server.lists(), 6);
}

#[tokio::test]
async fn a_list_that_expires_between_its_pages_is_begun_again() {
    let server = Server::start().await;
    let gone = server.clone();
    server.hook(move |seen| {
        if seen.is_list() && seen.nth == 1 {
            gone.delete("team-a", "c00");
            gone.compact();
        }
        None
    });
    let (console, _proxy) = live(&server, quick()).await;
    assert_eq!(
        console.rows(|r: &ConfRow| r.value.to_string()),
        server.truth()
    );
    assert_eq!(server.lists(), 2 + 3);
}

#[tokio::test]
async fn a_page_that_breaks_in_the_middle_is_begun_again() {
    let server = Server::start().await;
    server.hook(|seen| {
        let part =
            Bytes::from_static(b"{\"kind\":\"ConfigMapList\",\"items\":[{\"metadata\":{\"na");
        (seen.is_list() && seen.nth == 1).then_some(Answer::Break(part))
    });
    let (console, _proxy) = live(&server, quick()).await;
    assert!(same(&console, &server.truth()));
    assert!(
        !console.states_of("confs").contains(&S::Down),
        "the first page was there: {:?}",
        console.states
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_down_and_says_what_was_tried() {
    let server = Server::start().await;
    let proxy = Proxy::start(&server.addr.to_string()).await;
    proxy.set(Mode::Hang);
    let options = Options {
        answer: Duration::from_millis(300),
        ..quick()
    };
    let mut console = watch_all(&server.kubeconfig_at(proxy.addr, "{}"), options);
    console
        .until("down", |c| {
            c.state("confs") == Some(S::Down) && c.state("api") == Some(S::Down)
        })
        .await;
    let fault = console.source("confs", "").unwrap().fault.clone().unwrap();
    assert_eq!(fault.kind, FaultKind::Timeout);
    assert!(
        fault.what.contains(&proxy.addr.to_string()) && !fault.hint.is_empty(),
        "{fault:?}"
    );
    proxy.set(Mode::Pass);
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
}

#[tokio::test]
async fn a_person_who_asks_anew_does_not_wait() {
    let server = Server::start().await;
    let options = Options {
        retry_min: Duration::from_secs(600),
        retry_max: Duration::from_secs(600),
        retry_api: Duration::from_secs(600),
        ..quick()
    };
    let (mut console, proxy) = live(&server, options).await;
    proxy.set(Mode::Refuse);
    console
        .until("stale", |c| c.state("confs") == Some(S::Stale))
        .await;
    proxy.set(Mode::Pass);
    // the proxy listens again when a connection is accepted
    let addr = proxy.addr;
    console
        .until("waiting", |c| {
            c.source("confs", "").unwrap().retry.is_some() && c.state("api") == Some(S::Stale)
        })
        .await;
    while tokio::net::TcpStream::connect(addr).await.is_err() {
        tokio::task::yield_now().await;
    }
    console.feeds.reconnect();
    console
        .until("live", |c| {
            c.state("confs") == Some(S::Live) && c.state("api") == Some(S::Live)
        })
        .await;
}

#[tokio::test]
async fn a_server_that_is_not_well_is_told_and_left_in_peace_as_long_as_it_asks() {
    let server = Server::start().await;
    server.hook(|seen| match (seen.is_list(), seen.nth) {
        (true, 0) => Some(Answer::Status(429, "slow down", vec![("Retry-After", "1")])),
        (true, 1) => Some(Answer::Status(503, "shutting down", vec![])),
        _ => None,
    });
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("told", |c| {
            c.source("confs", "").is_some_and(|s| s.fault.is_some())
        })
        .await;
    let began = Instant::now();
    let source = console.source("confs", "").unwrap().clone();
    assert_eq!(source.fault.unwrap().kind, FaultKind::Busy);
    assert_eq!(source.state, S::Down);
    console
        .until("live", |c| c.state("confs") == Some(S::Live))
        .await;
    assert!(
        began.elapsed() > Duration::from_millis(900),
        "Retry-After is one second: {:?}",
        began.elapsed()
    );
    assert!(server.lists() >= 3);
}

#[tokio::test]
async fn a_server_that_ends_each_watch_at_once_is_told_and_not_hammered() {
    let server = Server::start().await;
    server.put("team-a", "c", "1");
    server.hook(|seen| seen.is_watch().then(|| Answer::Raw(Bytes::new())));
    let mut console = watch_all(&server.kubeconfig("{}"), quick());
    console
        .until("told", |c| c.state("confs") == Some(S::Stale))
        .await;
    let fault = console.source("confs", "").unwrap().fault.clone().unwrap();
    assert!(fault.what.contains("ends each watch at once"), "{fault:?}");
    let before = server.watches();
    console.for_a_while(Duration::from_secs(1)).await;
    assert!(
        server.watches() - before < 12,
        "{} watches in a second",
        server.watches() - before
    );
}
