# Prometheus, Alertmanager, what they scrape, and MLflow: parts of the rig. Sourced by processes.sh; `up` calls
# begin_metrics before the API server starts and finish_metrics after it, so that these servers start beside the others.
#
# Parts: history (makes the days before, and ends), traffic (the simulated exporters), prometheus, alertmanager, mlflow,
# gate (lets the API server reach them as pods).

metrics_parts=(history traffic alertmanager prometheus mlflow gate)
parts+=("${metrics_parts[@]}")

# server NAME: a path that `build` printed; fails where it was left out.
server() {
  sed -n "s/^$1=//p" "$state/binaries" | grep .
}

# metrics_ports: finds free ports that are none of those given to other parts.
metrics_ports() {
  local name given free
  given=" ${port[*]} "
  for name in traffic prometheus alertmanager mlflow; do
    until free=$("$driver/driver" ports 1) && [[ $given != *" $free "* ]]; do :; done
    given+="$free "
    echo "$free" >"$state/ports/$name"
  done
}

port_of() { cat "$state/ports/$1"; }

begin_metrics() {
  metrics_ports
  if server prometheus >/dev/null; then
    begin_prometheus
  fi
  if server mlflow >/dev/null; then
    begin_mlflow
  fi
}

begin_prometheus() {
  local folder=$state/metrics until
  mkdir -p "$folder"
  until=$(date +%s)
  cp "$here/metrics/rules.yaml" "$here/metrics/alertmanager.yaml" "$folder/"
  sed "s/CONTROL/127.0.0.1:$(port_of traffic)/; s/GPUS/127.0.0.1:$(port_of gpus)/; s/ALERTMANAGER/127.0.0.1:$(port_of alertmanager)/" \
    "$here/metrics/prometheus.yaml" >"$folder/prometheus.yaml"
  part history "$driver/driver" history --until "$until" --promtool "$(server promtool)" "$folder/data"
  part traffic "$driver/driver" traffic --until "$until" --port "$(port_of traffic)"
  part alertmanager "$(server alertmanager)" --config.file "$folder/alertmanager.yaml" \
    --storage.path "$folder/alertmanager" --web.listen-address "127.0.0.1:$(port_of alertmanager)" \
    --cluster.listen-address= --log.level warn
  part prometheus env GOMEMLIMIT=200MiB "$(server prometheus)" --config.file "$folder/prometheus.yaml" \
    --storage.tsdb.path "$folder/data" --storage.tsdb.retention.time 30d \
    --web.listen-address "127.0.0.1:$(port_of prometheus)" --log.level warn
  say "making days of metrics"
  launch history
}

begin_mlflow() {
  local folder=$state/mlflow
  cp -r "$(server mlflow-filled)" "$folder"
  # What `mlflow server` starts, without the processes that it adds: a signal reaches the one that answers.
  part mlflow env MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
    _MLFLOW_SERVER_FILE_STORE="sqlite:///$folder/mlflow.db" _MLFLOW_SERVER_ARTIFACT_ROOT=mlflow-artifacts:/ \
    _MLFLOW_SERVER_ARTIFACT_DESTINATION="$folder/artifacts" _MLFLOW_SERVER_SERVE_ARTIFACTS=true \
    "$(server mlflow)/bin/python" -m uvicorn --host 127.0.0.1 --port "$(port_of mlflow)" --log-level warning \
    mlflow.server.fastapi_app:app
  say "starting mlflow"
  launch mlflow
}

finish_metrics() {
  local name
  if server prometheus >/dev/null; then
    until_true 120 "the metrics of the days before" gone history
    ready_metrics history || { say "no metrics of the days before: $(tail -n 3 "$state/log/history")" && return 1; }
    for name in traffic alertmanager prometheus; do
      say "starting $name"
      launch "$name"
    done
  fi
  open_gate
  for name in traffic alertmanager prometheus mlflow; do
    if [[ -e $state/parts/$name ]]; then
      until_true 120 "$name" ready "$name"
    fi
  done
}

# open_gate puts pods and services before the servers, so that they are found as in a cluster.
open_gate() {
  local address ports=() folder=$state/objects
  if ! address=$("$driver/driver" address); then
    say "so the servers cannot be reached through the API server"
    return 0
  fi
  mkdir -p "$folder"
  if server prometheus >/dev/null; then
    ports+=("$(port_of prometheus)" "$(port_of alertmanager)")
    sed "s/ADDRESS/$address/; s/PORT_PROMETHEUS/$(port_of prometheus)/; s/PORT_ALERTMANAGER/$(port_of alertmanager)/" \
      "$here/metrics/objects.yaml" >"$folder/metrics.yaml"
  fi
  if server mlflow >/dev/null; then
    ports+=("$(port_of mlflow)")
    sed "s/ADDRESS/$address/; s/PORT_MLFLOW/$(port_of mlflow)/" "$here/metrics/objects-mlflow.yaml" >"$folder/mlflow.yaml"
  fi
  mapfile -t -O "${#ports[@]}" ports < <(tr ',' '\n' <"$state/ports/exporters")
  part gate "$driver/driver" gate "$address" "${ports[@]}"
  launch gate
  if [[ -n $(ls -A "$folder") ]]; then
    "$driver/driver" setup --kubeconfig "$admin" "$folder"
  fi
}

# ready_metrics PART: as `ready`.
ready_metrics() {
  case $1 in
  history) [[ -e $state/metrics/data.filled ]] ;;
  traffic) [[ $(http "$(port_of traffic)" /state) == *' 200 '* ]] ;;
  alertmanager | prometheus) [[ $(http "$(port_of "$1")" /-/ready) == *' 200 '* ]] ;;
  mlflow) [[ $(http "$(port_of mlflow)" /health) == *' 200 '* ]] ;;
  gate) pid_of gate >/dev/null ;;
  esac
}

# metrics_variables: for the end of `up`.
metrics_variables() {
  local name
  for name in prometheus alertmanager mlflow; do
    if server "$name" >/dev/null; then
      printf 'export MIDWATCH_RIG_%s=%q\n' "${name^^}" "http://127.0.0.1:$(port_of "$name")"
    fi
  done
  if server prometheus >/dev/null; then
    printf 'export MIDWATCH_RIG_PROMTOOL=%q\n' "$(server promtool)"
    printf 'export MIDWATCH_RIG_METRICS_CONTROL=%q\n' "http://127.0.0.1:$(port_of traffic)"
  fi
  if server mlflow >/dev/null; then
    printf 'export MIDWATCH_RIG_MLFLOW_PYTHON=%q\n' "$(server mlflow)/bin/python"
  fi
}
