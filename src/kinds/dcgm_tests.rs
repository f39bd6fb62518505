//! Series of DCGM as figures of GPUs.

use super::*;

fn labels(text: &str) -> Labels {
    text.split_whitespace()
        .filter_map(|pair| pair.split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect()
}

fn read(samples: &[(&str, &str, f64)]) -> Vec<GpuRow> {
    let cluster = ClusterId::new("c");
    let mut dcgm = Dcgm::default();
    for (name, text, value) in samples {
        dcgm.take(&cluster, name, &labels(text), *value);
    }
    dcgm.rows(GpuBy::Prometheus, |_| None)
}

const PROF: &str = "DCGM_FI_PROF_GR_ENGINE_ACTIVE";
const UTIL: &str = "DCGM_FI_DEV_GPU_UTIL";

#[test]
fn the_workload_is_told_by_exported_labels_and_the_exporter_is_no_workload() {
    let rows = read(&[
        (
            PROF,
            "Hostname=n gpu=0 namespace=gpu-operator pod=nvidia-dcgm-exporter-x exported_namespace=ml exported_pod=train exported_container=main",
            0.5,
        ),
        (
            PROF,
            "Hostname=n gpu=1 namespace=gpu-operator pod=whatever",
            0.0,
        ),
    ]);
    assert_eq!(&*rows[0].slices[0].held[0].pod, "train");
    assert!(rows[1].slices[0].held.is_empty(), "nobody holds it");
    // scraped with the labels as they are
    let rows = read(&[
        (
            PROF,
            "hostname=n gpu=0 namespace=ml pod=train container=main",
            0.5,
        ),
        (
            PROF,
            "hostname=n gpu=1 namespace=gpu-operator pod=nvidia-dcgm-exporter-x",
            0.0,
        ),
    ]);
    assert_eq!(
        (&*rows[0].node, &*rows[0].slices[0].held[0].pod),
        ("n", "train")
    );
    assert!(rows[1].slices[0].held.is_empty());
}

#[test]
fn ratios_and_percents_are_the_same_measure_and_the_engine_is_believed_first() {
    let rows = read(&[
        (UTIL, "Hostname=n gpu=0", 80.0),
        (UTIL, "Hostname=n gpu=1", 100.0),
        (PROF, "Hostname=n gpu=1", 0.25),
    ]);
    let busy = |i: usize| rows[i].slices[0].busy.unwrap();
    assert!((busy(0).ratio - 0.8).abs() < 1e-9 && busy(0).by == BusyBy::Kernels);
    assert!((busy(1).ratio - 0.25).abs() < 1e-9 && busy(1).by == BusyBy::Engine);
}

#[test]
fn a_slice_is_not_measured_by_what_measures_whole_gpus() {
    let rows = read(&[
        (
            UTIL,
            "Hostname=n gpu=0 GPU_I_ID=3 GPU_I_PROFILE=1g.10gb",
            0.0,
        ),
        (UTIL, "Hostname=n gpu=0", 40.0),
        (
            PROF,
            "Hostname=n gpu=0 GPU_I_ID=4 GPU_I_PROFILE=2g.20gb",
            0.5,
        ),
    ]);
    let slices = &rows[0].slices;
    let told: Vec<_> = slices
        .iter()
        .map(|s| (s.instance, s.busy.map(|b| b.ratio)))
        .collect();
    assert_eq!(told, [(Some(3), None), (Some(4), Some(0.5))]);
}

#[test]
fn what_is_blank_or_no_number_is_unknown() {
    let rows = read(&[
        ("DCGM_FI_DEV_POWER_USAGE", "Hostname=n gpu=0", f64::NAN),
        (
            "DCGM_FI_DEV_GPU_TEMP",
            "Hostname=n gpu=0",
            9.223_372_036_854_775e18,
        ),
        ("DCGM_FI_DEV_MEMORY_TEMP", "Hostname=n gpu=0", 0.0),
        ("DCGM_FI_DEV_XID_ERRORS", "Hostname=n gpu=0", 0.0),
    ]);
    let gpu = &rows[0];
    assert_eq!(
        (gpu.power, gpu.temperature, gpu.memory_temperature),
        (None, None, None)
    );
    assert_eq!(gpu.xid, None);
    assert_eq!(gpu.slices[0].busy, None);
}

#[test]
fn figures_of_the_board_repeat_on_slices_and_are_not_summed() {
    let rows = read(&[
        (
            "DCGM_FI_DEV_POWER_USAGE",
            "Hostname=n gpu=0 GPU_I_ID=1 GPU_I_PROFILE=1g.10gb",
            240.0,
        ),
        (
            "DCGM_FI_DEV_POWER_USAGE",
            "Hostname=n gpu=0 GPU_I_ID=2 GPU_I_PROFILE=1g.10gb",
            240.0,
        ),
        (
            "DCGM_FI_DEV_XID_ERRORS",
            "Hostname=n gpu=0 GPU_I_ID=2",
            79.0,
        ),
    ]);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].power, Some(240.0));
    assert_eq!(rows[0].xid.unwrap().code, 79);
}

#[test]
fn pods_that_share_a_gpu_in_time_are_all_named() {
    let rows = read(&[
        (
            PROF,
            "Hostname=n gpu=0 exported_namespace=ml exported_pod=a exported_container=m",
            0.25,
        ),
        (
            PROF,
            "Hostname=n gpu=0 exported_namespace=ml exported_pod=b exported_container=m",
            0.25,
        ),
    ]);
    assert_eq!(rows[0].slices.len(), 1);
    assert_eq!(rows[0].slices[0].held.len(), 2);
}
