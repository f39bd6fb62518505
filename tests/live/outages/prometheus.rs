//! Prometheus.

use midwatch::store::Table;

use super::between::{partial, without_numbers};
use super::*;

fn errors(console: &Console) -> Option<BurnRow> {
    let rows = console.world.table::<BurnRow>()?;
    let of = |r: &&std::sync::Arc<BurnRow>| {
        &*r.service.name == "fraud-scorer" && &*r.objective == "errors"
    };
    rows.iter().find(of).map(|r| (**r).clone())
}

fn is_measured(row: &BurnRow) -> bool {
    let hour = row.windows.iter().find(|w| w.seconds == 3600);
    hour.is_some_and(|w| matches!(w.measure, Measure::Exact(_)))
}

async fn measured(console: &mut Console) -> BurnRow {
    console
        .until("the burn of fraud-scorer", |c| {
            c.state("burn") == Some(SourceState::Live) && errors(c).is_some_and(|r| is_measured(&r))
        })
        .await;
    errors(console).unwrap()
}

async fn measured_again(console: &mut Console, before: &BurnRow) {
    console
        .until("newer figures", |c| {
            c.state("burn") == Some(SourceState::Live)
                && errors(c).is_some_and(|r| is_measured(&r) && r.measured > before.measured)
        })
        .await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn one_that_was_killed_leaves_old_figures_and_is_seen_to_come_back() {
    let mut console = console(&["burn", "alerts"], Options::default());
    let before = measured(&mut console).await;
    let (window, _home) = screen("5", (160, 40), "");
    wait_for_line(&window, "fraud-scorer", "× /");
    stands(&mut console, "alerts", SourceState::Live).await;

    let ended = Ended::now("prometheus");
    let began = Instant::now();
    let source = stands(&mut console, "burn", SourceState::Stale).await;
    println!("stale {:?} after it was killed", began.elapsed());
    let fault = source.fault.unwrap();
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(
        fault
            .what
            .starts_with("The API server cannot reach monitoring/prometheus-operated"),
        "{}",
        fault.what
    );
    assert!(source.retry.is_some() && source.seen.is_some());
    assert!(
        errors(&console).is_some_and(|r| is_measured(&r)),
        "rows stay"
    );
    // what fires is known without it, what is pending is not
    let part = says(
        &mut console,
        "alerts",
        SourceState::Partial,
        "Alerts that are pending are not known",
    )
    .await;
    assert!(part.rows > 0);
    window.wait_for("burn figures are old: prometheus stale for", SOON);
    wait_for_line(&window, "fraud-scorer", "× /");
    // who comes now is told nothing, and never that nothing burns
    let (code, list, err) = get(&["services"], "");
    assert_eq!(code, Some(0), "{err}");
    assert!(
        err.contains("rig/burn is down: The API server cannot reach"),
        "{err}"
    );
    assert_eq!(list["complete"], false);
    for item in list["items"].as_array().unwrap() {
        assert!(item["objectives"].is_null(), "{item}");
    }
    let began = Instant::now();
    let (code, list, err) = get(&["alerts"], "");
    assert_eq!(code, Some(3), "{err}");
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "{:?}",
        began.elapsed()
    );
    assert!(
        err.contains("rig/alerts is not complete: Alerts that are pending"),
        "{err}"
    );
    assert!(!list["items"].as_array().unwrap().is_empty());

    drop(ended);
    measured_again(&mut console, &before).await;
    window.wait_gone("burn figures are old", SOON);
    quit(window);
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn one_that_hangs_is_given_up_on_in_time_and_figures_say_how_old_they_are() {
    let options = Options {
        backend: Duration::from_secs(5),
        retry_max: Duration::from_secs(2),
        ..Options::default()
    };
    let mut console = console(&["burn"], options);
    let before = measured(&mut console).await;
    let frozen = Frozen::now("prometheus");
    let began = Instant::now();
    let source = stands(&mut console, "burn", SourceState::Stale).await;
    println!("stale {:?} after it was paused", began.elapsed());
    let fault = source.fault.unwrap();
    assert_eq!(fault.kind, FaultKind::Timeout);
    assert!(
        fault.what.contains("did not answer within 5s"),
        "{}",
        fault.what
    );
    let aged = |c: &Console| {
        let row = errors(c)?;
        let said = row.doubts.iter().find(|d| d.contains(" ago"))?;
        Some(said.to_string())
    };
    console.until("the age", |c| aged(c).is_some()).await;
    println!("{}", aged(&console).unwrap());
    drop(frozen);
    measured_again(&mut console, &before).await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn one_that_takes_half_a_minute_is_not_waited_for() {
    let server = Between::before(&rig("MIDWATCH_RIG_PROMETHEUS")).await;
    let mut console = console(&["burn"], at("prometheus", &server.url));
    let before = measured(&mut console).await;
    server.is(Mood::Slow(Duration::from_secs(30)));
    // the default: 20 s, and as long for a sign of life
    let began = Instant::now();
    let source = says(
        &mut console,
        "burn",
        SourceState::Stale,
        "did not answer within 20s",
    )
    .await;
    println!("stale {:?} after it got slow", began.elapsed());
    assert_eq!(source.fault.unwrap().kind, FaultKind::Timeout);
    assert!(
        errors(&console).is_some_and(|r| is_measured(&r)),
        "rows stay"
    );
    server.is(Mood::Well);
    measured_again(&mut console, &before).await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn whatever_it_answers_is_told_as_what_it_is() {
    let server = Between::before(&rig("MIDWATCH_RIG_PROMETHEUS")).await;
    let mut console = console(&["burn"], at("prometheus", &server.url));
    for (mood, state, words) in [
        (
            Mood::Says(200, "application/json", "}{ no json"),
            SourceState::Stale,
            "answered with something that cannot be read",
        ),
        (
            Mood::Says(200, "text/html", "<!DOCTYPE html><html>Log in</html>"),
            SourceState::Denied,
            "web page instead of data: a login page",
        ),
        (
            Mood::Says(500, "text/plain", "out of memory"),
            SourceState::Stale,
            "is not well (500): out of memory",
        ),
        (
            Mood::Says(200, "application/json", r#"{"status":"success"}"#),
            SourceState::Partial,
            "cannot be read",
        ),
        (Mood::Half, SourceState::Stale, "broke off in the middle"),
        (
            Mood::SaysAt(
                "/query",
                503,
                r#"{"status":"error","errorType":"timeout","error":"query timed out in expression evaluation"}"#,
            ),
            SourceState::Partial,
            "query timed out",
        ),
    ] {
        let before = measured(&mut console).await;
        server.is(mood.clone());
        console.feeds.reconnect();
        let source = says(&mut console, "burn", state, words).await;
        println!("{mood:?}: {}", source.fault.as_ref().unwrap().told());
        let row = errors(&console).unwrap();
        assert_eq!(row.windows.len(), before.windows.len(), "rows stay");
        server.is(Mood::Well);
        console.feeds.reconnect();
        measured_again(&mut console, &before).await;
    }
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn partial_answers_are_marked_as_such_and_judge_nothing() {
    let server = Between::before(&rig("MIDWATCH_RIG_PROMETHEUS")).await;
    server.is(Mood::Changed(partial));
    let mut console = console(&["burn"], at("thanos", &server.url));
    let doubted = |c: &Console| {
        let row = errors(c)?;
        let said = row.doubts.iter().find(|d| d.contains("may be partial"))?;
        Some((said.to_string(), row.state))
    };
    console.until("a doubt", |c| doubted(c).is_some()).await;
    let (said, state) = doubted(&console).unwrap();
    println!("{said}; {state:?}");
    assert!(said.contains("store eu-2 is gone"), "{said}");
    // what fires on half of the truth fires; what does not is no calm
    let inside = |c: &Console| {
        let rows = c.world.table::<BurnRow>().into_iter();
        rows.flat_map(Table::iter)
            .filter(|r| r.state == Burning::Inside && r.plain.is_none())
            .count()
    };
    stands(&mut console, "burn", SourceState::Live).await;
    console.until("no calm", |c| inside(c) == 0).await;
    // long windows are asked for seldom, so who looks anew sees first that the store is back
    server.is(Mood::Well);
    let mut anew = super::console(&["burn"], at("thanos", &server.url));
    anew.until("calm, and no doubt", |c| {
        doubted(c).is_none() && errors(c).is_some() && inside(c) > 0
    })
    .await;
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn figures_that_are_no_number_are_none() {
    let server = Between::before(&rig("MIDWATCH_RIG_PROMETHEUS")).await;
    server.is(Mood::Changed(without_numbers));
    let settings = format!("[sources]\nprometheus.url = \"{}\"\n", server.url);
    let url = server.url.clone();
    let mut console = console(&["burn"], at("prometheus", &url));
    stands(&mut console, "burn", SourceState::Live).await;
    for row in console
        .world
        .table::<BurnRow>()
        .into_iter()
        .flat_map(Table::iter)
    {
        assert!(!is_measured(row), "{row:?}");
        assert!(
            matches!(row.state, Burning::Unknown | Burning::NoTraffic),
            "{row:?}"
        );
    }
    let (code, list, err) = tokio::task::spawn_blocking(move || get(&["services"], &settings))
        .await
        .unwrap();
    assert_eq!(code, Some(0), "{err}");
    for item in list["items"].as_array().unwrap() {
        for objective in item["objectives"].as_array().into_iter().flatten() {
            assert!(objective["burnHour"].is_null(), "{objective}");
            assert!(objective["budgetLeft"].is_null(), "{objective}");
        }
    }
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn without_alertmanager_what_fires_is_known_and_what_is_silenced_is_not() {
    let mut console = console(&["alerts", "silences"], Options::default());
    stands(&mut console, "alerts", SourceState::Live).await;
    stands(&mut console, "silences", SourceState::Live).await;
    let ended = Ended::now("alertmanager");
    says(
        &mut console,
        "alerts",
        SourceState::Partial,
        "What is silenced is not known: The API server cannot reach monitoring/alertmanager-operated",
    )
    .await;
    stands(&mut console, "silences", SourceState::Stale).await;
    let rows = console.world.table::<AlertRow>().unwrap();
    assert!(rows.iter().any(|r| &*r.title == "CanaryErrorBudgetBurn"));
    drop(ended);
    stands(&mut console, "alerts", SourceState::Live).await;
    stands(&mut console, "silences", SourceState::Live).await;
}
