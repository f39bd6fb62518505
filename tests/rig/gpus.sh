# What the GPU operator runs: MIG manager, device plugin and DCGM exporters, all played by the driver. Sourced by
# processes.sh; `begin_gpus` and `finish_gpus` are steps of up.

parts+=(gpus)

ready_gpus() {
  [[ $(http "$(<"$state/ports/gpus")" /readyz) == *' 200 '* ]]
}

# begin_gpus PORT…: the first is for the list of targets, the others are for the exporters.
begin_gpus() {
  local IFS=, address
  address=$("$driver/driver" address 2>/dev/null) || address=
  echo "$1" >"$state/ports/gpus"
  shift
  echo "$*" >"$state/ports/exporters"
  part gpus "$driver/driver" gpus --kubeconfig "$state/kubeconfig/rig-gpus" --port "$(<"$state/ports/gpus")" \
    --ports "$*" --address "$address"
}

setup_gpus() {
  setup "$here/cluster/gpus"
  say "starting gpus"
  launch gpus
}
