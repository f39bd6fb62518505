//! Services and revisions as JSON. Pure.

use serde_json::{Value, json};

use super::{Item, Said, placed, said_of, text, time};
use crate::app::lists::part;
use crate::app::screen::Ctx;
use crate::app::serving::burn::{fresh, is_live, objectives, rates};
use crate::app::serving::standing::replicas;
use crate::app::serving::words::Rate;
use crate::app::serving::written;
use crate::domain::{BurnRow, Burning, RevisionRow, ServiceRow};

impl Item for ServiceRow {
    fn item(&self, said: Said<'_>) -> Value {
        let traffic = self.traffic.iter().map(
            |s| json!({"revision": text(&s.revision), "percent": s.percent, "tag": text(&s.tag)}),
        );
        let canaries = self
            .canaries
            .iter()
            .map(|c| json!({"name": text(&c.name), "ready": c.ready, "percent": c.percent}));
        let model = &self.model;
        let fields = json!({
            "uid": text(&self.uid),
            "state": said_of(said, "state"),
            "mode": self.mode.word(),
            "ready": self.ready,
            "trouble": text(&self.trouble),
            "model": {
                "uri": text(&self.uri),
                "format": text(&self.format),
                "runtime": text(&self.runtime),
                "transition": text(&model.transition),
                "active": text(&model.active),
                "target": text(&model.target),
                "failure": text(&model.failure),
                "failedAt": time(model.failed_at),
            },
            "traffic": traffic.collect::<Vec<_>>(),
            "canaryPercent": self.canary,
            "createdRevision": text(&self.created_revision),
            "readyRevision": text(&self.ready_revision),
            "rolledOutRevision": text(&self.rolled_out),
            "previousRevision": text(&self.previous),
            "canaries": canaries.collect::<Vec<_>>(),
            "minReplicas": self.min_replicas,
            "maxReplicas": self.max_replicas,
            "stopped": self.stopped,
            "frozen": self.frozen,
            "behind": self.behind,
            "url": text(&self.url),
            "createdAt": time(self.created),
        });
        placed(&self.key, true, fields)
    }

    fn joined(&self, ctx: &Ctx<'_>) -> Value {
        let all = objectives(&self.key, ctx);
        // none where nothing measures it; where that cannot be told, it is not said
        let known = !all.is_empty() || is_live(ctx);
        let told: Option<Vec<Value>> =
            known.then(|| all.iter().map(|row| objective(row, ctx)).collect());
        let (there, wanted) = replicas(self, ctx).unzip();
        let broken = written::broken_of(&self.key, ctx);
        json!({"objectives": told, "brokenObjectives": broken, "replicas": there, "wantedReplicas": wanted.flatten()})
    }
}

fn objective(row: &BurnRow, ctx: &Ctx<'_>) -> Value {
    let state = match row.state {
        Burning::Page => "page",
        Burning::Ticket => "ticket",
        Burning::Unknown => "unknown",
        Burning::NoTraffic => "no-traffic",
        Burning::Inside => "inside",
    };
    let (hour, minutes) = rates(row);
    let least = matches!(hour, Some(Rate::AtLeast(_))) || matches!(minutes, Some(Rate::AtLeast(_)));
    json!({
        "name": text(&row.objective),
        "title": text(&row.title),
        "target": row.target,
        "state": state,
        "burnHour": hour.map(Rate::value),
        "burnMinutes": minutes.map(Rate::value),
        "atLeast": least,
        "writtenIn": row.origin.told(),
        "measuredBy": text(&row.by),
        "value": row.plain.as_ref().and_then(|p| p.value),
        "limit": row.plain.as_ref().map(|p| p.limit),
        "budgetLeft": row.left,
        "goneInSeconds": row.gone_in,
        "requestsPerSecond": row.volume,
        "doubts": row.doubts.iter().map(text).collect::<Vec<_>>(),
        "measuredAt": row.measured.to_string(),
        "live": fresh(row, ctx),
    })
}

impl Item for RevisionRow {
    fn item(&self, said: Said<'_>) -> Value {
        let fields = json!({
            "uid": text(&self.uid),
            "state": said_of(said, "state"),
            "service": text(&self.service),
            "ready": self.ready,
            "active": self.active,
            "trouble": text(&self.trouble),
            "replicas": self.replicas,
            "wantedReplicas": self.desired,
            "uri": text(&self.uri),
            "createdAt": time(self.created),
        });
        placed(&self.key, true, fields)
    }

