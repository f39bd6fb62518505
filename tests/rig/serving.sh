# The parts that serve models: the KServe controller with its webhooks, and
# Knative, which the driver plays. Sourced by processes.sh; `begin_serving`,
# `setup_serving` and `finish_serving` are steps of up.

parts+=(knative kserve)

ready_serving() {
  case $1 in
  knative) "$driver/driver" probe --kubeconfig "$state/kubeconfig/admin" --knative ;;
  kserve) [[ $(http "$(<"$state/ports/kserve")" /readyz) == *' 200 '* ]] ;;
  esac
}

# begin_serving WEBHOOK_PORT HEALTH_PORT: what becomes the servers.
begin_serving() {
  webhook_port=$1
  # KServe looks for its certificate here, under its temporary folder
  webhook_certificate=$state/kserve/k8s-webhook-server/serving-certs
  echo "$2" >"$state/ports/kserve"
  mkdir -p "$webhook_certificate"
  "$driver/driver" webhooks --certificate "$webhook_certificate"
  part knative "$driver/driver" knative --kubeconfig "$state/kubeconfig/rig-knative"
  part kserve env TMPDIR="$state/kserve" POD_NAMESPACE=kserve "$kserve/kserve-manager" \
    -kubeconfig "$state/kubeconfig/rig-kserve" -metrics-addr 0 -webhook-port "$1" -health-probe-addr "127.0.0.1:$2"
}

# setup_serving FULL_OR_MINIMAL: their kinds and settings, before which they
# cannot start, and their start.
setup_serving() {
  setup "$kserve/crds/$1" "$knative/crds" "$here/cluster/kserve"
  say "starting knative and kserve"
  launch knative
  launch kserve
}

# finish_serving: webhooks, and the runtimes, which pass through them.
finish_serving() {
  until_true 60 kserve ready kserve
  "$driver/driver" webhooks --kubeconfig "$admin" --certificate "$webhook_certificate" --port "$webhook_port" \
    "$kserve"/webhooks/*.yaml
  setup "$here/cluster/runtimes"
  ready knative
}
