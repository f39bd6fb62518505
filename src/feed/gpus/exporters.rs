//! The DCGM exporters of a cluster, asked themselves where no Prometheus has their figures. Does I/O.
//!
//! One answer for each node, once a minute. An exporter that does not answer keeps its last figures, with their time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use jiff::Timestamp;

use super::seen::Seen;
use crate::domain::{ClusterId, GpuBy, GpuRow};
use crate::fault::{Fault, FaultKind};
use crate::feed::http::{Each, Every, known};
use crate::feed::kube::Link;
use crate::kinds::dcgm::{Dcgm, OF_GPU, OF_SLICE};
use crate::kinds::exposition::samples;

/// Seconds between two rounds.
const EVERY: Duration = Duration::from_secs(60);
/// Which exporters there are is looked up again after so long.
const LOOKED: Duration = Duration::from_secs(300);
/// Most of them asked at the same time.
const AT_ONCE: usize = 8;
/// Most of them asked at all: each answer is some hundred KB.
const MOST: usize = 128;
/// Figures of an exporter that does not answer are forgotten after so many seconds.
const FORGOTTEN: i64 = 3_600;

/// The exporters of one cluster.
pub(super) struct Exporters {
    link: Arc<Link>,
    cluster: ClusterId,
    every: Option<(Instant, Every)>,
    /// When they were asked last.
    asked: Option<Instant>,
    /// What was told last, by the pod that told it.
    told: BTreeMap<String, (Timestamp, Vec<GpuRow>)>,
    seen: Seen,
    /// What came of the last round.
    fault: Option<Fault>,
    answered: usize,
}

impl Exporters {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self {
            cluster: link.target.id.clone(),
            link,
            every: None,
            asked: None,
            told: BTreeMap::new(),
            seen: Seen::default(),
            fault: None,
            answered: 0,
        }
    }

    /// Where they are.
    pub(super) fn endpoint(&self) -> Option<&str> {
        self.every.as_ref().map(|(_, every)| &*every.endpoint)
    }

    /// Everything is looked up again.
    pub(super) fn anew(&mut self) {
        self.every = None;
        self.asked = None;
    }

    /// What is wrong with them; none when all answered.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// Some of them answered.
    pub(super) fn answers(&self) -> bool {
        self.answered > 0
    }

    /// What they tell: asked when it is time, as it was told otherwise.
    pub(super) async fn rows(&mut self, now: Timestamp) -> Vec<GpuRow> {
        if self.asked.is_none_or(|at| at.elapsed() >= EVERY) {
            self.asked = Some(Instant::now());
            self.round(now).await;
        }
        let recent = |told: &Timestamp| now.as_second() - told.as_second() < FORGOTTEN;
        self.told.retain(|_, (told, _)| recent(told));
        self.told
            .values()
            .flat_map(|(_, rows)| rows.clone())
            .collect()
    }

    async fn round(&mut self, now: Timestamp) {
        self.answered = 0;
        let old = self
            .every
            .as_ref()
            .is_none_or(|(at, _)| at.elapsed() >= LOOKED);
        if old {
            match Every::of(&self.link, &known::DCGM).await {
                Ok(every) => self.every = Some((Instant::now(), every)),
                Err(fault) => {
                    self.fault = Some(fault);
                    return;
                }
            }
        }
        let Some((_, every)) = &mut self.every else {
            return;
        };
        let all = every.pods.len();
        let rest = every.pods.split_off(all.min(MOST));
        let pods = std::mem::replace(&mut every.pods, rest);
        let asked = pods
            .into_iter()
            .map(|each| ask(each, self.cluster.clone(), now));
        let mut answers = futures::stream::iter(asked).buffer_unordered(AT_ONCE);
        let mut failed = Vec::new();
        while let Some((each, answer)) = answers.next().await {
            match answer {
                Ok(mut rows) => {
                    self.seen.join(&mut rows, now);
                    self.told.insert(each.pod.clone(), (now, rows));
                    self.answered += 1;
                }
                Err(fault) => failed.push((each.pod.clone(), fault)),
            }
            every.pods.push(each);
        }
        every
            .pods
            .sort_by(|a, b| (&a.node, &a.pod).cmp(&(&b.node, &b.pod)));
        failed.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.fault = wrong(failed, all);
    }
}

