package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cri-streaming/pkg/streaming/portforward"
)

// forwarder is the part of a kubelet that port-forwards reach: the loopback port
// behind each port of a pod. Only pods that a server of the rig stands behind
// have any.
type forwarder map[int32]int32

// ports reads the annotation: `9090=30581`, the pod's port and the one of
// loopback. The second is one of the pod's, too: its endpoints name it.
func ports(pod *corev1.Pod) (forwarder, error) {
	text := pod.Annotations[prefix+"port"]
	if text == "" {
		return nil, nil
	}
	var own, real int32
	if _, err := fmt.Sscanf(text, "%d=%d", &own, &real); err != nil {
		return nil, fmt.Errorf("%sport: %q is not like 9090=30581", prefix, text)
	}
	return forwarder{own: real, real: real}, nil
}

// answerForward speaks the protocol with the code that real kubelets run.
func (k *kubelet) answerForward(w http.ResponseWriter, r *http.Request) {
	pod, err := k.pods.Pods(r.PathValue("namespace")).Get(r.PathValue("pod"))
	if err != nil {
		refuse(w, http.StatusNotFound, "pod does not exist")
		return
	}
	if pod.Status.Phase != corev1.PodRunning {
		refuse(w, http.StatusInternalServerError, fmt.Sprintf("pod %s is not running", pod.Name))
		return
	}
	options, err := portforward.NewV4Options(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	to, err := ports(pod)
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	portforward.ServePortForward(w, r, to, pod.Name, string(pod.UID), options, 4*time.Hour, 30*time.Second,
		portforward.SupportedProtocols)
}

// PortForward copies until either side ends.
func (f forwarder) PortForward(ctx context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	real, ok := f[port]
	if !ok {
		return fmt.Errorf("failed to connect to localhost:%d inside namespace: connection refused", port)
	}
	var dialer net.Dialer
	inner, err := dialer.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", real))
	if err != nil {
		return fmt.Errorf("failed to connect to localhost:%d inside namespace: %w", port, err)
	}
	defer inner.Close()
	var answers sync.WaitGroup
	answers.Go(func() {
		_, _ = io.Copy(stream, inner)
		_ = stream.Close()
	})
	_, err = io.Copy(inner, stream)
	if half, ok := inner.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
	answers.Wait()
	return err
}
