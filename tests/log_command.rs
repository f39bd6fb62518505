//! `midwatch logs` as a script runs it, on the embedded platform.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use midwatch::demo::{Options, Platform};

async fn platform() -> Platform {
    let options = Options {
        past: Duration::from_secs(1_200),
        ..Options::default()
    };
    Platform::start(options).await.unwrap()
}

fn logs(kubeconfig: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_midwatch"))
        .arg("logs")
        .args(words)
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .output()
        .unwrap()
}

async fn run(kubeconfig: &Path, words: &'static [&'static str]) -> (i32, String, String) {
    let kubeconfig = kubeconfig.to_owned();
    let done = tokio::task::spawn_blocking(move || logs(&kubeconfig, words));
    let output = done.await.unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_is_printed_clean_cut_and_stamped() {
    let platform = platform().await;
    support::add_pod(&platform.kubeconfig_for("admin"), "bad", "hostile").await;
    let mut out = String::new();
    for _ in 0..100 {
        let (code, text, _) = run(platform.kubeconfig(), &["bad", "-n", "ml-fraud"]).await;
        out = text;
        if code == 0 && out.contains("megabyte") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(out.contains("bytes more"), "{}", out.len());
    assert!(
        !out.chars().any(|c| c.is_control() && c != '\n'),
        "no control byte passes"
    );
    let (code, text, _) = run(
        platform.kubeconfig(),
        &["ml-fraud/bad", "--tail", "2", "--timestamps", "--prefix"],
    )
    .await;
    assert_eq!(code, 0);
    let first = text.lines().next().unwrap();
    assert!(
        first.starts_with("20") && first.contains("Z [bad] "),
        "{first}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named_with_what_is() {
    let platform = platform().await;
    support::add_pod(&platform.kubeconfig_for("admin"), "loader-one", "flood:10").await;
    let mut tries = 0;
    while run(platform.kubeconfig(), &["loader-one"])
        .await
        .1
        .is_empty()
    {
        tries += 1;
        assert!(tries < 100, "the pod starts");
    }
    let (code, out, error) = run(platform.kubeconfig(), &["loader-two"]).await;
    assert_eq!((code, out.as_str()), (4, ""));
    assert!(
        error.contains("there is no run and no pod loader-two; there is ml-fraud/loader-one"),
        "{error}"
    );
    let (code, _, error) = run(&platform.kubeconfig_for("nobody"), &["loader-one"]).await;
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("You may not list"), "{error}");
    assert!(
        error.contains("may be there all the same") && !error.contains("there is no run"),
        "{error}"
    );
    let (code, _, error) = run(platform.kubeconfig(), &["loader-one", "-c", "nope"]).await;
    assert_eq!(code, 4);
    assert!(
        error.contains("there is no container nope; there is main"),
        "{error}"
    );
    let (code, _, error) = run(platform.kubeconfig(), &["loader-one", "-p"]).await;
    assert_eq!(code, 4, "{error}");
    assert!(error.contains("previous terminated container"), "{error}");
    assert_eq!(
        run(platform.kubeconfig(), &["loader-one", "--since", "soon"])
            .await
            .0,
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_asked_is_not_denied() {
    let platform = platform().await;
    platform.set_down(true).await;
    let (code, out, error) = run(platform.kubeconfig(), &["loader-one"]).await;
    assert_eq!((code, out.as_str()), (1, ""), "{error}");
    assert!(
        error.contains("may be there all the same") && !error.contains("there is no run"),
        "{error}"
    );
}
