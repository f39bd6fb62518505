package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// logPoll is how often a followed log looks for new lines.
const logPoll = 20 * time.Millisecond

// serveLogs is the part of a kubelet that the API server asks for logs and
// hands port-forwards and programs to. It listens until ctx ends. All nodes share it; the
// certificate is its own.
func (k *kubelet) serveLogs(ctx context.Context, port int) error {
	certificate, err := ownCertificate()
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", k.answerLog)
	mux.HandleFunc("/exec/{namespace}/{pod}/{container}", k.answerExec)
	mux.HandleFunc("/portForward/{namespace}/{pod}", k.answerForward)
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second,
		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	err = server.ServeTLS(listener, "", "")
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func ownCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "rig-kubelet"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// logQuery is what a client may ask of a log.
type logQuery struct {
	follow, previous, timestamps bool
	tail, limit                  int64 // -1: all
	since                        time.Time
}

func readLogQuery(r *http.Request, now time.Time) logQuery {
	values := r.URL.Query()
	number := func(name string) int64 {
		if n, err := strconv.ParseInt(values.Get(name), 10, 64); err == nil {
			return n
		}
		return -1
	}
	q := logQuery{
		follow: values.Get("follow") == "true", previous: values.Get("previous") == "true",
		timestamps: values.Get("timestamps") == "true", tail: number("tailLines"), limit: number("limitBytes"),
	}
	if seconds := number("sinceSeconds"); seconds >= 0 {
		q.since = now.Add(-time.Duration(seconds) * time.Second)
	}
	if at, err := time.Parse(time.RFC3339, values.Get("sinceTime")); err == nil {
		q.since = at
	}
	return q
}

// answerLog writes one log. Refusals are in the words of a real kubelet.
func (k *kubelet) answerLog(w http.ResponseWriter, r *http.Request) {
	query := readLogQuery(r, time.Now())
	namespace, name, container := r.PathValue("namespace"), r.PathValue("pod"), r.PathValue("container")
	pod, err := k.pods.Pods(namespace).Get(name)
	if err != nil {
		refuse(w, http.StatusNotFound, fmt.Sprintf("pod %q does not exist", name))
		return
	}
	script, refusal := logOf(pod, container, query.previous)
	if refusal != "" {
		refuse(w, http.StatusBadRequest, refusal)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	out := &logWriter{to: w, query: query}
	next := script.first(query, time.Now())
	for {
		end := script.count(time.Now())
		for ; next < end && !out.full; next++ {
			out.line(script.at(next), script.text(next))
		}
		if out.failed || out.full || !query.follow || script.over() {
			return
		}
		out.flush()
		select {
		case <-r.Context().Done():
			return
		case <-time.After(logPoll):
		}
		pod, err := k.pods.Pods(namespace).Get(name)
		if err != nil {
			return // the pod is gone, and its log with it
		}
		if now, refusal := logOf(pod, container, query.previous); refusal == "" {
			script = now
		}
	}
}

// refuse answers with a text and nothing behind it, as a kubelet does.
func refuse(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text))
}

type logWriter struct {
	to           http.ResponseWriter
	query        logQuery
	sent         int64
	full, failed bool
}

func (w *logWriter) line(at time.Time, text string) {
	if w.query.timestamps {
		text = at.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") + " " + text
	}
	text += "\n"
	if limit := w.query.limit; limit >= 0 && w.sent+int64(len(text)) >= limit {
		text, w.full = text[:limit-w.sent], true
	}
	if _, err := w.to.Write([]byte(text)); err != nil {
		w.full, w.failed = true, true
	}
	w.sent += int64(len(text))
}

func (w *logWriter) flush() {
	if flusher, ok := w.to.(http.Flusher); ok && w.sent > 0 {
		flusher.Flush()
	}
}

// logOf finds the attempt whose log is asked for, or refuses.
func logOf(pod *corev1.Pod, container string, previous bool) (logScript, string) {
	var status *corev1.ContainerStatus
	for _, list := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for i := range list {
			if list[i].Name == container {
				status = &list[i]
			}
		}
	}
	if status == nil {
		return logScript{}, fmt.Sprintf("container %q in pod %q is waiting to start: ContainerCreating", container, pod.Name)
	}
	state, last := status.State, status.LastTerminationState
	switch {
	case previous && last.Terminated == nil:
		return logScript{}, fmt.Sprintf("previous terminated container %q in pod %q not found", container, pod.Name)
	case previous:
		return scriptOf(pod, container, last.Terminated.StartedAt.Time, last.Terminated), ""
	case state.Running != nil:
		return scriptOf(pod, container, state.Running.StartedAt.Time, nil), ""
	case state.Terminated != nil:
		return scriptOf(pod, container, state.Terminated.StartedAt.Time, state.Terminated), ""
	case last.Terminated != nil:
		return scriptOf(pod, container, last.Terminated.StartedAt.Time, last.Terminated), ""
	}
	reason := "ContainerCreating"
	if state.Waiting != nil && state.Waiting.Reason != "" {
		reason = state.Waiting.Reason
	}
	switch reason {
	case "ErrImagePull":
		reason = "image can't be pulled"
	case "ImagePullBackOff":
		reason = "trying and failing to pull image"
	}
	return logScript{}, fmt.Sprintf("container %q in pod %q is waiting to start: %s", container, pod.Name, reason)
}

