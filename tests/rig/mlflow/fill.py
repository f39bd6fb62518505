"""Fills an MLflow server through its own client, as teams and their pipelines fill one.

    fill.py FOLDER      starts a server on SQLite in FOLDER, fills it, ends it
    fill.py URI         fills the server there

What stands in it afterwards is described in tests/rig/README.md.
"""

import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"

import mlflow
from mlflow import MlflowClient
from mlflow.data.http_dataset_source import HTTPDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Metric

# name: (newest version, aliases, the versions that have a run, team)
MODELS = {
    "fraud-scorer": (42, {"champion": 41, "challenger": 42, "shadow": 40, "archived": 39}, range(38, 43), "risk"),
    "ranker": (9, {"champion": 8, "challenger": 9}, range(7, 10), "recsys"),  # 9 is served: the alias drifted
    "churn": (12, {"champion": 12}, range(11, 13), "growth"),
    "churn-llm": (4, {"champion": 3, "challenger": 4}, range(3, 5), "growth"),
    "spam-filter": (5, {"champion": 5}, range(5, 6), "risk"),
    "uplift": (3, {"champion": 3}, range(3, 4), "growth"),
    "intent": (2, {}, range(2, 3), "nlp"),
}

# What a client can put into a tag, and a terminal must not get.
HOSTILE = "\x1b]52;c;cm0gLXJmIC8K\x07\x1b[2Jred\u202egnp.exe\u009b31m"


def gates(name, version):
    """The validation gates of a version, as its pipeline writes them into tags."""
    if (name, version) == ("fraud-scorer", 42):
        return {"gate.accuracy": "passed", "gate.regression": "passed", "gate.latency": "passed",
                "gate.data-quality": "passed", "gate.bias": "failed"}
    return {f"gate.{gate}": "passed" for gate in ("accuracy", "regression", "latency", "data-quality", "bias")}


def log_run(client, experiment, name, version, team):
    """One training run with its metrics, parameters, dataset and the pipeline that started it."""
    workflow = f"{name}-train-{version}"
    run = client.create_run(experiment, run_name=workflow, tags={
        "mlflow.source.type": "JOB", "team": team, "pipeline.run": workflow, "pipeline.namespace": "ml-fraud",
        "pipeline.engine": "argo",
    })
    run_id = run.info.run_id
    now = int(time.time() * 1000)
    auc = 0.95 + version / 2000
    metrics = [Metric("auc", auc - (5 - step) / 200, now - (5 - step) * 1000, step) for step in range(6)]
    metrics += [Metric(key, value, now, 0) for key, value in {
        "accuracy": auc - 0.01, "latency_p95_ms": 38.0 + version / 4, "data_quality": 0.998,
        "bias_gap": 0.08 if (name, version) == ("fraud-scorer", 42) else 0.01,
        # what a division by no samples leaves behind
        "calibration_error": math.nan,
    }.items()]
    client.log_batch(run_id, metrics=metrics)
    for key, value in {"learning_rate": 0.05, "max_depth": 8, "seed": version, "features": "v3"}.items():
        client.log_param(run_id, key, value)
    with mlflow.start_run(run_id=run_id):
        source = HTTPDatasetSource(f"https://data.example/{name}/2026-11-{version % 28 + 1:02d}.parquet")
        mlflow.log_input(MetaDataset(source, name=f"{name}-train", digest=f"d{version:07d}"), context="training")
    client.set_terminated(run_id, "FINISHED")
    return run_id


def fill(uri):
    mlflow.set_tracking_uri(uri)
    client = MlflowClient(uri)
    for name, (newest, aliases, with_run, team) in MODELS.items():
        experiment = client.create_experiment(f"{name}-training")
        client.create_registered_model(name, tags={"team": team}, description=f"The {name} model")
        for version in range(1, newest + 1):
            run_id = log_run(client, experiment, name, version, team) if version in with_run else None
            made = client.create_model_version(name, f"s3://ml-models/{name}/{version}", run_id, await_creation_for=0,
                tags=gates(name, version) if run_id else None)
            assert int(made.version) == version, made
        for alias, version in aliases.items():
            client.set_registered_model_alias(name, alias, str(version))
    client.set_model_version_tag("intent", "2", "note", HOSTILE)
    client.create_registered_model("never-trained")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_healthy(uri, server):
    for _ in range(1200):
        if server.poll() is not None:
            sys.exit(f"the MLflow server ended with {server.returncode}")
        try:
            with urllib.request.urlopen(f"{uri}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    sys.exit("the MLflow server does not answer")


def main():
    target = sys.argv[1]
    if target.startswith("http"):
        return fill(target)
    port = free_port()
    uri = f"http://127.0.0.1:{port}"
    log = open(f"{target}/server.log", "w")
    server = subprocess.Popen([
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{target}/mlflow.db", "--artifacts-destination", f"{target}/artifacts",
    ], cwd=tempfile.gettempdir(), stdout=log, stderr=log, start_new_session=True)
    try:
        wait_healthy(uri, server)
        fill(uri)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


if __name__ == "__main__":
    main()
