# The metrics servers and MLflow, for `build`, which sources this: it finds, installs or makes them.
# Left out are those that MIDWATCH_RIG_WITHOUT names: "metrics", "mlflow" or both.

wanted() { [[ " ${MIDWATCH_RIG_WITHOUT:-} " != *" $1 "* ]]; }

# find_server NAME COMMAND…: the first command there is.
find_server() {
  local name=$1 path
  shift
  path=$(command -v "$@" | head -n 1) && [[ -n $path ]] && echo "$name=$path"
}

find_metrics_servers() {
  find_server prometheus prometheus && find_server promtool promtool &&
    find_server alertmanager prometheus-alertmanager alertmanager
}

# From Debian, where that starts no server beside the rig's: not on a machine that runs systemd.
install_metrics_servers() {
  [[ $(id -u) == 0 && ! -d /run/systemd/system ]] && command -v apt-get >/dev/null || return 0
  echo "tests/rig/build: installing prometheus and prometheus-alertmanager" >&2
  apt-get -qq update >&2
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
    prometheus prometheus-alertmanager >&2
}

metrics_servers() {
  find_metrics_servers >/dev/null || install_metrics_servers
  find_metrics_servers && return 0
  cat >&2 <<TEXT
tests/rig/build: prometheus, promtool or (prometheus-)alertmanager is missing in PATH.
  Debian: apt-get install --no-install-recommends prometheus prometheus-alertmanager
  Without them: MIDWATCH_RIG_WITHOUT=metrics tests/rig/up
TEXT
  return 1
}

# MLflow in a Python environment of its own: about 850 MB.
build_mlflow() {
  python3 -m venv "$out" >&2 || {
    echo "tests/rig/build: Python 3.10 or newer with venv is needed for MLflow (Debian: python3-venv)" >&2
    echo "  Without MLflow: MIDWATCH_RIG_WITHOUT=mlflow tests/rig/up" >&2
    return 1
  }
  echo "tests/rig/build: installing MLflow (2 min)" >&2
  "$out/bin/python" -m pip --quiet --disable-pip-version-check install -r requirements.txt >&2
}

# A server's folder, filled once through its client: the rig's servers begin with a copy.
build_mlflow-filled() {
  echo "tests/rig/build: filling MLflow" >&2
  "$mlflow/bin/python" fill.py "$out" >"$out/fill.log" 2>&1 || { cat "$out"/*.log >&2 && return 1; }
  rm "$out"/*.log
}

if wanted metrics; then
  metrics_servers
fi
if wanted mlflow; then
  made=$(once mlflow "$here/mlflow/server")
  mlflow=${made#mlflow=}
  # an environment dies with the Python that it was made of
  "$mlflow/bin/python" -c '' 2>/dev/null || { rm -rf "$mlflow" && once mlflow "$here/mlflow/server" >/dev/null; }
  echo "$made"
  # the key holds the version, too: another one would not open the database
  once mlflow-filled "$here/mlflow"
fi
