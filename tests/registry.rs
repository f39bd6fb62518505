//! The model registry against a scripted server: what is asked, what is told of it, and what it costs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod support;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use midwatch::domain::{ClusterId, Figure, Key, Made, ModelRow, SourceState, VersionRow};
use midwatch::fault::FaultKind;
use midwatch::feed::kube::Options;
use midwatch::settings::Endpoint;
use midwatch::store::{Scope, Table, Want};
use serde_json::{Value, json};
use support::console::Console;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// What the registry has, and which paths were asked for.
#[derive(Debug, Default)]
struct Shelf {
    models: Vec<Value>,
    versions: Vec<Value>,
    runs: Vec<Value>,
    asked: Vec<String>,
    /// Answers this to everything.
    broken: Option<ResponseTemplate>,
}

/// A registry that answers as `MLflow` does: pages by offset, an empty page is `{}`.
#[derive(Debug, Clone, Default)]
struct Registry(Arc<Mutex<Shelf>>);

impl Respond for Registry {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut shelf = self.0.lock().unwrap();
        let path = request
            .url
            .path()
            .trim_start_matches("/api/2.0/mlflow/")
            .to_owned();
        let value = |key: &str| {
            let mut pairs = request.url.query_pairs();
            pairs.find(|(k, _)| k == key).map(|(_, v)| v.into_owned())
        };
        shelf.asked.push(path.clone());
        if let Some(broken) = &shelf.broken {
            return broken.clone();
        }
        let page = |key: &str, all: Vec<Value>| {
            let from: usize = value("page_token").map_or(0, |t| t.parse().unwrap());
            let most: usize = value("max_results").unwrap().parse().unwrap();
            let rows: Vec<Value> = all.iter().skip(from).take(most).cloned().collect();
            let mut body = serde_json::Map::new();
            if !rows.is_empty() {
                body.insert(key.to_owned(), rows.into());
            }
            if from + most < all.len() {
                body.insert(
                    "next_page_token".to_owned(),
                    (from + most).to_string().into(),
                );
            }
            ResponseTemplate::new(200).set_body_json(body)
        };
        let gone = || {
            let body = json!({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "not found"});
            ResponseTemplate::new(404).set_body_json(body)
        };
        let one = |key: &str, found: Option<&Value>| match found {
            Some(found) => ResponseTemplate::new(200).set_body_json(json!({key: found})),
            None => gone(),
        };
        match path.as_str() {
            "registered-models/search" => page("registered_models", shelf.models.clone()),
            "registered-models/get" => {
                let name = value("name").unwrap();
                one(
                    "registered_model",
                    shelf.models.iter().find(|m| m["name"] == *name),
                )
            }
            "model-versions/search" => {
                let of = value("filter").map(|f| {
                    f.trim_start_matches("name = ")
                        .trim_matches('\'')
                        .to_owned()
                });
                let mine = |v: &&Value| of.as_ref().is_none_or(|name| v["name"] == **name);
                page(
                    "model_versions",
                    shelf.versions.iter().filter(mine).cloned().collect(),
                )
            }
            "runs/get" => {
                let id = value("run_id").unwrap();
                one(
                    "run",
                    shelf.runs.iter().find(|r| r["info"]["run_id"] == *id),
                )
            }
            _ => gone(),
        }
    }
}

fn model(name: &str, champion: u64) -> Value {
    json!({"name": name, "aliases": [{"alias": "champion", "version": champion.to_string()}]})
}

fn version(model: &str, number: u64) -> Value {
    json!({"name": model, "version": number.to_string(), "status": "READY", "run_id": format!("run-{number}"),
        "source": format!("s3://ml-models/{model}/{number}")})
}

