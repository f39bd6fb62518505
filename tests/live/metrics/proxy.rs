//! The same servers through the API server, where a console finds them.

use http::Request;
use k8s_openapi::api::core::v1::Pod;

use super::{Value, at, client, get, rig, samples};

const PROMETHEUS: &str = "/api/v1/namespaces/monitoring/services/prometheus-operated:9090/proxy";
const ALERTMANAGER: &str =
    "/api/v1/namespaces/monitoring/services/alertmanager-operated:9093/proxy";
const MLFLOW: &str = "/api/v1/namespaces/mlops/services/mlflow:5000/proxy";

/// What comes back through the API server.
async fn ask(request: Request<Vec<u8>>) -> Result<String, kube::Error> {
    let client = client(std::path::Path::new(&rig("MIDWATCH_RIG_KUBECONFIG_ADMIN"))).await;
    client.request_text(request).await
}

fn read(path: &str) -> Request<Vec<u8>> {
    Request::get(path).body(Vec::new()).unwrap()
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn prometheus_answers_get_and_post_through_the_api_server() {
    let query = at("http://x", "/", &[("query", "count(up)")])
        .query()
        .unwrap()
        .to_owned();
    let by_get = ask(read(&format!("{PROMETHEUS}/api/v1/query?{query}")))
        .await
        .unwrap();
    let form = "application/x-www-form-urlencoded";
    let post = Request::post(format!("{PROMETHEUS}/api/v1/query")).header("Content-Type", form);
    let by_post = ask(post.body(query.into_bytes()).unwrap()).await.unwrap();
    for answer in [by_get, by_post] {
        let found = samples(&serde_json::from_str(&answer).unwrap());
        assert!(found[0].1 > 10.0, "{answer}");
    }
    // an error of the server itself passes through, with its own words
    let wrong = ask(read(&format!("{PROMETHEUS}/api/v1/query?query=rate(up"))).await;
    let said = format!("{:?}", wrong.unwrap_err());
    assert!(said.contains("bad_data") || said.contains("400"), "{said}");
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn the_services_are_found_by_their_labels() {
    for (label, name) in [
        ("operated-prometheus=true", "prometheus-operated"),
        ("operated-alertmanager=true", "alertmanager-operated"),
        ("app.kubernetes.io/name=mlflow", "mlflow"),
    ] {
        let query = at("http://x", "/", &[("labelSelector", label)])
            .query()
            .unwrap()
            .to_owned();
        let list = ask(read(&format!("/api/v1/services?{query}")))
            .await
            .unwrap();
        let list: Value = serde_json::from_str(&list).unwrap();
        assert_eq!(list["items"][0]["metadata"]["name"], name, "{label}");
    }
    let status: Value = serde_json::from_str(
        &ask(read(&format!("{ALERTMANAGER}/api/v2/status")))
            .await
            .unwrap(),
    )
    .unwrap();
    let direct = get(at(&rig("MIDWATCH_RIG_ALERTMANAGER"), "/api/v2/status", &[])).await;
    assert_eq!(status["uptime"], direct["uptime"]);
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn mlflow_sees_the_host_that_the_api_server_was_asked_for() {
    let version = ask(read(&format!("{MLFLOW}/version"))).await.unwrap();
    assert!(version.starts_with("3."), "{version}");
    let models = format!("{MLFLOW}/api/2.0/mlflow/registered-models/search");
    let answer = ask(read(&models)).await.unwrap();
    assert!(answer.contains("fraud-scorer"), "{answer}");
    // an API server that is asked for by a public name hands that name on
    let foreign = Request::get(&models).header("Host", "api.example.com:6443");
    let said = ask(foreign.body(Vec::new()).unwrap()).await.unwrap_err();
    assert!(format!("{said:?}").contains("403"), "{said:?}");
}

#[tokio::test]
#[ignore = "needs tests/rig/live"]
async fn a_port_forward_reaches_the_servers_and_nothing_else_of_their_pods() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let client = client(std::path::Path::new(&rig("MIDWATCH_RIG_KUBECONFIG_ADMIN"))).await;
    let pods: kube::Api<Pod> = kube::Api::namespaced(client, "monitoring");
    let mut forward = pods.portforward("prometheus-k8s-0", &[9090]).await.unwrap();
    let mut stream = forward.take_stream(9090).unwrap();
    let request =
        "GET /api/v1/status/buildinfo HTTP/1.0\r\nAuthorization: Bearer of-the-backend\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("\"version\":\"2."), "{answer}");

    let mut refused = pods.portforward("prometheus-k8s-0", &[8080]).await.unwrap();
    let why = refused.take_error(8080).unwrap().await.unwrap_or_default();
    assert!(why.contains("connection refused"), "{why}");
}