// logScript is what one attempt prints: a line is found by its number alone.
type logScript struct {
	pod, container, mode string
	start                time.Time
	every                time.Duration
	end                  *corev1.ContainerStateTerminated
}

// scriptOf reads the mode from the pod: flood:RATE lines a second, hostile,
// json, traceback, silent; without one a line a second.
func scriptOf(pod *corev1.Pod, container string, start time.Time, end *corev1.ContainerStateTerminated) logScript {
	mode := pod.Annotations[prefix+"log"]
	s := logScript{pod: pod.Name, container: container, mode: mode, start: start, every: time.Second, end: end}
	if rate, ok := strings.CutPrefix(mode, "flood:"); ok {
		if n, err := strconv.Atoi(rate); err == nil && n > 0 {
			s.every = time.Second / time.Duration(n)
		}
	}
	switch mode {
	case "hostile", "json":
		s.every = 100 * time.Millisecond
	case "silent":
		s.every = 24 * time.Hour
	}
	return s
}

func (s logScript) over() bool { return s.end != nil }

// work is how many lines are printed until a time, besides the last words.
func (s logScript) work(until time.Time) int64 {
	if until.Before(s.start) {
		return 0
	}
	if s.mode == "silent" {
		return 0
	}
	return int64(until.Sub(s.start)/s.every) + 1
}

// finished is the end of work: stamps are in whole seconds, so the last
// fraction of the last second counts.
func (s logScript) finished() time.Time { return s.end.FinishedAt.Add(949 * time.Millisecond) }

func (s logScript) last() []string {
	if s.end == nil {
		return nil
	}
	if s.mode == "traceback" {
		return []string{
			"Traceback (most recent call last):", "  File \"/app/train.py\", line 88, in <module>", "    main()",
			"KeyError: 'plan_type'",
		}
	}
	return []string{fmt.Sprintf("done with exit code %d", s.end.ExitCode)}
}

func (s logScript) count(now time.Time) int64 {
	if s.end == nil {
		return s.work(now)
	}
	return s.work(s.finished()) + int64(len(s.last()))
}

func (s logScript) at(n int64) time.Time {
	if s.end != nil && n >= s.work(s.finished()) {
		return s.finished().Add(time.Duration(n) * time.Nanosecond)
	}
	return s.start.Add(time.Duration(n)*s.every + time.Duration(n%1000))
}

func (s logScript) text(n int64) string {
	if s.end != nil {
		if last := n - s.work(s.finished()); last >= 0 {
			return s.last()[last]
		}
	}
	switch {
	case strings.HasPrefix(s.mode, "flood:"):
		return fmt.Sprintf("INFO loader: record %09d shard %03d ok", n, n%128)
	case s.mode == "json":
		return fmt.Sprintf(`{"level":"info","msg":"batch done","batch":%d,"latency_ms":%d}`, n, 30+n%60)
	case s.mode == "hostile":
		return hostileLine(n)
	}
	return fmt.Sprintf("%s line %d", s.container, n)
}

func hostileLine(n int64) string {
	all := []string{
		"title \x1b]0;pwned\x07", "clipboard \x1b]52;c;cm0=\x07", "screen \x1b[2J\x1b[?1049h", "c1 \x9b2J \u009b2J",
		"bidi \u202egnp.exe", "tags \U000e0041", "not text \xff\xfe", "bar 10 %\rbar 100 %", strings.Repeat("x", 1<<20),
	}
	return fmt.Sprintf("%04d ", n) + all[n%int64(len(all))]
}

// first is the number of the first line asked for.
func (s logScript) first(q logQuery, now time.Time) int64 {
	count := s.count(now)
	low, high := int64(0), count
	for low < high {
		middle := low + (high-low)/2
		if s.at(middle).Before(q.since) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if q.tail >= 0 && count-q.tail > low {
		return count - q.tail
	}
	return low
}
