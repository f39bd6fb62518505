//! Alertmanager: alerts, silences, and how it refuses.

use std::collections::BTreeMap;

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Answer, Services};

/// An id that nothing has.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

impl Services {
    async fn alerts(&self, query: &[(&str, &str)]) -> Vec<Value> {
        let answer = self.read(&self.alertmanager, "/api/v2/alerts", query).await;
        answer.json(200).as_array().unwrap().clone()
    }

    async fn silence(&self, body: &Value) -> Answer {
        let path = format!("{}/api/v2/silences", self.alertmanager);
        self.send(Method::POST, &path, body).await
    }

    async fn silenced(&self, body: &Value) -> String {
        let made = self.silence(body).await.json(200);
        made["silenceID"].as_str().unwrap().to_owned()
    }

    async fn silence_of(&self, id: &str) -> Answer {
        self.read(&self.alertmanager, &format!("/api/v2/silence/{id}"), &[])
            .await
    }

    async fn end(&self, id: &str) -> Answer {
        let path = format!("{}/api/v2/silence/{id}", self.alertmanager);
        self.call(Method::DELETE, &path, None).await
    }

    /// An alert that fires and is not silenced.
    async fn firing(&self) -> Value {
        let all = self
            .alerts(&[("silenced", "false"), ("inhibited", "false")])
            .await;
        all.into_iter().next().unwrap()
    }
}

fn matcher(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value, "isRegex": false, "isEqual": true})
}

fn wanted(matchers: &[Value]) -> Value {
    let at = |hours: i64| (Timestamp::now() + SignedDuration::from_hours(hours)).to_string();
    json!({"matchers": matchers, "startsAt": at(-1), "endsAt": at(2), "createdBy": "suite", "comment": "a try"})
}

