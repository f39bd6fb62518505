//! What midwatch costs, in figures: started by `tests/rig/bench`, which fills a real API server first.
//!
//! It prints and never judges: machines differ, so ratios within one run are what can be compared.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

mod support;

#[path = "bench/wide.rs"]
mod wide;

use std::fs;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use support::process::{cpu_ticks, peak_kib};
use support::pty::{Program, Pty};
use support::rig;

const LONG: Duration = Duration::from_secs(120);
const IDLE: Duration = Duration::from_secs(60);
const SAMPLES: usize = 150;

#[test]
#[ignore = "needs tests/rig/bench"]
fn figures() {
    let raw_runs = raw("/apis/argoproj.io/v1alpha1/workflows", 100);
    let raw_pods = raw("/api/v1/pods", 500);
    let mark = audit_mark();
    let started = Instant::now();
    let mut console = Program::new(&rig("MIDWATCH_BIN"))
        .args(&["--kubeconfig", &rig("MIDWATCH_RIG_KUBECONFIG_SRE")])
        .env("MIDWATCH_START", "runs")
        .size(120, 36)
        .spawn();
    console.wait_for("midwatch", LONG);
    print("first frame", started.elapsed().as_millis(), "ms");
    listed(&console, "Runs", raw_runs.items);
    let took = started.elapsed();
    ratio(
        &format!("full list of {} runs", raw_runs.items),
        took,
        raw_runs.took,
    );
    console.send("8");
    console.wait_for("Nodes", LONG);
    let asked = Instant::now();
    console.send("Tab");
    listed(&console, "Pods", raw_pods.items);
    ratio(
        &format!("full list of {} pods", raw_pods.items),
        asked.elapsed(),
        raw_pods.took,
    );
    print(
        "raw reading",
        (raw_runs.bytes + raw_pods.bytes) / 1_000_000,
        "MB of JSON",
    );
    print("requests while loading", requests_since(mark), "");
    print(
        "memory, peak",
        peak_kib(console.pid()).unwrap() / 1024,
        "MiB",
    );
    idle(&console);
    churned(&mut console);
    wide::measure(&mut console);
    print(
        "memory, peak after churn",
        peak_kib(console.pid()).unwrap() / 1024,
        "MiB",
    );
    console.send("q");
    assert!(console.wait_exit(LONG).success());
}

/// The heading of the list says so many rows, and the header that they are live.
fn listed(console: &Pty, title: &str, rows: usize) {
    let heading = format!(" {title}  {rows} ");
    let plain = format!(" {title}  {rows}");
    console.wait_until(&heading, LONG, |screen| {
        let text = screen.contents();
        let counted = text
            .lines()
            .any(|l| l.starts_with(&heading) || l.trim_end() == plain);
        counted && text.lines().next().is_some_and(|l| l.contains("live"))
    });
}

struct Raw {
    items: usize,
    bytes: usize,
    took: Duration,
}

/// The same pages, read by the same client library and thrown away.
fn raw(path: &str, page: usize) -> Raw {
    support::tls();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let file = kube::config::Kubeconfig::read_from(rig("MIDWATCH_RIG_KUBECONFIG_SRE")).unwrap();
        let config =
            kube::Config::from_custom_kubeconfig(file, &kube::config::KubeConfigOptions::default())
                .await
                .unwrap();
        let client = kube::Client::try_from(config).unwrap();
        let start = Instant::now();
        let (mut bytes, mut next, mut first) = (0, String::new(), String::new());
        loop {
            let uri = format!("{path}?limit={page}&continue={next}");
            let text = client
                .request_text(http::Request::get(uri).body(Vec::new()).unwrap())
                .await
                .unwrap();
            bytes += text.len();
            next = token(&text);
            if first.is_empty() {
                first = text;
            }
            if next.is_empty() {
                let took = start.elapsed();
                let list: serde_json::Value = serde_json::from_str(&first).unwrap();
                let rest = list["metadata"]["remainingItemCount"].as_u64().unwrap_or(0);
                let items =
                    list["items"].as_array().unwrap().len() + usize::try_from(rest).unwrap();
                return Raw { items, bytes, took };
            }
        }
    })
}

