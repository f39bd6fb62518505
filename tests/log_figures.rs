//! What reading a log costs, in figures, from the embedded platform: printed, never judged.
//! `cargo test --release --test log_figures -- --ignored --nocapture`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss
)]

mod support;

use std::time::{Duration, Instant};

use midwatch::demo::{Options as DemoOptions, Platform};
use midwatch::feed::kube::Options;
use support::log::{Log, scope};
use support::process::peak_kib;

const TIME: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures"]
async fn a_flood_of_50_000_lines_a_second() {
    let options = DemoOptions {
        past: Duration::from_secs(60),
        ..DemoOptions::default()
    };
    let platform = Platform::start(options).await.unwrap();
    support::add_pod(&platform.kubeconfig_for("admin"), "flood", "flood:50000").await;
    let before = peak_kib(std::process::id()).unwrap();
    let mut log = Log::start(
        platform.kubeconfig(),
        Options::default(),
        scope("ml-fraud", "flood"),
        64,
    );
    log.until("the first lines", |l| !l.lines.is_empty()).await;
    let (start, mut lines, mut batches) = (Instant::now(), 0_usize, 0_usize);
    while start.elapsed() < TIME {
        let until = start.elapsed() + Duration::from_millis(200);
        log.until("lines", |_| start.elapsed() >= until).await;
        // as the loop does: what came is taken, and no more than that is kept
        lines += log.lines.len();
        batches += log.batches.len();
        log.lines.clear();
        log.batches.clear();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("lines a second: {:.0}", lines as f64 / seconds);
    println!("batches a second: {:.0}", batches as f64 / seconds);
    println!("dropped: {}", log.lost);
    println!(
        "memory: {} MiB more at the peak, server and reader together",
        (peak_kib(std::process::id()).unwrap() - before) / 1_024
    );
}
