//! `midwatch demo`: a small platform to look at and to practise on, without a cluster. I/O.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::drill::{paged, score};
use crate::demo::{DRILLS, Drill, Options, Platform};
use crate::fault::meant;

/// Start a small platform that behaves, on this machine, and look at it.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Run the platform alone and print a kubeconfig for it, for any client to use.
    #[arg(long)]
    pub serve: bool,
    /// What happens by itself is the same for the same seed and speed.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many times faster than real things take their course.
    #[arg(long, default_value_t = 1.0)]
    pub speed: f64,
    /// Port on 127.0.0.1; any free one when 0.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Practise on one incident; the score is told at the end.
    #[arg(long, value_name = "NAME", value_parser = drill)]
    pub drill: Option<&'static Drill>,
    /// List the incidents to practise on.
    #[arg(long, conflicts_with_all = ["drill", "serve"])]
    pub list: bool,
}

/// The drill of this name.
fn drill(name: &str) -> Result<&'static Drill, String> {
    let names = DRILLS.iter().map(|drill| drill.name);
    Drill::named(name).ok_or_else(|| {
        let hint = meant(name, names.clone());
        let all: Vec<&str> = names.collect();
        if hint.starts_with("did") {
            hint
        } else {
            format!("there are {}", all.join(", "))
        }
    })
}

impl DemoArgs {
    /// How to run the platform.
    #[must_use]
    pub fn options(&self) -> Options {
        Options {
            seed: self.seed,
            speed: self.speed,
            port: self.port,
            drill: self.drill,
            ..Options::default()
        }
    }
}

/// Runs the platform alone, until SIGINT, SIGTERM or SIGHUP. The first line of stdout is the path of a kubeconfig.
pub async fn serve(args: &DemoArgs) -> anyhow::Result<()> {
    let mut ends = Vec::new();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        ends.push(signal(kind).context("cannot listen for signals")?);
    }
    let platform = Platform::start(args.options()).await?;
    say(&platform).context("cannot write to stdout")?;
    if let Some(drill) = args.drill {
        super::exit::say(&paged(drill));
    }
    futures::future::select_all(ends.iter_mut().map(|s| Box::pin(s.recv()))).await;
    if let (Some(drill), Some(tally)) = (args.drill, platform.tally()) {
        super::exit::say(score(drill, &tally, None).trim_end());
    }
    platform.shutdown().await;
    Ok(())
}

fn say(platform: &Platform) -> std::io::Result<()> {
    let path = platform.kubeconfig().display();
    let other = |person: &str| -> String {
        let path = platform.kubeconfig_for(person);
        let name = path.file_name().map_or(Path::new(""), Path::new);
        name.display().to_string()
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{path}")?;
    writeln!(out)?;
    writeln!(
        out,
        "The platform serves {} until this command ends. Use it with any client:",
        platform.url()
    )?;
    writeln!(out, "  midwatch --kubeconfig {path}")?;
    writeln!(out, "  kubectl --kubeconfig {path} get workflows -A")?;
    let others: Vec<String> = ["admin", "sre", "viewer", "nobody"].map(other).to_vec();
    writeln!(
        out,
        "In the same folder, with other rights: {}.",
        others.join(", ")
    )?;
    out.flush()
}
