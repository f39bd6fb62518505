//! What is measured of GPUs, by whom, and what is said where it is not.

use midwatch::domain::{GpuBy, SourceState};

use super::{gpus, line, live, shown, told};
use crate::platform::{ago, now};

#[test]
fn a_slice_that_is_not_measured_is_a_dash_and_never_nothing() {
    let mut model = live();
    let shown = shown(&mut model);
    let line = line(&shown, "notebook-07 (notebook)");
    assert!(
        line.trim_end().ends_with("-  -") || !line.contains(" 0 %"),
        "{line}"
    );
    assert!(!line.contains('%'), "{line}");
}

#[test]
fn without_prometheus_a_pod_holds_one_of_seven_and_that_is_said() {
    let mut model = told(Vec::new(), SourceState::Absent);
    let shown = shown(&mut model);
    assert!(
        shown.contains("no Prometheus and no DCGM exporter found"),
        "{shown}"
    );
    assert!(line(&shown, "held  no exporter").contains("of"), "{shown}");
    assert!(
        line(&shown, "train-nightly (run)").contains("not known which"),
        "{shown}"
    );
    assert!(!shown.contains(" 0 %"), "{shown}");
}

#[test]
fn with_prometheus_and_without_dcgm_that_is_said() {
    let mut model = told(Vec::new(), SourceState::Live);
    let shown = shown(&mut model);
    assert!(
        shown.contains("neither Prometheus nor an exporter has DCGM figures"),
        "{shown}"
    );
}

#[test]
fn what_exporters_tell_themselves_has_no_past_and_that_is_said() {
    let mut asked = gpus();
    for row in &mut asked {
        row.by = GpuBy::Exporter;
    }
    let mut model = told(asked, SourceState::Live);
    let shown = shown(&mut model);
    assert!(
        shown.contains("asked of the exporters themselves: the last hour"),
        "{shown}"
    );
    assert!(
        shown.contains("DCGM exporter, asked itself"),
        "where a figure comes from:\n{shown}"
    );
}

#[test]
fn figures_that_have_stopped_are_told_with_their_age() {
    let mut old = gpus();
    for row in &mut old {
        row.xid = None;
        row.measured = Some(ago(900));
    }
    let mut model = told(old, SourceState::Live);
    let shown = shown(&mut model);
    assert!(
        line(&shown, "GPU 1").contains("figures 15 m old"),
        "{shown}"
    );
    let _ = now();
}
