package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

// program is the one program that containers of the rig have: nvidia-smi, in
// pods that a DCGM exporter of the rig stands behind. It prints what the player
// of the GPUs tells.
type program struct{ pod *corev1.Pod }

// answerExec speaks the protocol with the code that real kubelets run.
func (k *kubelet) answerExec(w http.ResponseWriter, r *http.Request) {
	pod, err := k.pods.Pods(r.PathValue("namespace")).Get(r.PathValue("pod"))
	if err != nil {
		refuse(w, http.StatusNotFound, "pod does not exist")
		return
	}
	if pod.Status.Phase != corev1.PodRunning {
		refuse(w, http.StatusInternalServerError, fmt.Sprintf("pod %s is not running", pod.Name))
		return
	}
	options, err := remotecommand.NewOptions(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	remotecommand.ServeExec(w, r, program{pod}, pod.Name, string(pod.UID), r.PathValue("container"),
		r.URL.Query()["command"], options, time.Hour, 30*time.Second, remotecommand.SupportedStreamingProtocols)
}

// ExecInContainer runs the program.
func (p program) ExecInContainer(ctx context.Context, _, _, _ string, cmd []string, _ io.Reader, out, errs io.WriteCloser,
	_ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	to, err := ports(p.pod)
	if err != nil {
		return err
	}
	real, ok := to[9400]
	if !ok || !slices.Equal(cmd, []string{"nvidia-smi", "-q", "-x"}) {
		return fmt.Errorf("exec: %q: executable file not found in $PATH", cmd)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/smi", real), nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		_, _ = io.Copy(errs, answer.Body)
		return errors.New("command terminated with exit code 9")
	}
	_, err = io.Copy(out, answer.Body)
	return err
}
