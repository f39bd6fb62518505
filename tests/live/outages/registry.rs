//! `MLflow`.

use super::*;

fn champion(console: &Console) -> Option<u64> {
    let rows = console.world.table::<ModelRow>()?;
    let row = rows.iter().find(|r| &*r.key.name == "fraud-scorer")?;
    let alias = row.aliases.iter().find(|a| &*a.name == "champion")?;
    Some(alias.version)
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn one_that_was_killed_leaves_what_was_known_and_is_seen_to_come_back() {
    let options = Options {
        registry: Duration::from_secs(2),
        retry_max: Duration::from_secs(2),
        ..Options::default()
    };
    let mut console = console(&["models"], options);
    stands(&mut console, "models", SourceState::Live).await;
    let before = champion(&console);
    assert!(before.is_some());
    let (window, _home) = screen("4", (120, 36), "");
    window.wait_for("fraud-scorer", SOON);

    let ended = Ended::now("mlflow");
    let source = says(
        &mut console,
        "models",
        SourceState::Stale,
        "cannot reach mlops/mlflow",
    )
    .await;
    assert_eq!(source.fault.unwrap().kind, FaultKind::Unreachable);
    assert_eq!(champion(&console), before, "rows stay");
    window.wait_for("stale 0:", SOON);
    window.wait_for("fraud-scorer", SOON);
    let (code, list, err) = get(&["models"], "");
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("rig/models is down"), "{err}");
    assert_eq!(
        (&list["complete"], list["items"].as_array().unwrap().len()),
        (&Value::Bool(false), 0)
    );

    drop(ended);
    stands(&mut console, "models", SourceState::Live).await;
    window.wait_gone("stale", SOON);
    quit(window);
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn whatever_it_answers_is_told_as_what_it_is() {
    let server = Between::before(&rig("MIDWATCH_RIG_MLFLOW")).await;
    let mut console = console(&["models"], at("mlflow", &server.url));
    stands(&mut console, "models", SourceState::Live).await;
    let before = champion(&console);
    for (mood, state, words) in [
        (
            Mood::Says(500, "text/html", "<!doctype html><title>500</title>"),
            SourceState::Stale,
            "is not well (500)",
        ),
        (
            Mood::Says(
                500,
                "application/json",
                r#"{"error_code":"INTERNAL_ERROR","message":"database is locked"}"#,
            ),
            SourceState::Stale,
            "database is locked (INTERNAL_ERROR)",
        ),
        (
            Mood::Says(200, "text/html", "<!DOCTYPE html><html>Log in</html>"),
            SourceState::Denied,
            "web page instead of data: a login page",
        ),
        (
            Mood::Says(200, "application/json", r#"{"hello":1}"#),
            SourceState::Stale,
            "sends no list of models",
        ),
        (
            Mood::Says(403, "text/plain", "Permission denied"),
            SourceState::Denied,
            "refuses: Permission denied",
        ),
        (Mood::Half, SourceState::Stale, "broke off in the middle"),
    ] {
        server.is(mood.clone());
        let source = says(&mut console, "models", state, words).await;
        println!("{mood:?}: {}", source.fault.as_ref().unwrap().told());
        assert_eq!(champion(&console), before, "rows stay");
        server.is(Mood::Well);
        stands(&mut console, "models", SourceState::Live).await;
    }
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_host_that_it_does_not_know_is_named_with_what_to_set() {
    // by the service proxy: the API server hands on the Host that it was asked for
    let endpoint = Endpoint {
        service: Some("mlops/mlflow".to_owned()),
        host: Some("mlflow.example.com".to_owned()),
        ..Endpoint::default()
    };
    let options = Options {
        sources: [("mlflow".to_owned(), endpoint)].into(),
        ..Options::default()
    };
    let mut console = console(&["models"], options);
    let source = says(
        &mut console,
        "models",
        SourceState::Denied,
        "refuses our Host header",
    )
    .await;
    let fault = source.fault.unwrap();
    assert!(
        fault.hint.contains("Set sources.mlflow.host"),
        "{}",
        fault.hint
    );
    let settings =
        "[sources]\nmlflow.service = \"mlops/mlflow\"\nmlflow.host = \"mlflow.example.com\"\n";
    let (code, _, err) = get(&["models"], settings);
    assert_eq!(code, Some(1), "{err}");
    assert!(
        err.contains("rig/models is denied") && err.contains("Invalid Host header"),
        "{err}"
    );
}

#[test]
#[ignore = "needs tests/rig/live"]
fn a_metric_that_is_no_number_is_shown_as_that_and_passes_no_gate() {
    let settings = "[gates]\ncalibration_error = \"<= 0.05\"\n";
    let (code, list, err) = get(&["versions", "fraud-scorer"], settings);
    assert_eq!(code, Some(0), "{err}");
    let newest = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|v| v["version"] == 42)
        .unwrap();
    assert_eq!(
        newest["run"]["metrics"]["calibration_error"], "NaN",
        "{newest}"
    );
    let (mut window, _home) = screen("4", (120, 36), settings);
    window.wait_for("fraud-scorer", SOON);
    for letter in ["/", "f", "r", "a", "u", "d", "Enter", "Enter"] {
        window.send(letter);
    }
    wait_for_line(&window, "calibration_error", "NaN");
    quit(window);
}
