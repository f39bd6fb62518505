//! What the scripted server can answer.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures::{StreamExt, stream};
use serde_json::{Value, json};

/// What a hook answers instead of the server.
pub enum Answer {
    /// A Status with this code and message, and headers.
    Status(u16, &'static str, Vec<(&'static str, &'static str)>),
    Json(Value),
    Raw(Bytes),
    /// The same chunk again and again, with a pause between.
    Drip(Bytes, Duration),
    /// These bytes, then the connection breaks.
    Break(Bytes),
    /// These bytes, then nothing.
    Hang(Bytes),
}

pub fn scripted(answer: Answer) -> Response {
    let broken = || Err(std::io::Error::other("broken by the test"));
    match answer {
        Answer::Status(code, message, headers) => status(code, message, &headers),
        Answer::Json(value) => reply(&value),
        Answer::Raw(bytes) => Response::new(Body::from(bytes)),
        Answer::Drip(bytes, pause) => chunks(stream::repeat(bytes).then(move |b| async move {
            tokio::time::sleep(pause).await;
            Ok(b)
        })),
        // a moment later, so that the bytes have left
        Answer::Break(bytes) => chunks(stream::iter([Ok(bytes)]).chain(stream::once(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            broken()
        }))),
        Answer::Hang(bytes) => chunks(stream::iter([Ok(bytes)]).chain(stream::pending())),
    }
}

pub fn chunks(
    stream: impl futures::Stream<Item = std::io::Result<Bytes>> + Send + 'static,
) -> Response {
    Response::builder()
        .header("content-type", "application/json")
        .body(Body::from_stream(stream))
        .unwrap()
}

pub fn line(sort: &str, object: &Value) -> Bytes {
    // as the real server writes it: the type first
    Bytes::from(format!("{{\"type\":\"{sort}\",\"object\":{object}}}\n"))
}

pub fn reply(value: &Value) -> Response {
    Response::builder()
        .header("content-type", "application/json")
        .body(Body::from(value.to_string()))
        .unwrap()
}

pub fn status(code: u16, message: &str, headers: &[(&str, &str)]) -> Response {
    let reason = match code {
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        410 => "Expired",
        429 => "TooManyRequests",
        _ => "InternalError",
    };
    let body = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message });
    let mut response = Response::builder()
        .status(code)
        .header("content-type", "application/json");
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body.to_string())).unwrap()
}