struct Stage {
    registry: Registry,
    console: Console,
    _servers: (MockServer, MockServer),
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn with(shelf: Shelf) -> Self {
        let (api, server) = (MockServer::start().await, MockServer::start().await);
        let registry = Registry(Arc::new(Mutex::new(shelf)));
        Mock::given(wiremock::matchers::any())
            .respond_with(registry.clone())
            .mount(&server)
            .await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kubeconfig");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: prod-eu\nclusters:\n- name: c\n  cluster: {{server: '{}'}}\n\
             contexts:\n- name: prod-eu\n  context: {{cluster: c, user: u}}\nusers:\n- name: u\n  user: {{}}\n",
            api.uri()
        );
        std::fs::write(&file, text).unwrap();
        let endpoint = Endpoint {
            url: server.uri(),
            ..Endpoint::default()
        };
        let options = Options {
            sources: [("mlflow".to_owned(), endpoint)].into(),
            registry: Duration::from_millis(200),
            retry_min: Duration::from_millis(50),
            retry_max: Duration::from_millis(200),
            ..Options::default()
        };
        Self {
            registry,
            console: Console::start(&file, &[], options, 64),
            _servers: (api, server),
            _folder: folder,
        }
    }

    fn shelf<T>(&self, f: impl FnOnce(&mut Shelf) -> T) -> T {
        f(&mut self.registry.0.lock().unwrap())
    }

    fn want_versions(&self, model: &str) {
        let scope = Scope::Object {
            namespace: String::new(),
            name: model.to_owned(),
        };
        let want = Want {
            cluster: ClusterId::new("prod-eu"),
            feed: "versions",
            scope,
        };
        self.console.feeds.want(BTreeSet::from([want]));
    }
}

fn key(name: &str) -> Key {
    Key::new(ClusterId::new("prod-eu"), "", name)
}

fn row(console: &Console, name: &str) -> Option<Arc<ModelRow>> {
    console.world.table::<ModelRow>()?.get(&key(name)).cloned()
}

fn of(console: &Console, name: &str) -> Option<Arc<VersionRow>> {
    console
        .world
        .table::<VersionRow>()?
        .get(&key(name))
        .cloned()
}

fn state(console: &Console, feed: &str) -> Option<SourceState> {
    console
        .sources
        .values()
        .find(|s| s.id.feed == feed)
        .map(|s| s.state)
}

#[tokio::test]
async fn models_come_with_their_aliases_and_a_move_of_one_is_dated() {
    let shelf = Shelf {
        models: vec![model("fraud", 1)],
        versions: vec![version("fraud", 2), version("fraud", 1)],
        ..Shelf::default()
    };
    let mut stage = Stage::with(shelf).await;
    stage.console.want("prod-eu", &["models"]);
    stage
        .console
        .until("the model", |c| row(c, "fraud").is_some())
        .await;
    let fraud = row(&stage.console, "fraud").unwrap();
    assert_eq!(
        (
            fraud.newest,
            fraud.aliases[0].version,
            fraud.aliases[0].moved
        ),
        (Some(2), 1, None)
    );
    assert_eq!(&*fraud.version(2).unwrap().source, "s3://ml-models/fraud/2");
    let before = jiff::Timestamp::now();
    stage.shelf(|s| s.models = vec![model("fraud", 2)]);
    let moved = |c: &Console| row(c, "fraud").is_some_and(|m| m.aliases[0].version == 2);
    stage.console.until("the move", moved).await;
    let at = row(&stage.console, "fraud").unwrap().aliases[0]
        .moved
        .unwrap();
    assert!(at >= before);
    stage.shelf(|s| s.models.clear());
    stage
        .console
        .until("it to go", |c| row(c, "fraud").is_none())
        .await;
    stage
        .console
        .until("live", |c| state(c, "models") == Some(SourceState::Live))
        .await;
}

#[tokio::test]
async fn ten_thousand_versions_cost_two_questions_each_time() {
    let models: Vec<Value> = (0..200).map(|n| model(&format!("m{n}"), 50)).collect();
    let versions = (0..200).flat_map(|m| (1..=50).rev().map(move |v| version(&format!("m{m}"), v)));
    let shelf = Shelf {
        models,
        versions: versions.collect(),
        ..Shelf::default()
    };
    let mut stage = Stage::with(shelf).await;
    let begun = Instant::now();
    stage.console.want("prod-eu", &["models"]);
    stage
        .console
        .until("live", |c| state(c, "models") == Some(SourceState::Live))
        .await;
    let took = begun.elapsed();
    let first = stage.shelf(|s| std::mem::take(&mut s.asked).len());
    let all = |c: &Console| {
        c.world.table::<ModelRow>().map_or(0, |t| {
            t.iter()
                .filter_map(|m| m.versions.as_ref())
                .map(|v| v.len())
                .sum::<usize>()
        })
    };
    assert_eq!(all(&stage.console), 10_000);
    let registry = stage.registry.clone();
    stage
        .console
        .until("three more looks", |_| {
            registry.0.lock().unwrap().asked.len() >= 6
        })
        .await;
    let asked = stage.shelf(|s| s.asked.clone());
    let searches = |path: &str| asked.iter().filter(|a| *a == path).count();
    let (models, versions) = (
        searches("registered-models/search"),
        searches("model-versions/search"),
    );
    assert_eq!(models + versions, asked.len());
    assert!(
        models.abs_diff(versions) <= 1,
        "one question each: {models} and {versions}"
    );
    println!(
        "10,000 versions of 200 models: {first} questions and {took:?} until live; then 2 each time"
    );
    assert!(first <= 8, "{first}");
}

