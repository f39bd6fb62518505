//! Silences of the platform's Alertmanager.

use super::super::tests::{NOW, routes, world};
use super::*;

const ID: &str = "0d10fde0-e718-4e8e-808e-d3875305866e";

fn ask(silences: &mut Silences, method: &str, path: &str, body: &Json) -> (u16, Json) {
    let text = body.to_string();
    let post = Post {
        method,
        body: text.as_bytes(),
        now: NOW,
        id: ID.to_owned(),
        filters: Vec::new(),
    };
    let q = Question {
        path,
        get: &|_| String::new(),
    };
    match answer(silences, || world(&routes(None)), &q, &post) {
        Reply::Json(code, body) => (code, body),
        Reply::Plain(code, text) | Reply::Html(code, text) => (code, json!(text)),
    }
}

#[test]
fn a_silenced_alert_is_suppressed_until_the_silence_is_expired() {
    let mut silences = Silences::default();
    let state = |silences: &mut Silences| {
        let (_, alerts) = ask(silences, "get", "/api/v2/alerts", &Json::Null);
        let all = alerts.as_array().unwrap().clone();
        let found = all
            .iter()
            .find(|a| a["labels"]["alertname"] == "ServiceErrorsHigh")
            .unwrap();
        (
            found["status"]["state"].clone(),
            found["status"]["silencedBy"].clone(),
        )
    };
    assert_eq!(state(&mut silences), (json!("active"), json!([])));
    let wanted = json!({"matchers": [{"name": "alertname", "value": "Service.*", "isRegex": true}],
        "startsAt": stamp(NOW - 60.0), "endsAt": stamp(NOW + 3_600.0), "createdBy": "me", "comment": "rolling back"});
    assert_eq!(
        ask(&mut silences, "create", "/api/v2/silences", &wanted),
        (200, json!({"silenceID": ID}))
    );
    assert_eq!(state(&mut silences), (json!("suppressed"), json!([ID])));
    assert_eq!(
        ask(
            &mut silences,
            "delete",
            &format!("/api/v2/silence/{ID}"),
            &Json::Null
        )
        .0,
        200
    );
    assert_eq!(state(&mut silences), (json!("active"), json!([])));
    let (_, all) = ask(&mut silences, "get", "/api/v2/silences", &Json::Null);
    assert_eq!(all[0]["status"]["state"], "expired");
}
