//! What is read to find who keeps an object, and how little.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::Timestamp;
use midwatch::act::{Keeping, Reads};
use midwatch::fault::{Fault, FaultKind};
use midwatch::plan::{Sight, Stays, forecast};
use serde_json::{Value, json};

use super::forecast::{app, cron};
use super::plan;

const ALL: &str = "/apis/argoproj.io/v1alpha1/applications";
const NAMED: &str =
    "/apis/argoproj.io/v1alpha1/applications?fieldSelector=metadata.name%3Dserving-prod";
const PROJECT: &str = "/apis/argoproj.io/v1alpha1/namespaces/argocd/appprojects/ml";

/// Answers by path, and remembers what was asked. What it does not have is not there, or not allowed.
struct Server {
    answers: BTreeMap<String, Value>,
    denied: Vec<String>,
    asked: Mutex<Vec<String>>,
}

impl Server {
    fn new(answers: &[(&str, Value)]) -> Self {
        Self {
            answers: answers
                .iter()
                .map(|(k, v)| ((*k).to_owned(), v.clone()))
                .collect(),
            denied: Vec::new(),
            asked: Mutex::default(),
        }
    }

    fn with_argo_cd(mut self) -> Self {
        let kinds = json!({"resources": [{"name": "workflows"}, {"name": "applications"}]});
        self.answers
            .insert("/apis/argoproj.io/v1alpha1".to_owned(), kinds);
        self
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

impl Reads for Server {
    async fn get(&self, path: &str, what: &str) -> Result<Value, Fault> {
        self.asked.lock().unwrap().push(path.to_owned());
        let fault = |kind, text: String| Err(Fault::new("eu", kind, text, Timestamp::UNIX_EPOCH));
        if self.denied.iter().any(|d| d == path) {
            return fault(FaultKind::Denied, format!("You may not {what}"));
        }
        match self.answers.get(path) {
            Some(answer) => Ok(answer.clone()),
            None => fault(FaultKind::Gone, format!("{path} is not there")),
        }
    }
}

fn unmarked() -> Value {
    let mut object = cron();
    object["metadata"]["annotations"] = json!({});
    object
}

#[tokio::test]
async fn the_named_application_and_its_project_are_read_and_nothing_else() {
    let project = json!({"spec": {"syncWindows": [{"kind": "deny", "schedule": "0 1 * * *", "duration": "1h", "timeZone": "Asia/Tokyo"}]}});
    let server =
        Server::new(&[(NAMED, json!({"items": [app()]})), (PROJECT, project)]).with_argo_cd();
    let keeping = Keeping::default();
    let change = plan("cron.suspend", &cron(), &[]).unwrap();
    let seen = keeping.look(&server, &cron(), &change).await;
    assert_eq!(
        server.asked(),
        ["/apis/argoproj.io/v1alpha1", NAMED, PROJECT]
    );
    assert_eq!(seen.zones.get("Asia/Tokyo"), Some(&32_400));
    assert_eq!(forecast(&cron(), &change, &seen).stays, Stays::No);
    // that Argo CD is installed is asked once
    keeping.look(&server, &cron(), &change).await;
    assert_eq!(server.asked(), [NAMED, PROJECT]);
}

#[tokio::test]
async fn an_id_with_a_namespace_is_read_there() {
    let path = "/apis/argoproj.io/v1alpha1/namespaces/team-a/applications/serving-prod";
    let mut own = app();
    own["spec"]["syncPolicy"] = json!({});
    let server = Server::new(&[(path, own)]).with_argo_cd();
    let mut object = cron();
    object["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] =
        "team-a_serving-prod:argoproj.io/CronWorkflow:ml/nightly".into();
    let change = plan("cron.suspend", &object, &[]).unwrap();
    let seen = Keeping::default().look(&server, &object, &change).await;
    assert!(seen.application.found().is_some());
    // without self-heal no window matters
    assert_eq!(server.asked(), ["/apis/argoproj.io/v1alpha1", path]);
}

#[tokio::test]
async fn where_argo_cd_is_not_installed_an_unmarked_object_costs_one_question_for_the_session() {
    let server = Server::new(&[(
        "/apis/argoproj.io/v1alpha1",
        json!({"resources": [{"name": "workflows"}]}),
    )]);
    let keeping = Keeping::default();
    let change = plan("cron.suspend", &unmarked(), &[]).unwrap();
    for asked in [1, 0, 0] {
        let seen = keeping.look(&server, &unmarked(), &change).await;
        assert_eq!(server.asked().len(), asked);
        assert_eq!(seen.application, Sight::Absent);
        let told = forecast(&unmarked(), &change, &seen);
        assert_eq!((told.stays, told.unknown.is_empty()), (Stays::Yes, true));
    }
}

#[tokio::test]
async fn what_changes_nothing_that_is_compared_asks_nothing() {
    let template = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTemplate",
        "metadata": {"name": "train", "namespace": "ml", "uid": "u", "resourceVersion": "1"}, "spec": {}});
    let change = plan("template.submit", &template, &[]).unwrap();
    let server = Server::new(&[]).with_argo_cd();
    Keeping::default().look(&server, &template, &change).await;
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn an_unmarked_object_is_looked_for_in_a_bounded_number_of_pages() {
    let first = format!("{ALL}?limit=50");
    let second = format!("{ALL}?limit=50&continue=a%2Bb");
    let page = |items: Value, more: &str| json!({"items": items, "metadata": {"continue": more}});
    let change = plan("cron.suspend", &unmarked(), &[]).unwrap();
    let server = Server::new(&[
        (&first, page(json!([]), "a+b")),
        (&second, page(json!([app()]), "")),
    ])
    .with_argo_cd();
    let seen = Keeping::default().look(&server, &unmarked(), &change).await;
    assert!(seen.application.found().is_some());

    let again = format!("{ALL}?limit=50&continue=x");
    let server = Server::new(&[
        (&first, page(json!([]), "x")),
        (&again, page(json!([]), "x")),
    ])
    .with_argo_cd();
    let seen = Keeping::default().look(&server, &unmarked(), &change).await;
    assert_eq!(server.asked().len(), 11);
    let told = forecast(&unmarked(), &change, &seen);
    assert!(
        told.unknown.contains("first 500 applications"),
        "{}",
        told.unknown
    );
}

#[tokio::test]
async fn a_missing_right_is_told_and_the_usual_namespaces_are_tried() {
    let change = plan("cron.suspend", &cron(), &[]).unwrap();
    let mut server = Server::new(&[]).with_argo_cd();
    server.denied.push(NAMED.to_owned());
    let seen = Keeping::default().look(&server, &cron(), &change).await;
    let told = forecast(&cron(), &change, &seen);
    assert_eq!(told.stays, Stays::Unknown);
    assert_eq!(
        &*told.unknown,
        "You may not list applications named serving-prod"
    );

    let usual = "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/serving-prod";
    server.answers.insert(usual.to_owned(), app());
    let seen = Keeping::default().look(&server, &cron(), &change).await;
    assert!(seen.application.found().is_some());
}
