//! GPUs, slices, those who hold them and pods that wait for them as JSON. Pure.

use serde_json::{Value, json};

use super::{Item, Said, placed, said_of, text, time};
use crate::app::screen::Ctx;
use crate::domain::{Busy, Clean, GpuBy, GpuRow, LastXid, Row, Slice, Xid, throttled};
use crate::store::{Asked, Hold, HolderRow, SliceRow, WaitingRow};

fn busy(busy: Option<Busy>) -> Value {
    told(busy, GpuBy::Prometheus)
}

/// With the name that its metric has where it was told.
fn told(busy: Option<Busy>, by: GpuBy) -> Value {
    busy.map_or(
        Value::Null,
        |b| json!({"ratio": b.ratio, "metric": b.by.told_by(by)}),
    )
}

fn xid(last: Option<LastXid>) -> Value {
    let Some(last) = last else { return Value::Null };
    let known = Xid::of(last.code);
    json!({
        "code": last.code,
        "meaning": known.meaning,
        "weight": known.weight.word(),
        "advice": known.advice,
        "at": time(last.at),
        "before": time(last.before),
    })
}

fn slice(slice: &Slice, by: GpuBy) -> Value {
    json!({
        "instance": slice.instance,
        "profile": text(&slice.profile),
        "busy": told(slice.busy, by),
        "lastHour": told(slice.hour, by),
        "idleSince": time(slice.idle_since),
        "memoryUsedMiB": slice.memory_used,
        "memoryFreeMiB": slice.memory_free,
    })
}

fn hold(hold: &Hold) -> Value {
    let holder = &hold.holder;
    json!({
        "namespace": text(&hold.pod.namespace),
        "pod": text(&hold.pod.name),
        "kind": holder.kind.word(),
        "holder": text(&holder.key.name),
        "of": text(&holder.of),
        "owner": text(&holder.owner),
        "queue": text(&holder.queue),
    })
}

fn asked(all: &[Asked]) -> Value {
    let each = all
        .iter()
        .map(|a| (a.resource.to_string(), Value::from(a.count)));
    Value::Object(each.collect())
}

fn texts(all: &[Clean]) -> Vec<&str> {
    all.iter().map(Clean::as_str).collect()
}

impl Item for GpuRow {
    fn item(&self, _said: Said<'_>) -> Value {
        let fields = json!({
            "node": text(&self.node),
            "index": text(&self.index),
            "uuid": text(&self.uuid),
            "model": text(&self.model),
            "driver": text(&self.driver),
            "busy": told(self.busy(), self.by),
            "temperatureCelsius": self.temperature,
            "memoryTemperatureCelsius": self.memory_temperature,
            "powerWatts": self.power,
            "clockMHz": self.clock,
            "throttled": self.throttle.map(throttled),
            "xid": xid(self.xid),
            "eccUncorrectable": self.ecc_uncorrectable,
            "eccCorrected": self.ecc_corrected,
            "rowsUncorrectable": self.rows_uncorrectable,
            "rowsCorrected": self.rows_corrected,
            "remapFailed": self.remap_failed,
            "slices": self.slices.iter().map(|s| slice(s, self.by)).collect::<Vec<_>>(),
            "measuredAt": time(self.measured),
            "source": self.by.word(),
        });
        placed(&self.key, false, fields)
    }
}

impl Item for SliceRow {
    fn item(&self, _said: Said<'_>) -> Value {
        let fields = json!({
            "node": text(&self.gpu.node),
            "gpu": text(&self.gpu.index),
            "slice": self.gpu.slices.get(self.at).map(|s| slice(s, self.gpu.by)),
            "holds": self.holds.iter().map(hold).collect::<Vec<_>>(),
            "xid": xid(self.gpu.xid),
            "measuredAt": time(self.gpu.measured),
        });
        placed(&self.key, false, fields)
    }
}

impl Item for HolderRow {
    fn item(&self, said: Said<'_>) -> Value {
        let pods: Vec<&str> = self.pods.iter().map(|p| p.name.as_str()).collect();
        let fields = json!({
            "state": said_of(said, "state"),
            "kind": self.holder.kind.word(),
            "holder": text(&self.holder.key.name),
            "of": text(&self.holder.of),
            "owner": text(&self.holder.owner),
            "queue": text(&self.holder.queue),
            "holds": asked(&self.asked),
            "gpus": self.gpus,
            "measuredGpus": self.measured,
            "busy": busy(self.busy),
            "lastHour": busy(self.hour),
            "idleSince": time(self.idle_since),
            "unusedGpus": self.wasted(),
            "memoryUsedMiB": self.memory,
            "pods": pods,
            "nodes": texts(&self.nodes),
            "createdAt": time(self.created()),
        });
        placed(&self.key, true, fields)
    }

    fn joined(&self, ctx: &Ctx<'_>) -> Value {
        json!({"gpuHours": self.hours(ctx.now)})
    }
}

impl Item for WaitingRow {
    fn item(&self, _said: Said<'_>) -> Value {
        let fields = json!({
            "lacks": self.lacks.word(),
            "why": text(&self.why),
            "wants": asked(&self.asked),
            "kind": self.holder.kind.word(),
            "holder": text(&self.holder.key.name),
            "of": text(&self.holder.of),
            "owner": text(&self.holder.owner),
            "queue": text(&self.holder.queue),
            "evidence": texts(&self.evidence),
            "heldBy": texts(&self.held_by),
            "relayout": texts(&self.relayout),
            "object": self.waiter.word(),
            "createdAt": time(self.waiter.since()),
        });
        placed(&self.key, true, fields)
    }
}
