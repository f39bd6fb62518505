//! How the API server answers: the suite shared with the embedded platform, on the real one.

#[path = "../api/mod.rs"]
mod suite;

use std::path::Path;

use crate::support::rig;
use suite::Server;

async fn start() -> (Server, ()) {
    let server = Server::new(
        Path::new(&rig("MIDWATCH_RIG_KUBECONFIG_ADMIN")),
        Path::new(&rig("MIDWATCH_RIG_KUBECONFIG_VIEWER")),
        Path::new(&rig("MIDWATCH_RIG_KUBECONFIG_NOBODY")),
    )
    .await;
    (server, ())
}

crate::api_suite! { #[ignore = "needs tests/rig/live"] super::start }
crate::accelerator_suite! { #[ignore = "needs tests/rig/live"] super::start }

/// The real kubectl against the embedded platform.
mod kubectl {
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    use midwatch::demo::{Options, Platform};

    use crate::support::{rig, tls};

    const WORKFLOW: &str = r#"{"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"generateName": "by-hand-"}, "spec": {"entrypoint": "main", "templates": [
            {"name": "main", "container": {"image": "x", "command": ["work"]}}]}}"#;

    /// Runs kubectl and gives what it says; fails unless it succeeds.
    fn kubectl(config: &Path, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let output = Command::new(rig("MIDWATCH_RIG_KUBECTL"))
            .arg("--kubeconfig")
            .arg(config)
            .arg("--cache-dir")
            .arg(config.with_file_name("cache"))
            .args(words)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {line}: {error}{said}");
        said
    }

    /// kubectl's lines with a text that each must contain.
    fn cases(run: &str, pod: &str) -> Vec<(String, &'static str)> {
        [
            ("get workflows -A", "NAMESPACE"),
            ("get nodes -o wide", "Ubuntu"),
            ("get pods -n ml-nlp -o yaml", "kind: List"),
            ("describe node gpu-a01", "nvidia.com/gpu"),
            ("api-resources", "workflows"),
            ("auth can-i delete pods -A", "yes"),
            ("auth whoami", "oncall"),
            ("auth can-i --list -n ml-fraud", "*.*"),
            ("get events -A", "WorkflowRunning"),
            ("cordon cpu-01", "cordoned"),
            ("uncordon cpu-01", "uncordoned"),
            ("taint node cpu-01 a=b:NoSchedule", "tainted"),
            ("label node cpu-01 x=y", "labeled"),
            (r#"patch node cpu-03 -p {"spec":{"unschedulable":true}}"#, "patched"),
            (r#"patch node cpu-03 --type=json -p [{"op":"remove","path":"/spec/unschedulable"}]"#, "patched"),
            (r#"patch cronworkflow train-nightly -n ml-fraud --type=merge -p {"spec":{"suspend":true}}"#, "patched"),
            ("create configmap x --from-literal=a=b -n default", "created"),
            ("get configmap x -n default -o json", "\"a\": \"b\""),
            ("create namespace extra", "created"),
            ("delete namespace extra", "deleted"),
            ("delete pod --all -n platform --timeout=90s", ""),
        ]
        .into_iter()
        .map(|(line, expected)| (line.to_owned(), expected))
        .chain([
            (format!("describe workflow {run} -n ml-fraud"), "Entrypoint"),
            (format!("get workflow {run} -n ml-fraud -w --request-timeout=10s"), "NAME"),
            (format!("describe pod {pod} -n ml-fraud"), "Controlled By:  Workflow/"),
            (format!("logs {pod} -n ml-fraud"), "work on "),
            (format!("delete workflow {run} -n ml-fraud"), "deleted"),
            // last: the pod of the run may be on that node
            ("drain cpu-02 --ignore-daemonsets --delete-emptydir-data --force --timeout=90s".to_owned(), "drained"),
        ])
        .collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "needs tests/rig/live"]
    async fn finds_the_embedded_platform_a_cluster_like_any_other() {
        tls();
        let options = Options {
            speed: 60.0,
            past: Duration::from_secs(1_800),
            ..Options::default()
        };
        let platform = Platform::start(options).await.unwrap();
        let config = platform.kubeconfig().to_owned();
        let manifest = config.with_file_name("workflow.json");
        std::fs::write(&manifest, WORKFLOW).unwrap();
        tokio::task::spawn_blocking(move || {
            let create = format!("create -f {} -n ml-fraud -o name", manifest.display());
            let made = kubectl(&config, &create);
            let run = made.trim().rsplit('/').next().unwrap();
            let wait = format!("wait workflow/{run} -n ml-fraud --for=jsonpath={{.status.phase}}=Succeeded --timeout=120s");
            kubectl(&config, &wait);
            let pods = format!("get pods -n ml-fraud -o name -l workflows.argoproj.io/workflow={run}");
            let pod = kubectl(&config, &pods);
            let pod = pod.trim().rsplit('/').next().unwrap();
            for (line, expected) in cases(run, pod) {
                let said = kubectl(&config, &line);
                assert!(said.contains(expected), "kubectl {line}: {said}");
            }
        })
        .await
        .unwrap();
        platform.shutdown().await;
    }
}
