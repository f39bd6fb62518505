//! How fast the budgets of an incident burned, asked of the Prometheus of each cluster. I/O. What cannot be asked is told as
//! not known: a report is written without any cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;

use super::curves::{Burned, CELLS};
use crate::cli::args::{Connect, Show};
use crate::cli::console::{backends, runtime, settings};
use crate::config::objectives;
use crate::domain::Clean;
use crate::feed::kube::{Options, Places, Target, login, targets};
use crate::feed::prometheus::look_back;
use crate::settings::Settings;
use crate::slo::{Curve, Past, Span};

/// How long one cluster may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Seconds that are shown before it began: what it was like when it was well.
const BEFORE: i64 = 600;

/// A service: its cluster, its namespace, its name.
pub(super) type Place = (Clean, Clean, Clean);

/// What is known of how the budgets of these services burned from one time to another.
pub(super) fn burned(
    places: &BTreeSet<Place>,
    (from, until): (Timestamp, Timestamp),
    connect: &Connect,
    show: &Show,
) -> Vec<Burned> {
    let mut clusters: BTreeMap<&Clean, BTreeSet<(String, String)>> = BTreeMap::new();
    for (cluster, namespace, name) in places {
        let service = (namespace.to_string(), name.to_string());
        clusters.entry(cluster).or_default().insert(service);
    }
    if clusters.is_empty() {
        return Vec::new();
    }
    let settings = settings(connect, show).1.effective.settings;
    let span = span(from, until);
    let mut all = Vec::new();
    for (cluster, services) in clusters {
        let asked = asked(cluster, &services, (span, until), (connect, &settings));
        let (asked, unread) = asked;
        let (curves, why) = match asked {
            Ok(curves) => (curves, Clean::default()),
            Err(why) => (Vec::new(), Clean::new(&why)),
        };
        all.extend(services.iter().map(|(namespace, name)| {
            let of = (Clean::new(namespace), Clean::new(name));
            let mine = curves.iter().filter(|curve| curve.service == of);
            Burned {
                cluster: cluster.clone(),
                curves: mine.cloned().collect(),
                why: why.clone(),
                unread: unread.clone(),
                namespace: of.0.clone(),
                name: of.1.clone(),
            }
        }));
    }
    all
}

/// Whole minutes, as many as there are cells, and a little of the time before.
fn span(from: Timestamp, until: Timestamp) -> Span {
    let length = (until.as_second() - from.as_second()).max(0) + BEFORE;
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let cells = u32::try_from(CELLS).unwrap_or(60);
    let step = length
        .div_ceil(cells)
        .div_ceil(60)
        .max(1)
        .saturating_mul(60);
    Span {
        seconds: length.div_ceil(step).saturating_mul(step),
        step,
    }
}

/// The curves, and why objectives that stand in the cluster are not known.
fn asked(
    cluster: &str,
    services: &BTreeSet<(String, String)>,
    (span, until): (Span, Timestamp),
    (connect, settings): (&Connect, &Settings),
) -> (Result<Vec<Curve>, String>, Vec<Clean>) {
    let mut unread = Vec::new();
    let target = match target(cluster, connect) {
        Ok(target) => target,
        Err(why) => return (Err(why), unread),
    };
    let wished = objectives(&settings.slo).0;
    let mut past = Past::new(&wished, services.clone(), span);
    let options = Options {
        sources: backends(connect, settings),
        objectives: wished,
        ..Options::default()
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return (Err(error.to_string()), unread),
    };
    let asked = runtime.block_on(async {
        let asked = look_back(target, options, (&mut past, &mut unread), until);
        timeout(PATIENCE, asked).await
    });
    // not dropped: that would wait for tasks that may never end
    runtime.shutdown_background();
    let curves = past.curves(until.as_second());
    let curves = match asked {
        _ if !curves.is_empty() => Ok(curves),
        Ok(Ok(())) => Ok(curves),
        Ok(Err(fault)) => Err(fault.what),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    };
    (curves, unread)
}

/// The cluster, logged in: a plugin may ask on the terminal.
fn target(cluster: &str, connect: &Connect) -> Result<Target, String> {
    let places = Places::of_process(connect.kubeconfig.clone());
    let found = targets(&places, &[cluster.to_owned()]).map_err(|fault| fault.what)?;
    let target = found.into_iter().next();
    let target = target.ok_or_else(|| format!("there is no context {cluster}"))?;
    login(&target).map_err(|fault| fault.what)?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_has_at_most_its_cells_and_begins_before_the_incident() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (length, step) in [(0, 60), (3_000, 60), (3_600, 120), (86_400, 1_500)] {
            let span = span(at(1_000_000), at(1_000_000 + length));
            assert_eq!(span.step, step, "{length}");
            assert!(span.seconds / span.step <= 60, "{span:?}");
            assert!(i64::from(span.seconds) >= length + BEFORE, "{span:?}");
        }
    }
}
