//! Alerts and silences: what fires from Alertmanager, what is about to from Prometheus. Does I/O.

mod decode;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::{AlertRow, AlertState, ClusterId, SilenceRow};
use crate::fault::{Fault, FaultKind};
use crate::feed::http::{Backend, known};
use crate::feed::kube::{Link, Source};
use crate::feed::poll::{Got, Reads, poll};
use crate::kinds::KindSpec;
use decode::{RaisedAnswer, Sent, Silence};

/// How often alerts are asked for.
const ALERTS: Duration = Duration::from_secs(15);
/// How often silences are asked for.
const SILENCES: Duration = Duration::from_secs(30);

/// The feed of alerts.
pub(crate) const ALERTS_SPEC: KindSpec = crate::feed::asked("alerts");
/// The feed of silences.
pub(crate) const SILENCES_SPEC: KindSpec = crate::feed::asked("silences");

/// Tells alerts until nobody listens any more.
pub(crate) async fn alerts(source: Source) {
    let reads = Alerts::new(&source.link);
    poll(source, reads, "looking for Alertmanager").await;
}

/// Tells silences until nobody listens any more.
pub(crate) async fn silences(source: Source) {
    let reads = Silences {
        cluster: source.link.target.id.clone(),
        manager: Backend::of(source.link.clone(), &known::ALERTMANAGER),
    };
    poll(source, reads, "looking for Alertmanager").await;
}

struct Alerts {
    cluster: ClusterId,
    manager: Backend,
    prometheus: Backend,
}

impl Alerts {
    fn new(link: &Arc<Link>) -> Self {
        Self {
            cluster: link.target.id.clone(),
            manager: Backend::of(link.clone(), &known::ALERTMANAGER),
            prometheus: Backend::of(link.clone(), &known::PROMETHEUS),
        }
    }

    async fn sent(&self) -> Result<Vec<AlertRow>, Fault> {
        let all = [
            ("active", "true"),
            ("silenced", "true"),
            ("inhibited", "true"),
        ];
        let alerts: Vec<Sent> = self.manager.read("/api/v2/alerts", &all).await?;
        let row = |alert| decode::sent(&self.cluster, alert);
        Ok(alerts.into_iter().map(row).collect())
    }

    async fn raised(&self) -> Result<Vec<AlertRow>, Fault> {
        let answer: RaisedAnswer = self.prometheus.read("/api/v1/alerts", &[]).await?;
        let row = |alert| decode::raised(&self.cluster, alert);
        Ok(answer.alerts().iter().map(row).collect())
    }
}

impl Reads for Alerts {
    type Row = AlertRow;

    fn every(&self) -> Duration {
        ALERTS
    }

    async fn read(&mut self) -> Result<Got<AlertRow>, Fault> {
        let (sent, raised) = futures::join!(self.sent(), self.raised());
        Ok(match (sent, raised) {
            (Ok(sent), Ok(raised)) => {
                let pending = |row: &AlertRow| row.state == AlertState::Pending;
                Got {
                    rows: sent
                        .into_iter()
                        .chain(raised.into_iter().filter(pending))
                        .collect(),
                    missing: None,
                }
            }
            (Ok(rows), Err(fault)) => Got {
                rows,
                missing: Some(about(fault, "Alerts that are pending are not known")),
            },
            // what fires is known, what is silenced is not
            (Err(fault), Ok(rows)) => Got {
                rows,
                missing: Some(about(fault, "What is silenced is not known")),
            },
            // the one that is there says more than the one that is not
            (Err(fault), Err(other)) if fault.kind == FaultKind::Gone => return Err(other),
            (Err(fault), Err(_)) => return Err(fault),
        })
    }

    fn endpoint(&self) -> Option<String> {
        let both = [&self.manager, &self.prometheus];
        let found: Vec<String> = both.iter().filter_map(|b| b.known_endpoint()).collect();
        (!found.is_empty()).then(|| found.join("; "))
    }

    async fn anew(&mut self) {
        self.manager.anew().await;
        self.prometheus.anew().await;
    }
}

fn about(fault: Fault, what: &str) -> Fault {
    Fault {
        what: format!("{what}: {}", fault.what),
        ..fault
    }
}

struct Silences {
    cluster: ClusterId,
    manager: Backend,
}

impl Reads for Silences {
    type Row = SilenceRow;

    fn every(&self) -> Duration {
        SILENCES
    }

    async fn read(&mut self) -> Result<Got<SilenceRow>, Fault> {
        let silences: Vec<Silence> = self.manager.read("/api/v2/silences", &[]).await?;
        let row = |silence| decode::silence(&self.cluster, silence);
        Ok(Got {
            rows: silences.into_iter().map(row).collect(),
            missing: None,
        })
    }

    fn endpoint(&self) -> Option<String> {
        self.manager.known_endpoint()
    }

    async fn anew(&mut self) {
        self.manager.anew().await;
    }
}
