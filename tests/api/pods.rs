//! What is special about pods.

use serde_json::{Value, json};

use super::{MERGE, Place, Server};

/// A pod that no scheduler takes, nor who plays one.
async fn pod(place: &Place<'_>) -> Value {
    let body = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "annotations": {"rig.midwatch.dev/fate": "unschedulable"}},
        "spec": {"schedulerName": "nobody", "containers": [{"name": "main", "image": "a"}, {"name": "wait", "image": "b"}]}});
    place
        .server
        .post(&place.core("pods"), &body)
        .await
        .ok()
        .body
}

pub async fn pods_wait_for_a_node(s: &Server) {
    let place = s.place("pod").await;
    let made = pod(&place).await;
    assert_eq!(made["status"]["phase"], "Pending");
    assert_eq!(
        (
            &made["spec"]["restartPolicy"],
            &made["spec"]["terminationGracePeriodSeconds"]
        ),
        (&json!("Always"), &json!(30))
    );
    let waiting = s
        .get(&place.core("pods?fieldSelector=status.phase%3DPending,spec.nodeName%3D"))
        .await
        .ok();
    assert_eq!(waiting.names(), ["one"]);
    assert!(
        s.get(&place.core("pods?fieldSelector=status.phase%3DRunning"))
            .await
            .ok()
            .names()
            .is_empty()
    );
    let gone = s.delete(&place.core("pods/one"), None).await.ok();
    assert_eq!(gone.str("/kind"), "Pod");
    assert_eq!(
        s.get(&place.core("pods/one")).await.code,
        404,
        "without a node there is nothing to wait for"
    );
    let none = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "two"}, "spec": {"containers": []}});
    let answer = s.post(&place.core("pods"), &none).await;
    assert_eq!(
        (answer.verdict().as_str(), answer.message()),
        (
            "422 Invalid",
            "Pod \"two\" is invalid: spec.containers: Required value"
        )
    );
    place.leave().await;
}

pub async fn a_pod_cannot_be_changed_at_will(s: &Server) {
    let place = s.place("frozen").await;
    pod(&place).await;
    let path = place.core("pods/one");
    let answer = s
        .patch(&path, MERGE, &json!({"spec": {"hostname": "new"}}))
        .await;
    assert_eq!(answer.verdict(), "422 Invalid");
    assert!(
        answer.message().starts_with(
            "Pod \"one\" is invalid: spec: Forbidden: pod updates may not change fields other than "
        ),
        "{}",
        answer.message()
    );
    let image = json!({"spec": {"containers": [{"name": "main", "image": "c"}]}});
    let patched = s.patch(&path, super::STRATEGIC, &image).await.ok();
    assert_eq!(patched.str("/spec/containers/0/image"), "c");
    assert_eq!(patched.str("/spec/containers/1/image"), "b");
    let status = json!({"status": {"phase": "Running"}});
    assert_eq!(
        s.patch(&path, MERGE, &status)
            .await
            .ok()
            .str("/status/phase"),
        "Pending",
        "the status is not taken here"
    );
    assert_eq!(
        s.patch(&format!("{path}/status"), MERGE, &status)
            .await
            .ok()
            .str("/status/phase"),
        "Running"
    );
    place.leave().await;
}

pub async fn logs_need_a_host(s: &Server) {
    let place = s.place("logs").await;
    pod(&place).await;
    let unnamed = s.get(&place.core("pods/one/log")).await;
    assert_eq!(unnamed.verdict(), "400 BadRequest");
    assert_eq!(
        unnamed.message(),
        "a container name must be specified for pod one, choose one of: [main wait]"
    );
    let odd = s.get(&place.core("pods/one/log?container=odd")).await;
    assert_eq!(
        (odd.verdict().as_str(), odd.message()),
        ("400 BadRequest", "container odd is not valid for pod one")
    );
    let none = s.get(&place.core("pods/none/log")).await;
    assert_eq!(
        (none.verdict().as_str(), none.message()),
        ("404 NotFound", "pods \"none\" not found")
    );
    let early = s.get(&place.core("pods/one/log?container=main")).await;
    assert_eq!(
        (early.code, early.text.trim()),
        (204, ""),
        "a pod without a host has printed nothing"
    );
    place.leave().await;
}

pub async fn an_eviction_can_be_tried(s: &Server) {
    let place = s.place("evict").await;
    pod(&place).await;
    let at = place.core("pods/one/eviction");
    let body = |name: &str| json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": place.name}});
    let wrong = s.post(&at, &body("two")).await;
    assert_eq!(wrong.verdict(), "400 BadRequest");
    let tried = s.post(&format!("{at}?dryRun=All"), &body("one")).await.ok();
    assert_eq!((tried.code, tried.str("/status")), (201, "Success"));
    s.get(&place.core("pods/one")).await.ok();
    s.post(&at, &body("one")).await.ok();
    assert_eq!(s.get(&place.core("pods/one")).await.code, 404);
    place.leave().await;
}