/// What is told of a round that did not bring everything.
fn wrong(failed: Vec<(String, Fault)>, all: usize) -> Option<Fault> {
    let bad = failed.len();
    let Some((_, first)) = failed.into_iter().next() else {
        return (all > MOST).then(|| {
            let what = format!("only {MOST} of {all} DCGM exporters are asked");
            let kind = FaultKind::Config;
            let mut fault = Fault::new("dcgm", kind, what, Timestamp::now());
            "A Prometheus that scrapes them tells of all.".clone_into(&mut fault.hint);
            fault
        });
    };
    let what = format!(
        "{bad} of {all} DCGM exporters do not answer: {}",
        first.what
    );
    // the others have answered: nobody has to wait for these
    let kind = match first.kind {
        FaultKind::Busy => FaultKind::Unreachable,
        kind => kind,
    };
    Some(Fault {
        kind,
        what,
        ..first
    })
}

/// Asks one of them for the GPUs of its node.
async fn ask(
    mut each: Each,
    cluster: ClusterId,
    now: Timestamp,
) -> (Each, Result<Vec<GpuRow>, Fault>) {
    let answer = each.get(known::DCGM.probe).await;
    let rows = answer.map(|reply| {
        let text = String::from_utf8_lossy(&reply.body);
        read(&text, &each.node, &cluster, now)
    });
    (each, rows)
}

/// The GPUs that the text of one exporter tells of. Which node that is of is known from where the exporter runs: by
/// itself it may name its own pod.
fn read(text: &str, node: &str, cluster: &ClusterId, now: Timestamp) -> Vec<GpuRow> {
    let mut dcgm = Dcgm::default();
    let wanted = |name: &str| OF_GPU.contains(&name) || OF_SLICE.contains(&name);
    for mut sample in samples(text, wanted) {
        if !node.is_empty() {
            sample.labels.remove("hostname");
            sample.labels.insert("Hostname".to_owned(), node.to_owned());
        }
        dcgm.take(cluster, sample.name, &sample.labels, sample.value);
    }
    dcgm.rows(GpuBy::Exporter, |_| Some(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# TYPE DCGM_FI_DEV_GPU_TEMP gauge
DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-1",modelName="NVIDIA A100-SXM4-80GB",Hostname="nvidia-dcgm-exporter-x7k2p",GPU_I_PROFILE="1g.10gb",GPU_I_ID="7",namespace="ml",pod="sweep-1",container="main"} 44
DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-1",modelName="NVIDIA A100-SXM4-80GB",Hostname="nvidia-dcgm-exporter-x7k2p",GPU_I_PROFILE="1g.10gb",GPU_I_ID="8"} 44
# TYPE DCGM_FI_PROF_GR_ENGINE_ACTIVE gauge
DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="0",UUID="GPU-1",Hostname="nvidia-dcgm-exporter-x7k2p",GPU_I_PROFILE="1g.10gb",GPU_I_ID="7",namespace="ml",pod="sweep-1",container="main"} 0.5
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-1",Hostname="nvidia-dcgm-exporter-x7k2p",GPU_I_PROFILE="1g.10gb",GPU_I_ID="8"} 0
DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-1",Hostname="nvidia-dcgm-exporter-x7k2p",GPU_I_PROFILE="1g.10gb",GPU_I_ID="8"} 9223372036854775794
"#;

    #[test]
    fn an_exporter_tells_of_its_node_whatever_it_takes_itself_for() {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        let rows = read(TEXT, "gpu-1", &ClusterId::new("c"), now);
        assert_eq!(rows.len(), 1);
        let gpu = &rows[0];
        assert_eq!((&*gpu.node, &*gpu.key.name), ("gpu-1", "gpu-1/0"));
        assert_eq!((gpu.temperature, gpu.measured), (Some(44.0), Some(now)));
        assert_eq!(gpu.by, GpuBy::Exporter);
        let [held, free] = &*gpu.slices else {
            panic!("{:?}", gpu.slices)
        };
        assert_eq!(
            (&*held.held[0].pod, held.busy.unwrap().ratio),
            ("sweep-1", 0.5)
        );
        // of a slice the other metric says nothing, and a blank is no figure
        assert_eq!((free.busy, free.memory_used), (None, None));
    }

    #[test]
    fn exporters_that_do_not_answer_are_counted() {
        let fault = Fault::new(
            "dcgm",
            FaultKind::Busy,
            "The pod x is not ready",
            Timestamp::UNIX_EPOCH,
        );
        let told = wrong(vec![("x".to_owned(), fault)], 6).unwrap();
        assert_eq!(
            told.what,
            "1 of 6 DCGM exporters do not answer: The pod x is not ready"
        );
        assert_eq!(told.kind, FaultKind::Unreachable);
        assert!(wrong(Vec::new(), 6).is_none());
        assert!(wrong(Vec::new(), 500).unwrap().what.contains("128 of 500"));
    }
}
