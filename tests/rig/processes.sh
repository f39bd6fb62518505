# Starting, finding and ending the rig's processes. Sourced by up, down and ctl.
#
# A part is a file $state/parts/NAME that replaces itself by the server. Its
# process id stands in $state/run/NAME together with the start time of that
# process, so an id that was given to another process later is never signalled.

# The parts in the order in which they start.
parts=(etcd apiserver controller-manager kubelet controller controller-compressed)
source "$(dirname "${BASH_SOURCE[0]}")/serving.sh"
source "$(dirname "${BASH_SOURCE[0]}")/training.sh"
source "$(dirname "${BASH_SOURCE[0]}")/gpus.sh"

# started PID: the kernel's start time of a process; fails if there is none.
# The name in the second field may hold blanks, so it is cut off first. A zombie
# counts as ended once it is alone: before that, its other threads are still
# giving back memory and hold its ports.
started() {
  local stat
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  local -a field
  read -ra field <<<"${stat##*) }"
  [[ ${field[0]} != Z || ${field[17]} -gt 1 ]] && echo "${field[19]}"
}

# pid_of PART: prints the id of a part that runs, else fails.
pid_of() {
  local pid since
  read -r pid since 2>/dev/null <"$state/run/$1" || return 1
  [[ $(started "$pid") == "$since" ]] && echo "$pid"
}

# launch PART: starts it in a session of its own, so that it outlives the
# caller. The id is written before the server takes the process over: there is
# no moment in which it runs unrecorded.
launch() {
  pid_of "$1" >/dev/null && return 0
  setsid bash -c '
    state=$1 part=$2
    source "$3"
    echo "$$ $(started $$)" >"$state/run/$part"
    exec "$state/parts/$part"
  ' launch "$state" "$1" "${BASH_SOURCE[0]}" </dev/null >>"$state/log/$1" 2>&1 9>&- &
  until_true 10 "$1 to start" recorded "$1" $!
}

# recorded PART CHILD: the part runs, or its launcher has already ended.
recorded() {
  pid_of "$1" >/dev/null || ! kill -0 "$2" 2>/dev/null
}

# finish PART SIGNAL SECONDS: signals the part and waits for its end; kills it
# when it takes longer.
finish() {
  local pid
  pid=$(pid_of "$1") || { rm -f "$state/run/$1"; return 0; }
  kill "-$2" "$pid" 2>/dev/null || true
  kill -CONT "$pid" 2>/dev/null || true
  if ! until_true "$3" "$1 to end" gone "$1" 2>/dev/null; then
    kill -KILL "$pid" 2>/dev/null || true
    until_true 10 "$1 to end" gone "$1"
  fi
  rm -f "$state/run/$1"
}

gone() {
  ! pid_of "$1" >/dev/null
}

# until_true SECONDS WHAT COMMAND…: waits for the command to succeed.
until_true() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    if ((SECONDS >= limit)); then
      echo "tests/rig: waited in vain for $what" >&2
      return 1
    fi
    sleep 0.1
  done
}

# ready PART: the part answers. Workflow controllers and the kubelet have no
# health check of their own; a probe workflow shows that they work.
ready() {
  local admin=$state/kubeconfig/admin
  case $1 in
  knative | kserve) ready_serving "$1" ;;
  gpus) ready_gpus ;;
  jobset | trainer | training-operator | katib | kueue | platform) ready_training "$1" ;;
  etcd) [[ $(http "$(<"$state/ports/etcd")" /health) == *'"true"'* ]] ;;
  apiserver) "$kubernetes/kubectl" --kubeconfig "$admin" --request-timeout 2s get --raw /readyz >/dev/null 2>&1 ;;
  controller-manager) "$kubernetes/kubectl" --kubeconfig "$admin" -n default get serviceaccount default >/dev/null 2>&1 ;;
  kubelet | controller) "$driver/driver" probe --kubeconfig "$admin" ;;
  controller-compressed) "$driver/driver" probe --kubeconfig "$admin" --instance compressed ;;
  *) ready_metrics "$1" ;;
  esac
}

# http PORT PATH: GET over loopback without any tool but bash.
http() {
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3
  cat <&3
  exec 3>&-
} 2>/dev/null

# locate FOLDER: reads the state folder of a rig: where its binaries are.
locate() {
  state=$1
  [[ -f $state/binaries ]] || {
    echo "tests/rig: there is no rig in $state" >&2
    return 1
  }
  local name folder
  while IFS='=' read -r name folder; do
    case $name in
    kubernetes) kubernetes=$folder ;;
    argo) argo=$folder ;;
    argo-cd) argo_cd=$folder ;;
    kserve) kserve=$folder ;;
    knative) knative=$folder ;;
    jobset) jobset=$folder ;;
    trainer) trainer=$folder ;;
    training-operator) training_operator=$folder ;;
    kueue) kueue=$folder ;;
    driver) driver=$folder ;;
    oracle) oracle=$folder ;;
    esac
  done <"$state/binaries"
}

default_state() {
  echo "${MIDWATCH_RIG:-${TMPDIR:-/tmp}/midwatch-rig-$(id -u)}"
}

source "$(dirname "${BASH_SOURCE[0]}")/metrics.sh"