#[tokio::test]
async fn the_versions_of_a_model_come_with_their_runs_and_an_ended_run_is_read_once() {
    let run = |id: &str, end: Value| json!({"info": {"run_id": id, "end_time": end}, "data": {"metrics": [{"key": "auc", "value": "NaN"}]}});
    let shelf = Shelf {
        models: vec![model("fraud", 2)],
        versions: vec![
            version("fraud", 3),
            version("fraud", 2),
            version("fraud", 1),
            version("other", 9),
        ],
        runs: vec![
            run("run-2", json!(1_795_223_560_000_u64)),
            run("run-3", json!(null)),
        ],
        ..Shelf::default()
    };
    let mut stage = Stage::with(shelf).await;
    stage.want_versions("fraud");
    stage
        .console
        .until("live", |c| state(c, "versions") == Some(SourceState::Live))
        .await;
    let table = stage.console.world.table::<VersionRow>();
    assert_eq!(table.map(Table::len), Some(3));
    let two = of(&stage.console, "fraud/2").unwrap();
    assert_eq!(
        two.aliases.iter().map(|a| &**a).collect::<Vec<_>>(),
        ["champion"]
    );
    assert_eq!(
        two.made.run().unwrap().metric("auc"),
        Some(Figure(f64::NAN))
    );
    assert_eq!(of(&stage.console, "fraud/1").unwrap().made, Made::Gone);
    let registry = stage.registry.clone();
    let runs = move || {
        let shelf = registry.0.lock().unwrap();
        shelf.asked.iter().filter(|a| *a == "runs/get").count()
    };
    // the run that is at work is read again, the one that ended and the one that is gone are not
    stage
        .console
        .until("a look at the run at work", |_| runs() >= 5)
        .await;
    let lists = stage.shelf(|s| {
        s.asked
            .iter()
            .filter(|a| *a == "model-versions/search")
            .count()
    });
    assert!(runs() <= 3 + lists, "{} in {lists} looks", runs());
}

#[tokio::test]
async fn a_registry_in_trouble_is_stale_and_keeps_its_rows_and_something_else_is_not_believed() {
    let shelf = Shelf {
        models: vec![model("fraud", 1)],
        versions: vec![version("fraud", 1)],
        ..Shelf::default()
    };
    let mut stage = Stage::with(shelf).await;
    stage.console.want("prod-eu", &["models"]);
    stage
        .console
        .until("live", |c| state(c, "models") == Some(SourceState::Live))
        .await;
    let login = ResponseTemplate::new(200).set_body_raw("<html>Sign in</html>", "text/html");
    let other = ResponseTemplate::new(200).set_body_json(json!({"status": "success", "data": []}));
    let host = ResponseTemplate::new(403).set_body_raw(
        "Invalid Host header - possible DNS rebinding attack detected",
        "text/plain",
    );
    let down = ResponseTemplate::new(500).set_body_raw("<html>no</html>", "text/html");
    for (broken, kind) in [
        (login, None),
        (other, Some(FaultKind::Malformed)),
        (host, Some(FaultKind::Denied)),
        (down, Some(FaultKind::Busy)),
    ] {
        stage.shelf(|s| s.broken = Some(broken));
        let ill = |c: &Console| {
            let source = c.sources.values().find(|s| s.id.feed == "models").unwrap();
            let told = source
                .fault
                .as_ref()
                .is_some_and(|f| kind.is_none_or(|k| f.kind == k) && !f.what.is_empty());
            told && !source.state.is_live()
        };
        stage.console.until("trouble", ill).await;
        assert!(row(&stage.console, "fraud").is_some(), "rows stay");
        stage.shelf(|s| s.broken = None);
        stage.console.feeds.reconnect();
        stage
            .console
            .until("live again", |c| {
                state(c, "models") == Some(SourceState::Live)
            })
            .await;
    }
}
