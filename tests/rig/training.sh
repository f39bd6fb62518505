# The parts that train: the controllers of JobSet, of Trainer v2 and of the training operator v1 with their webhooks;
# and Katib, Kueue and what else the driver plays (platform: KubeRay, notebooks, profiles). Sourced by processes.sh; `begin_training`, `setup_training` and `finish_training`
# are steps of up.

real_training=(jobset trainer training-operator)
parts+=("${real_training[@]}" katib kueue platform)

ready_training() {
  case $1 in
  katib) "$driver/driver" webhooks --answer "$(<"$state/ports/katib")" ;;
  kueue | platform) pid_of "$1" >/dev/null ;;
  *) [[ $(http "$(<"$state/ports/$1")" /readyz) == *' 200 '* ]] ;;
  esac
}

# begin_training PORT…: what becomes the servers; two ports for each controller (webhooks, health), one for Katib's webhooks.
begin_training() {
  local name
  training_certificate=$state/certificates/training
  mkdir -p "$training_certificate" "$state/jobset"
  "$driver/driver" webhooks --certificate "$training_certificate"
  for name in "${real_training[@]}"; do
    echo "$1" >"$state/ports/$name-webhooks"
    echo "$2" >"$state/ports/$name"
    shift 2
  done
  echo "$1" >"$state/ports/katib"
  cat >"$state/jobset/config.yaml" <<TEXT
apiVersion: config.jobset.x-k8s.io/v1alpha1
kind: Configuration
webhook: {host: 127.0.0.1, port: $(<"$state/ports/jobset-webhooks"), certDir: $training_certificate}
metrics: {bindAddress: "0"}
health: {healthProbeBindAddress: "127.0.0.1:$(<"$state/ports/jobset")"}
leaderElection: {leaderElect: false}
internalCertManagement: {enable: false}
TEXT
  part jobset env KUBECONFIG="$state/kubeconfig/rig-jobset" "$jobset/jobset" --config "$state/jobset/config.yaml"
  for name in trainer training-operator; do
    part "$name" env KUBECONFIG="$state/kubeconfig/rig-$name" "$(server "$name")/$name" \
      --certificate "$training_certificate" --webhook-server-port "$(<"$state/ports/$name-webhooks")" \
      --health-probe-bind-address "127.0.0.1:$(<"$state/ports/$name")"
  done
  part katib "$driver/driver" katib --kubeconfig "$state/kubeconfig/rig-katib" \
    --certificate "$training_certificate" --port "$1"
  for name in kueue platform; do
    part "$name" "$driver/driver" "$name" --kubeconfig "$state/kubeconfig/rig-$name"
  done
}

# setup_training: their kinds, before which they cannot start, and their start.
setup_training() {
  setup --lean "$jobset/crds" "$trainer/crds" "$training_operator/crds" "$kueue/crds" "$here/cluster/katib" "$here/cluster/platform"
  say "starting ${real_training[*]}, katib, kueue and platform"
  for name in "${real_training[@]}" katib kueue platform; do
    launch "$name"
  done
}

# finish_training: their webhooks, which need answers from here on.
finish_training() {
  local name
  for name in "${real_training[@]}"; do
    until_true 60 "$name" ready "$name"
    "$driver/driver" webhooks --kubeconfig "$admin" --certificate "$training_certificate" \
      --port "$(<"$state/ports/$name-webhooks")" "$(server "$name")"/webhooks/*.yaml
  done
  until_true 60 katib ready katib
  "$driver/driver" webhooks --kubeconfig "$admin" --certificate "$training_certificate" --port "$(<"$state/ports/katib")" \
    "$here"/cluster/katib-webhooks/*.yaml
  setup "$here/cluster/runtimes-training"
}