/// The continue token of a page: before the items for built-in kinds, after them for others.
fn token(text: &str) -> String {
    let head = text.get(..text.len().min(4000)).unwrap_or(text);
    let tail = text.get(text.len().saturating_sub(4000)..).unwrap_or(text);
    let found = [head, tail]
        .into_iter()
        .find_map(|part| part.split("\"continue\":\"").nth(1)?.split('"').next());
    found.unwrap_or_default().to_owned()
}

/// A minute in which nothing happens.
fn idle(console: &Pty) {
    console.settle(Duration::from_secs(3), LONG);
    let (bytes, ticks, mark, start) = (
        console.bytes(),
        cpu_ticks(console.pid()).unwrap(),
        audit_mark(),
        Instant::now(),
    );
    std::thread::park_timeout(IDLE);
    let seconds = start.elapsed().as_secs_f64();
    let cpu = (cpu_ticks(console.pid()).unwrap() - ticks) as f64 / seconds;
    print("idle: requests a minute", requests_since(mark), "");
    print(
        "idle: terminal bytes a minute (clock and ages only)",
        console.bytes() - bytes,
        "",
    );
    print("idle: CPU, one core = 100", format!("{cpu:.1}"), "%");
}

/// A hundred changes a second, and a person who presses keys.
fn churned(console: &mut Pty) {
    let mut churn = churn();
    let (ticks, start) = (cpu_ticks(console.pid()).unwrap(), Instant::now());
    std::thread::park_timeout(Duration::from_secs(20));
    let cpu = (cpu_ticks(console.pid()).unwrap() - ticks) as f64 / start.elapsed().as_secs_f64();
    print(
        "100 changes a second: CPU, one core = 100",
        format!("{cpu:.1}"),
        "%",
    );
    let mut times = Vec::new();
    for sample in 0..SAMPLES {
        let pressed = Instant::now();
        if sample % 2 == 0 {
            console.send("?");
            console.wait_for("Keys here", LONG);
        } else {
            console.send("?");
            console.wait_gone("Keys here", LONG);
        }
        times.push(pressed.elapsed());
        // not in step with the data frames
        std::thread::park_timeout(Duration::from_millis(30 + (sample as u64 * 37) % 90));
    }
    quantiles("100 changes a second: key to frame", &mut times);
    let _ = churn.kill();
    let _ = churn.wait();
}

fn churn() -> Child {
    Command::new(rig("MIDWATCH_RIG_DRIVER"))
        .args([
            "churn",
            "--kubeconfig",
            &rig("MIDWATCH_RIG_KUBECONFIG_ADMIN"),
            "--rate",
            "100",
            "--seconds",
            "120",
        ])
        .spawn()
        .unwrap()
}

fn audit_mark() -> usize {
    fs::metadata(rig("MIDWATCH_RIG_AUDIT_LOG")).map_or(0, |m| usize::try_from(m.len()).unwrap())
}

/// Requests that the API server saw from us: distinct audit ids.
fn requests_since(mark: usize) -> usize {
    let log = fs::read(rig("MIDWATCH_RIG_AUDIT_LOG")).unwrap();
    let text = String::from_utf8_lossy(&log[mark.min(log.len())..]).into_owned();
    let ids = text.lines().filter(|l| {
        l.contains("\"username\":\"sre\"") && l.contains("\"stage\":\"ResponseComplete\"")
    });
    let mut ids: Vec<&str> = ids
        .filter_map(|l| l.split("\"auditID\":\"").nth(1)?.split('"').next())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.len()
}

/// Median and 99th of a hundred.
fn quantiles(what: &str, times: &mut [Duration]) {
    times.sort();
    for share in [50, 99] {
        let at = times[(times.len() - 1) * share / 100];
        print(
            &format!("{what}, p{share}"),
            format!("{:.1}", at.as_secs_f64() * 1000.0),
            "ms",
        );
    }
}

fn print(what: &str, figure: impl std::fmt::Display, unit: &str) {
    println!("{what:<64} {figure:>8} {unit}");
}

fn ratio(what: &str, took: Duration, raw: Duration) {
    print(what, took.as_millis(), "ms");
    print("  the same pages read raw", raw.as_millis(), "ms");
    print(
        "  ratio",
        format!("{:.2}", took.as_secs_f64() / raw.as_secs_f64()),
        "x",
    );
}
