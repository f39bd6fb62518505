//! Inference services of `KServe`. Pure. Fields: `pkg/apis/serving/v1beta1/inference_service_status.go`,
//! `predictor.go`, `component.go` of `KServe` 0.20.

mod loaded;

use serde::Deserialize;

use super::conditions::{Conditions, holds, place, safe, trouble};
use super::lenient::{Flag, Int, List, Obj};
use super::meta::Meta;
use super::{Kind, KindSpec, SlimMeta};
use crate::domain::{Beside, Clean, ClusterId, ServiceRow, ServingMode, Share, StandardCanary};
use loaded::{ModelStatus, state};

/// The feed `services`.
#[derive(Debug, Clone, Copy)]
pub struct InferenceServices;

/// What is read of an inference service.
#[derive(Debug, Deserialize)]
pub struct Slim {
    metadata: Meta,
    #[serde(default)]
    spec: Obj<Spec>,
    #[serde(default)]
    status: Obj<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec {
    predictor: Obj<Predictor>,
    transformer: Obj<Other>,
    explainer: Obj<Other>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Other {
    canary_traffic_percent: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Predictor {
    canary_traffic_percent: Int,
    min_replicas: Int,
    max_replicas: Int,
    model: Obj<Model>,
    // the spellings before `model`, which older objects still have
    sklearn: Obj<Model>,
    xgboost: Obj<Model>,
    tensorflow: Obj<Model>,
    pytorch: Obj<Model>,
    triton: Obj<Model>,
    onnx: Obj<Model>,
    huggingface: Obj<Model>,
    pmml: Obj<Model>,
    lightgbm: Obj<Model>,
    paddle: Obj<Model>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Model {
    #[serde(rename = "modelFormat")]
    form: Obj<Named>,
    storage_uri: Clean,
    storage: Obj<Storage>,
    runtime: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Storage {
    path: Clean,
    storage_uri: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    conditions: Conditions,
    deployment_mode: Clean,
    components: Obj<Components>,
    #[serde(rename = "modelStatus")]
    model: Obj<ModelStatus>,
    canary_statuses: List<Obj<Canary>>,
    serving_runtime_name: Clean,
    cluster_serving_runtime_name: Clean,
    url: Clean,
    observed_generation: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Components {
    predictor: Obj<Component>,
    transformer: Obj<Component>,
    explainer: Obj<Component>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Component {
    latest_ready_revision: Clean,
    latest_created_revision: Clean,
    latest_rolledout_revision: Clean,
    previous_rolledout_revision: Clean,
    traffic: List<Obj<Target>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Target {
    revision_name: Clean,
    percent: Int,
    tag: Clean,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Canary {
    name: Clean,
    ready: Flag,
    traffic_percent: Int,
}

/// Annotations that say how a service is deployed, that it is stopped, that edits are not carried out.
const MODE: &str = "serving.kserve.io/deploymentMode";
const STOP: &str = "serving.kserve.io/stop";
const FROZEN: &str = "serving.kserve.io/disable-auto-update";

impl Kind for InferenceServices {
    type Slim = Slim;
    type Row = ServiceRow;
    const SPEC: KindSpec = KindSpec {
        feed: "services",
        group: "serving.kserve.io",
        version: "v1beta1",
        plural: "inferenceservices",
        kind: "InferenceService",
        namespaced: true,
        page: 250,
    };

    fn meta(slim: &Slim) -> &SlimMeta {
        &slim.metadata.slim
    }

    fn row(cluster: &ClusterId, slim: Slim) -> ServiceRow {
        let meta = slim.metadata;
        let (status, spec) = (slim.status.or_empty(), slim.spec.or_empty());
        let mut predictor = spec.predictor.or_empty();
        let model = model(&mut predictor);
        let parts = status.components.or_empty();
        let beside = [
            beside("transformer", spec.transformer, parts.transformer),
            beside("explainer", spec.explainer, parts.explainer),
        ];
        let part = parts.predictor.or_empty();
        let mode = mode(&status.deployment_mode, &meta.annotations.get(MODE), &part);
        let observed = match mode {
            // there it is the generation of the Knative Service, which counts on its own
            ServingMode::Knative => Int(None),
            _ => status.observed_generation,
        };
        let behind = behind(&meta, observed, &status.conditions);
        let stopped = is(&meta, STOP);
        let trouble = if stopped {
            Clean::default()
        } else {
            trouble(&status.conditions, &["Stopped"])
        };
        let key = meta.slim.key(cluster);
        ServiceRow {
            place: key.clone(),
            key,
            uid: Clean::new(&meta.slim.uid),
            mode,
            ready: holds(&status.conditions, "Ready"),
            trouble,
            model: state(status.model.or_empty()),
            uri: model.uri,
            format: model.format,
            runtime: first([
                status.serving_runtime_name,
                status.cluster_serving_runtime_name,
                model.runtime,
            ]),
            canary: predictor.canary_traffic_percent.maybe_count(),
            traffic: shares(&part),
            created_revision: part.latest_created_revision,
            ready_revision: part.latest_ready_revision,
            rolled_out: part.latest_rolledout_revision,
            previous: part.previous_rolledout_revision,
            canaries: canaries(&status.canary_statuses),
            beside: beside.into_iter().flatten().collect(),
            min_replicas: predictor.min_replicas.maybe_count(),
            max_replicas: predictor.max_replicas.maybe_count(),
            ready_replicas: None,
            stopped,
            frozen: is(&meta, FROZEN),
            behind,
            url: safe(&status.url),
            created: meta.created.0,
            labels: meta.all,
        }
    }
}

/// An annotation is set to `true`.
pub(super) fn is(meta: &Meta, annotation: &str) -> bool {
    meta.annotations
        .get(annotation)
        .eq_ignore_ascii_case("true")
}

/// `serving.kserve.io/stop`, which an `LLMInferenceService` knows as well.
pub(super) fn is_stopped(meta: &Meta) -> bool {
    is(meta, STOP)
}

/// The controller has not seen the newest edit. A service that nobody has looked at yet has no conditions.
pub(super) fn behind(meta: &Meta, observed: Int, conditions: &Conditions) -> bool {
    match (meta.generation.0, observed.0) {
        (Some(written), Some(seen)) if seen > 0 => seen < written,
        _ => conditions.is_empty(),
    }
}

/// The status says what is in force; the annotation only what was asked for. Both spellings are in use.
fn mode(told: &str, asked: &str, part: &Component) -> ServingMode {
    let read = |word: &str| match word {
        "Knative" | "Serverless" => Some(ServingMode::Knative),
        "Standard" | "RawDeployment" => Some(ServingMode::Standard),
        "ModelMesh" => Some(ServingMode::ModelMesh),
        _ => None,
    };
    // only Knative has revisions
    let made = || (!part.latest_created_revision.is_empty()).then_some(ServingMode::Knative);
    read(told)
        .or_else(|| read(asked))
        .or_else(made)
        .unwrap_or_default()
}

/// What is read of the model of a spec.
#[derive(Default)]
struct Known {
    uri: Clean,
    format: Clean,
    runtime: Clean,
}

fn model(predictor: &mut Predictor) -> Known {
    let old = [
        ("sklearn", &mut predictor.sklearn),
        ("xgboost", &mut predictor.xgboost),
        ("tensorflow", &mut predictor.tensorflow),
        ("pytorch", &mut predictor.pytorch),
        ("triton", &mut predictor.triton),
        ("onnx", &mut predictor.onnx),
        ("huggingface", &mut predictor.huggingface),
        ("pmml", &mut predictor.pmml),
        ("lightgbm", &mut predictor.lightgbm),
        ("paddle", &mut predictor.paddle),
    ];
    let mut all = std::iter::once(("", &mut predictor.model)).chain(old);
    let found = all.find_map(|(format, model)| Some((format, model.0.take()?)));
    let Some((format, model)) = found else {
        return Known::default();
    };
    let storage = model.storage.or_empty();
    Known {
        uri: place(&first([
            model.storage_uri,
            storage.storage_uri,
            storage.path,
        ])),
        format: first([model.form.or_empty().name, Clean::new(format)]),
        runtime: model.runtime,
    }
}

/// The first text that says something.
fn first<const N: usize>(texts: [Clean; N]) -> Clean {
    let mut texts = texts.into_iter();
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

/// Traffic by revision. The route of a promoted service can name one revision twice.
fn shares(part: &Component) -> Box<[Share]> {
    let mut shares: Vec<Share> = Vec::new();
    for target in part.traffic.iter().filter_map(Obj::get) {
        // a target that follows the newest revision may not name it yet
        let revision = first([
            target.revision_name.clone(),
            part.latest_ready_revision.clone(),
        ]);
        let percent = target.percent.count().min(100);
        match shares.iter_mut().find(|s| s.revision == revision) {
            Some(share) => share.percent = (share.percent + percent).min(100),
            None => shares.push(Share {
                revision,
                percent,
                tag: target.tag.clone(),
            }),
        }
    }
    shares.into_boxed_slice()
}

/// A component beside the predictor, where the service has one.
fn beside(component: &'static str, spec: Obj<Other>, told: Obj<Component>) -> Option<Beside> {
    let there = spec.get().is_some() || told.get().is_some();
    let part = told.or_empty();
    there.then(|| Beside {
        component,
        canary: spec.or_empty().canary_traffic_percent.maybe_count(),
        traffic: shares(&part),
        ready_revision: part.latest_ready_revision,
        rolled_out: part.latest_rolledout_revision,
    })
}

fn canaries(told: &List<Obj<Canary>>) -> Box<[StandardCanary]> {
    let read = |canary: &Canary| StandardCanary {
        name: canary.name.clone(),
        ready: canary.ready.0,
        percent: canary.traffic_percent.count().min(100),
    };
    told.iter().filter_map(Obj::get).map(read).collect()
}

#[cfg(test)]
mod tests;