/// The name of an alert: FNV-1a of 64 bits over its labels.
fn fingerprint(labels: &Value) -> String {
    let labels: BTreeMap<String, String> = serde_json::from_value(labels.clone()).unwrap();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for text in labels.iter().flat_map(|(k, v)| [k, v]) {
        for byte in text.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

pub async fn it_says_what_it_is(services: &Services) {
    let status = services
        .read(&services.alertmanager, "/api/v2/status", &[])
        .await
        .json(200);
    assert!(
        status["versionInfo"]["version"]
            .as_str()
            .unwrap()
            .starts_with("0."),
        "{status}"
    );
    assert!(
        ["ready", "settling", "disabled"].contains(&status["cluster"]["status"].as_str().unwrap())
    );
    assert!(status["config"]["original"].is_string());
    let up: Timestamp = status["uptime"].as_str().unwrap().parse().unwrap();
    assert!(up.as_second() > 0);
}

pub async fn alerts_have_names_that_follow_from_their_labels(services: &Services) {
    let all = services.alerts(&[]).await;
    assert!(!all.is_empty());
    for alert in &all {
        assert_eq!(
            alert["fingerprint"],
            fingerprint(&alert["labels"]),
            "{alert}"
        );
        for time in ["startsAt", "endsAt", "updatedAt"] {
            assert!(
                alert[time].as_str().unwrap().parse::<Timestamp>().is_ok(),
                "{alert}"
            );
        }
        let status = &alert["status"];
        assert!(
            ["active", "suppressed"].contains(&status["state"].as_str().unwrap()),
            "{alert}"
        );
        assert!(
            status["silencedBy"].is_array() && status["inhibitedBy"].is_array(),
            "{alert}"
        );
        assert!(
            alert["annotations"].is_object() && alert["generatorURL"].is_string(),
            "{alert}"
        );
        assert!(alert["receivers"][0]["name"].is_string(), "{alert}");
    }
}

pub async fn every_filter_has_to_fit(services: &Services) {
    let one = services.firing().await;
    let label = |name: &str| one["labels"][name].as_str().unwrap().to_owned();
    let (name, severity) = (label("alertname"), label("severity"));
    let names = |all: Vec<Value>| -> Vec<Value> {
        all.into_iter().map(|a| a["fingerprint"].clone()).collect()
    };
    let is = format!("alertname=\"{name}\"");
    let loud = format!("severity=~\"{severity}|nosuch\"");
    let other = format!("severity!=\"{severity}\"");
    let found = names(services.alerts(&[("filter", &is), ("filter", &loud)]).await);
    assert!(found.contains(&one["fingerprint"]), "{found:?}");
    assert_eq!(
        names(
            services
                .alerts(&[("filter", &is), ("filter", &other)])
                .await
        ),
        Vec::<Value>::new()
    );
    assert_eq!(
        names(
            services
                .alerts(&[("filter", &other), ("filter", &is)])
                .await
        ),
        Vec::<Value>::new()
    );
    let none = services
        .alerts(&[("active", "false"), ("filter", &is)])
        .await;
    assert!(
        none.iter().all(|a| a["status"]["state"] == "suppressed"),
        "{none:?}"
    );
    let bad = services
        .read(
            &services.alertmanager,
            "/api/v2/alerts",
            &[("filter", "foo")],
        )
        .await;
    assert_eq!(bad.json(400), "bad matcher format: foo");
}

pub async fn a_silence_holds_what_it_names_until_it_is_ended(services: &Services) {
    let alert = services.firing().await;
    let all: Vec<Value> = alert["labels"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(k, v)| matcher(k, v.as_str().unwrap()))
        .collect();
    let id = services.silenced(&wanted(&all)).await;
    let now = async || {
        let all = services.alerts(&[]).await;
        all.into_iter()
            .find(|a| a["fingerprint"] == alert["fingerprint"])
            .unwrap()["status"]
            .clone()
    };
    let held = now().await;
    assert_eq!(
        (&held["state"], &held["silencedBy"]),
        (&json!("suppressed"), &json!([id]))
    );
    let told = services.silence_of(&id).await.json(200);
    assert_eq!(
        (&told["id"], &told["status"]["state"]),
        (&json!(id), &json!("active"))
    );
    assert_eq!(
        (&told["createdBy"], &told["comment"]),
        (&json!("suite"), &json!("a try"))
    );
    let matchers = told["matchers"].as_array().unwrap();
    assert_eq!(matchers.len(), all.len());
    assert!(all.iter().all(|m| matchers.contains(m)), "{told}");
    // a begin that has passed is now
    let starts: Timestamp = told["startsAt"].as_str().unwrap().parse().unwrap();
    let updated: Timestamp = told["updatedAt"].as_str().unwrap().parse().unwrap();
    assert!(
        starts.duration_until(updated).as_secs().abs() < 60,
        "{told}"
    );
    let list = services
        .read(&services.alertmanager, "/api/v2/silences", &[])
        .await
        .json(200);
    assert!(
        list.as_array()
            .unwrap()
            .iter()
            .any(|s| s["id"] == id.as_str()),
        "{list}"
    );
    for _ in 0..2 {
        let ended = services.end(&id).await;
        assert_eq!((ended.code, ended.text.as_str()), (200, ""), "{ended:?}");
    }
    let free = now().await;
    assert_eq!(
        (&free["state"], &free["silencedBy"]),
        (&json!("active"), &json!([]))
    );
    let told = services.silence_of(&id).await.json(200);
    assert_eq!(
        told["status"]["state"], "expired",
        "what was stays to be read"
    );
}

pub async fn a_silence_is_changed_in_place_or_replaced(services: &Services) {
    let mut silence = wanted(&[matcher("alertname", "nothing-of-this-name")]);
    let id = services.silenced(&silence).await;
    silence["id"] = json!(id);
    silence["comment"] = json!("longer");
    let told = services.silence_of(&id).await.json(200);
    silence["startsAt"] = told["startsAt"].clone();
    assert_eq!(
        services.silenced(&silence).await,
        id,
        "the same alerts: the same silence"
    );
    assert_eq!(
        services.silence_of(&id).await.json(200)["comment"],
        "longer"
    );
    silence["matchers"][0]["value"] = json!("another-name");
    let other = services.silenced(&silence).await;
    assert_ne!(other, id);
    let state = |told: Value| told["status"]["state"].clone();
    assert_eq!(state(services.silence_of(&id).await.json(200)), "expired");
    assert_eq!(state(services.silence_of(&other).await.json(200)), "active");
    services.end(&other).await;
    // what has ended begins anew under a new name
    silence["id"] = json!(other);
    let third = services.silenced(&silence).await;
    assert_ne!(third, other);
    services.end(&third).await;
    silence["id"] = json!(NOBODY);
    assert_eq!(
        services.silence(&silence).await.json(404),
        "silence not found"
    );
}

pub async fn silences_that_say_too_little_are_refused(services: &Services) {
    let some = [matcher("a", "b")];
    let without = |key: &str| {
        let mut body = wanted(&some);
        body.as_object_mut().unwrap().remove(key);
        body
    };
    for (body, code, words) in [
        (json!({}), 602, "comment in body is required"),
        (without("comment"), 602, "comment in body is required"),
        (without("createdBy"), 602, "createdBy in body is required"),
        (without("endsAt"), 602, "endsAt in body is required"),
        (without("startsAt"), 602, "startsAt in body is required"),
        (
            wanted(&[]),
            612,
            "matchers in body should have at least 1 items",
        ),
        (
            wanted(&[json!({"name": "a", "value": "b"})]),
            602,
            "matchers.0.isRegex in body is required",
        ),
        (
            wanted(&[json!({"name": "a", "isRegex": false})]),
            602,
            "matchers.0.value in body is required",
        ),
    ] {
        let answer = services.silence(&body).await.json(422);
        assert_eq!(answer, json!({"code": code, "message": words}), "{body}");
    }
    let mut past = wanted(&some);
    past["endsAt"] = json!((Timestamp::now() - SignedDuration::from_mins(30)).to_string());
    let mut turned = wanted(&some);
    turned["startsAt"] = json!((Timestamp::now() + SignedDuration::from_hours(9)).to_string());
    for (body, words) in [
        (
            wanted(&[matcher("a", "")]),
            "at least one matcher must not match the empty string",
        ),
        (
            wanted(&[json!({"name": "a", "value": "(", "isRegex": true})]),
            "invalid label matcher",
        ),
        (past, "end time can't be in the past"),
        (turned, "start time must be before end time"),
    ] {
        let answer = services.silence(&body).await.json(400);
        assert!(answer.as_str().unwrap().contains(words), "{answer}");
    }
}

pub async fn what_is_not_there_is_told(services: &Services) {
    let gone = services.silence_of(NOBODY).await;
    assert_eq!((gone.code, gone.text.as_str()), (404, ""), "{gone:?}");
    let odd = services.silence_of("x").await.json(422);
    assert_eq!(odd["code"], 601, "{odd}");
    assert_eq!(
        odd["message"],
        "silenceID in path must be of type uuid: \"x\""
    );
    // 500 up to 0.25, 404 since
    let ended = services.end(NOBODY).await;
    assert!([404, 500].contains(&ended.code), "{ended:?}");
    let nothing = services
        .read(&services.alertmanager, "/api/v2/nothing", &[])
        .await
        .json(404);
    assert_eq!(
        nothing,
        json!({"code": 404, "message": "path /api/v2/nothing was not found"})
    );
    let path = format!("{}/api/v2/silences", services.alertmanager);
    let put = services
        .send(Method::PUT, &path, &json!({}))
        .await
        .json(405);
    assert_eq!(put["code"], 405, "{put}");
}