    fn joined(&self, ctx: &Ctx<'_>) -> Value {
        json!({"percent": part(self, ctx)})
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::app::note::Notes;
    use crate::domain::{Clean, ClusterId, Key, Row, SourceId};
    use crate::kinds::{InferenceServices, Kind, Revisions};
    use crate::settings::Settings;
    use crate::store::{Batch, Change, World};

    fn put<R: Row>(world: &mut World, row: R) -> Arc<R> {
        let row = Arc::new(row);
        let source = SourceId {
            cluster: ClusterId::new("c"),
            feed: "test",
            scope: String::new(),
        };
        let changes = vec![Change::Put(row.clone())];
        world.table_mut().apply(Batch { source, changes });
        row
    }

    fn burn(service: &Key) -> BurnRow {
        BurnRow {
            key: Key::new(service.cluster.clone(), "ml", "fraud/errors"),
            service: service.clone(),
            objective: Clean::new("errors"),
            title: Clean::new("errors < 0.1 %"),
            target: 0.999,
            period: 2_592_000,
            state: Burning::Unknown,
            origin: crate::domain::Origin::BuiltIn,
            by: Clean::default(),
            plain: None,
            windows: Box::default(),
            worst: None,
            left: None,
            gone_in: None,
            covers: None,
            volume: None,
            trend: Box::default(),
            doubts: Box::default(),
            measured: Timestamp::UNIX_EPOCH,
        }
    }

    /// Names that the schema asks for, and those that stand in a value.
    fn named(definition: &str, value: &Value) -> (Vec<String>, Vec<String>) {
        let schema = include_str!("../../../docs/schema/midwatch-v1.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        let asked = schema["$defs"][definition]["required"].as_array().unwrap();
        let asked = asked.iter().map(|n| n.as_str().unwrap().to_owned());
        let there = value.as_object().unwrap().keys().cloned();
        let sorted = |names: Vec<String>| {
            let mut names = names;
            names.sort();
            names
        };
        (sorted(asked.collect()), sorted(there.collect()))
    }

    fn whole<R: Item>(row: &R, ctx: &Ctx<'_>) -> Value {
        let mut item = row.item(&|_| None);
        let more = row.joined(ctx);
        let fields = item.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        item
    }

    #[test]
    fn services_and_revisions_have_the_fields_that_the_schema_describes() {
        let mut world = World::default();
        let object = json!({"metadata": {"name": "fraud", "namespace": "ml"}, "status": {
            "components": {"predictor": {"traffic": [{"revisionName": "fraud-1", "percent": 100}]}},
            "canaryStatuses": [{"name": "next"}]}});
        let revision = json!({"metadata": {"name": "fraud-1", "namespace": "ml",
            "labels": {"serving.kserve.io/inferenceservice": "fraud"}}});
        let cluster = ClusterId::new("c");
        let slim = serde_json::from_value(object).unwrap();
        let service = put(&mut world, InferenceServices::row(&cluster, slim));
        let slim = serde_json::from_value(revision).unwrap();
        let revision = put(&mut world, Revisions::row(&cluster, slim));
        put(&mut world, burn(&service.key));
        let (settings, notes, loads) = (Settings::default(), Notes::default(), BTreeMap::new());
        let ctx = Ctx {
            world: &world,
            clusters: &[],
            settings: &settings,
            notes: &notes,
            loads: &loads,
            now: Timestamp::UNIX_EPOCH,
            page: 0,
        };
        let told = whole(&*service, &ctx);
        for (definition, value) in [
            ("Service", &told),
            ("Objective", &told["objectives"][0]),
            ("Share", &told["traffic"][0]),
            ("StandardCanary", &told["canaries"][0]),
            ("Revision", &whole(&*revision, &ctx)),
        ] {
            let (asked, there) = named(definition, value);
            assert_eq!(asked, there, "{definition}");
        }
        // what is not known is null and never 0
        assert_eq!(told["objectives"][0]["burnHour"], Value::Null);
        assert_eq!(
            (&told["replicas"], &told["canaryPercent"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(whole(&*revision, &ctx)["percent"], 100);
    }
}
