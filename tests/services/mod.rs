//! How Prometheus, Alertmanager and `MLflow` answer behind the service proxy of an API server: one suite of questions,
//! asked of the embedded platform by `tests/embedded.rs` and of real servers by `tests/live/services.rs`. Same
//! assertions for both.

pub mod alertmanager;
pub mod mlflow;
pub mod prometheus;

use std::path::Path;

use http::{Method, Request, header};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;

/// The servers of a cluster, found as a console finds them.
pub struct Services {
    client: Client,
    prometheus: String,
    alertmanager: String,
    mlflow: String,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub code: u16,
    /// Without its parameters; empty where there is none.
    pub kind: String,
    pub text: String,
    /// Null where it is no JSON.
    pub body: Value,
}

impl Answer {
    /// It is JSON with this status.
    #[track_caller]
    pub fn json(self, code: u16) -> Value {
        assert_eq!(
            (self.code, self.kind.as_str()),
            (code, "application/json"),
            "{self:?}"
        );
        assert!(!self.body.is_null(), "{self:?}");
        self.body
    }
}

pub fn escaped(pairs: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse("http://x/").unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

impl Services {
    pub async fn of(kubeconfig: &Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let file = Kubeconfig::read_from(kubeconfig).unwrap();
        let options = KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(file, &options).await;
        let mut found = Self {
            client: Client::try_from(config.unwrap()).unwrap(),
            prometheus: String::new(),
            alertmanager: String::new(),
            mlflow: String::new(),
        };
        found.prometheus = found.place("operated-prometheus=true").await;
        found.alertmanager = found.place("operated-alertmanager=true").await;
        found.mlflow = found.place("app.kubernetes.io/name=mlflow").await;
        found
    }

    /// Where the proxy reaches the Service with this label.
    async fn place(&self, label: &str) -> String {
        let path = format!("/api/v1/services?{}", escaped(&[("labelSelector", label)]));
        let list = self.call(Method::GET, &path, None).await.json(200);
        let service = &list["items"][0];
        let of = |key: &str| service["metadata"][key].as_str().unwrap();
        let port = &service["spec"]["ports"][0]["port"];
        format!(
            "/api/v1/namespaces/{}/services/{}:{port}/proxy",
            of("namespace"),
            of("name")
        )
    }

    async fn call(&self, method: Method, path: &str, body: Option<(&str, String)>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some((kind, _)) = &body {
            request = request.header(header::CONTENT_TYPE, *kind);
        }
        let body = body.map(|(_, text)| text.into_bytes()).unwrap_or_default();
        let request = request.body(Body::from(body)).unwrap();
        let response = self.client.send(request).await.unwrap();
        let kind = response.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|k| k.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().to_owned();
        let code = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer {
            code,
            kind,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    async fn read(&self, base: &str, path: &str, query: &[(&str, &str)]) -> Answer {
        let path = if query.is_empty() {
            format!("{base}{path}")
        } else {
            format!("{base}{path}?{}", escaped(query))
        };
        self.call(Method::GET, &path, None).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        let body = Some(("application/json", body.to_string()));
        self.call(method, path, body).await
    }
}

/// Expands to one test per promise; `$start` finds the servers, `$attr` goes on every test.
#[macro_export]
macro_rules! services_suite {
    ($(#[$attr:meta])* $start:path) => {
        $crate::services_tests! { ($(#[$attr])*) $start;
            prometheus: numbers_are_text_and_times_are_numbers, functions_give_what_they_give_everywhere,
                what_cannot_be_asked_is_refused_with_why, a_span_comes_in_its_points, a_question_may_come_as_a_form,
                what_is_scraped_can_be_counted, alerts_tell_since_when_they_are_true;
            alertmanager: it_says_what_it_is, alerts_have_names_that_follow_from_their_labels,
                every_filter_has_to_fit, a_silence_holds_what_it_names_until_it_is_ended,
                a_silence_is_changed_in_place_or_replaced, silences_that_say_too_little_are_refused,
                what_is_not_there_is_told;
            mlflow: it_says_that_it_is_well, models_come_by_name_in_pages, versions_come_as_asked,
                a_version_names_its_aliases_and_a_search_does_not, numbers_that_are_none_are_text,
                what_is_not_there_is_told_with_its_code, what_cannot_be_asked_is_refused_with_its_code,
                an_alias_is_set_moved_and_taken_away;
        }
    };
}

/// See [`services_suite`].
#[macro_export]
macro_rules! services_tests {
    ($attrs:tt $start:path; $($group:ident: $($name:ident),+;)+) => {
        $(mod $group { $( $crate::services_test! { $attrs $start, $group, $name } )+ })+
    };
}

/// See [`services_suite`].
#[macro_export]
macro_rules! services_test {
    (($(#[$attr:meta])*) $start:path, $group:ident, $name:ident) => {
        #[tokio::test]
        $(#[$attr])*
        async fn $name() {
            let (services, _keep) = $start().await;
            super::suite::$group::$name(&services).await;
        }
    };
}
