//! Other forms of the same objects: tables, metadata.

use serde_json::{Value, json};

use super::{Server, accept};

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

fn columns(table: &Value) -> Vec<&str> {
    let all = table["columnDefinitions"].as_array().unwrap();
    all.iter()
        .filter(|c| c["priority"] == 0)
        .filter_map(|c| c["name"].as_str())
        .collect()
}

pub async fn kubectl_gets_tables(s: &Server) {
    let place = s.place("table").await;
    place
        .workflow(
            "one",
            &json!({"status": {"phase": "Failed", "message": "it broke"}}),
        )
        .await
        .ok();
    for path in [place.argo("workflows"), place.argo("workflows/one")] {
        let table = accept(&s.admin, &path, TABLE).await.ok();
        assert_eq!(
            (table.str("/kind"), table.str("/apiVersion")),
            ("Table", "meta.k8s.io/v1")
        );
        assert_eq!(columns(&table.body), ["Name", "Status", "Age", "Message"]);
        let row = &table.body["rows"][0];
        assert_eq!(
            (&row["cells"][0], &row["cells"][1], &row["cells"][3]),
            (&json!("one"), &json!("Failed"), &json!("it broke"))
        );
        assert_eq!(row["object"]["kind"], "PartialObjectMetadata");
        assert_eq!(row["object"]["metadata"]["name"], "one");
    }
    let expected: [(&str, &[&str]); 5] = [
        (
            "/api/v1/pods",
            &["Name", "Ready", "Status", "Restarts", "Age"],
        ),
        (
            "/api/v1/nodes",
            &["Name", "Status", "Roles", "Age", "Version"],
        ),
        ("/api/v1/namespaces", &["Name", "Status", "Age"]),
        ("/api/v1/configmaps", &["Name", "Data", "Age"]),
        ("/apis/argoproj.io/v1alpha1/cronworkflows", &["Name", "Age"]),
    ];
    for (path, names) in expected {
        let table = accept(&s.admin, &format!("{path}?limit=1"), TABLE)
            .await
            .ok();
        assert_eq!(columns(&table.body), names, "{path}");
    }
    place.leave().await;
}

pub async fn metadata_comes_alone(s: &Server) {
    let place = s.place("meta").await;
    place.workflow("one", &json!({})).await.ok();
    let form = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let list = accept(&s.admin, &place.argo("workflows"), form).await.ok();
    assert_eq!(
        (list.str("/kind"), list.str("/apiVersion")),
        ("PartialObjectMetadataList", "meta.k8s.io/v1")
    );
    let item = &list.body["items"][0];
    assert_eq!(
        (&item["metadata"]["name"], item.get("spec")),
        (&json!("one"), None)
    );
    let form = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let one = accept(&s.admin, &place.argo("workflows/one"), form)
        .await
        .ok();
    assert_eq!(
        (one.str("/kind"), one.body.get("spec")),
        ("PartialObjectMetadata", None)
    );
    place.leave().await;
}

pub async fn unknown_forms_are_refused(s: &Server) {
    let answer = accept(&s.admin, "/api/v1/namespaces", "text/html").await;
    assert_eq!(answer.verdict(), "406 NotAcceptable");
    assert!(
        answer
            .message()
            .starts_with("406: Not Acceptable\n\nAvailable representations: application/json"),
        "{}",
        answer.message()
    );
}
