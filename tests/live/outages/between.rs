//! A server between the console and a real one: passes questions on, until a test has it answer as a sick one would.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::tls;

/// How it answers.
#[derive(Debug, Clone)]
pub enum Mood {
    /// As the real one.
    Well,
    /// As the real one, after this time.
    Slow(Duration),
    /// This, to everything: status, type and body.
    Says(u16, &'static str, &'static str),
    /// The same, to paths that end so; the others pass.
    SaysAt(&'static str, u16, &'static str),
    /// As the real one, with this change of the JSON.
    Changed(fn(&mut Value)),
    /// Breaks off in the middle of an answer.
    Half,
}

/// One that a test can make sick.
pub struct Between {
    pub url: String,
    mood: Arc<Mutex<Mood>>,
    task: JoinHandle<()>,
}

impl Drop for Between {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shared {
    behind: String,
    client: reqwest::Client,
    mood: Arc<Mutex<Mood>>,
}

impl Between {
    /// Stands before the server at this address.
    pub async fn before(behind: &str) -> Self {
        tls();
        let mood = Arc::new(Mutex::new(Mood::Well));
        let shared = Arc::new(Shared {
            behind: behind.to_owned(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            mood: mood.clone(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(answer).with_state(shared);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, mood, task }
    }

    pub fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let mood = shared.mood.lock().unwrap().clone();
    match mood {
        Mood::Says(status, sort, body) => said(status, sort, body.into()),
        Mood::SaysAt(path, status, body) if request.uri().path().ends_with(path) => {
            said(status, "application/json", body.into())
        }
        Mood::Slow(time) => {
            tokio::time::sleep(time).await;
            passed(&shared, request).await
        }
        Mood::Changed(change) => changed(passed(&shared, request).await, change).await,
        Mood::Half => half(passed(&shared, request).await).await,
        Mood::Well | Mood::SaysAt(..) => passed(&shared, request).await,
    }
}

fn said(status: u16, sort: &str, body: Body) -> Response {
    let response = Response::builder()
        .status(status)
        .header("Content-Type", sort);
    response.body(body).unwrap()
}

/// The real one's answer.
async fn passed(shared: &Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let at = parts.uri.path_and_query().unwrap().as_str();
    let mut asked = shared
        .client
        .request(parts.method, format!("{}{at}", shared.behind));
    if let Some(sort) = parts.headers.get("content-type") {
        asked = asked.header("content-type", sort);
    }
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    match asked.body(body).send().await {
        Ok(reply) => {
            let sort = reply.headers().get("content-type").cloned();
            let sort = sort.and_then(|v| v.to_str().ok().map(str::to_owned));
            let status = reply.status().as_u16();
            let body = reply.bytes().await.unwrap_or_default();
            said(status, &sort.unwrap_or_default(), body.into())
        }
        Err(_) => said(502, "text/plain", Body::empty()),
    }
}

async fn whole(response: Response) -> (u16, Bytes) {
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 64 << 20).await;
    (status, body.unwrap())
}

async fn changed(response: Response, change: fn(&mut Value)) -> Response {
    let (status, body) = whole(response).await;
    let Ok(mut value) = serde_json::from_slice(&body) else {
        return said(status, "text/plain", body.into());
    };
    change(&mut value);
    said(status, "application/json", value.to_string().into())
}

async fn half(response: Response) -> Response {
    let (status, body) = whole(response).await;
    let begin = body.slice(..body.len() / 2);
    let end = std::io::Error::other("broken off");
    let parts = futures::stream::iter([Ok(begin), Err(end)]);
    said(status, "application/json", Body::from_stream(parts))
}

/// Every value of an answer of Prometheus is no number.
pub fn without_numbers(answer: &mut Value) {
    let all = answer["data"]["result"].as_array_mut();
    for one in all.into_iter().flatten() {
        if let Some(value) = one.get_mut("value") {
            value[1] = json!("NaN");
        }
        let points = one.get_mut("values").and_then(Value::as_array_mut);
        for point in points.into_iter().flatten() {
            point[1] = json!("NaN");
        }
    }
}

/// As Thanos says that a store did not answer, while it says that all is well.
pub fn partial(answer: &mut Value) {
    if answer["status"] == "success" {
        answer["warnings"] = json!(["No StoreAPIs matched for this query: store eu-2 is gone"]);
    }
}
