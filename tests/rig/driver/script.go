package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// prefix of every annotation the rig reads from a pod (so: from the pod
// metadata of a workflow's template). README.md has the table.
const prefix = "rig.midwatch.dev/"

const nodeNameAnnotation = "workflows.argoproj.io/node-name"

// fate is how a pod ends.
type fate string

const (
	succeed       fate = "succeed"
	fail          fate = "fail"
	oom           fate = "oom"
	imagePull     fate = "image-pull"
	evicted       fate = "evicted"
	unschedulable fate = "unschedulable"
	stuck         fate = "stuck"
	nodeLost      fate = "node-lost"
	deleted       fate = "deleted"
)

var fates = []fate{succeed, fail, oom, imagePull, evicted, unschedulable, stuck, nodeLost, deleted}

// script is what the annotations of a pod ask the kubelet to play.
type script struct {
	fate     fate
	pullTime time.Duration
	runTime  time.Duration
	exitCode int32
	reason   string // of the terminated main container
	message  string // of that container, of the pod or of the scheduler
	progress string // "done/total", reported while running
	outputs  scriptedOutputs
}

// scriptedOutputs is the JSON of the `outputs` annotation.
type scriptedOutputs struct {
	Parameters map[string]string `json:"parameters"`
	Result     *string           `json:"result"`
}

var attemptSuffix = regexp.MustCompile(`\((\d+)\)$`)

// readScript reads a pod's annotations. A mistake in them is an error that the
// kubelet turns into a failed pod, so a wrong sample is seen at once.
//
// Earlier is how many pods of the same name failed before this one.
func readScript(pod *corev1.Pod, earlier int) (script, error) {
	ask, err := settings(pod)
	if err != nil {
		return script{}, err
	}
	s := script{fate: fate(ask["fate"]), reason: ask["reason"], message: ask["message"], progress: ask["progress"]}
	if s.pullTime, err = duration(ask, "pull-time"); err != nil {
		return s, err
	}
	if s.runTime, err = duration(ask, "run-time"); err != nil {
		return s, err
	}
	if err = s.readEnd(ask, max(attempt(pod), earlier)); err != nil {
		return s, err
	}
	if text := ask["outputs"]; text != "" {
		if err := json.Unmarshal([]byte(text), &s.outputs); err != nil {
			return s, fmt.Errorf("%soutputs: %w", prefix, err)
		}
	}
	return s, nil
}

// readEnd settles fate, exit code and reason; after `fail-times` attempts the
// pod succeeds.
func (s *script) readEnd(ask map[string]string, attempt int) error {
	code, err := number(ask, "exit-code")
	if err != nil {
		return err
	}
	times, err := number(ask, "fail-times")
	if err != nil {
		return err
	}
	if s.fate == "" {
		s.fate = succeed
		if code != 0 || ask["fail-times"] != "" {
			s.fate = fail
		}
	}
	if ask["fail-times"] != "" && attempt >= times {
		s.fate = succeed
		if ask["then-run-time"] != "" {
			if s.runTime, err = duration(ask, "then-run-time"); err != nil {
				return err
			}
		}
	}
	known := false
	for _, f := range fates {
		known = known || f == s.fate
	}
	if !known {
		return fmt.Errorf("%sfate: %q is none of %v", prefix, s.fate, fates)
	}
	s.exitCode = int32(code)
	switch {
	case s.fate == oom:
		s.exitCode, s.reason = 137, "OOMKilled"
	case s.fate == fail && code == 0:
		s.exitCode = 1
	}
	if s.reason == "" {
		s.reason = "Error"
	}
	return nil
}

// settings gives the annotations without prefix, overlaid by the first of the
// `rules` whose `node` pattern matches the Argo node name, or the pod's name where there is none. Rules let one shared
// template behave differently per step, as compiled pipelines need it.
func settings(pod *corev1.Pod) (map[string]string, error) {
	ask := map[string]string{}
	for key, value := range pod.Annotations {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			ask[name] = value
		}
	}
	if ask["rules"] == "" {
		return ask, nil
	}
	var rules []map[string]any
	if err := json.Unmarshal([]byte(ask["rules"]), &rules); err != nil {
		return nil, fmt.Errorf("%srules: %w", prefix, err)
	}
	for _, rule := range rules {
		pattern, err := regexp.Compile(fmt.Sprint(rule["node"]))
		if err != nil {
			return nil, fmt.Errorf("%srules: %w", prefix, err)
		}
		if pattern.MatchString(playedAs(pod)) {
			return ask, overlay(ask, rule)
		}
	}
	return ask, nil
}

// playedAs is the name that rules look at: that of the step, else the pod's own,
// which tells the ranks of a job apart.
func playedAs(pod *corev1.Pod) string {
	if name := pod.Annotations[nodeNameAnnotation]; name != "" {
		return name
	}
	return pod.Name
}

func overlay(ask map[string]string, rule map[string]any) error {
	for key, value := range rule {
		if text, ok := value.(string); ok {
			ask[key] = text
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		ask[key] = string(text)
	}
	return nil
}

// attempt is the index Argo gives the n-th attempt under a Retry node: the
// number in the last brackets of `step(0:item)(2)`; 0 without retries. A job set
// counts its restarts in a label.
func attempt(pod *corev1.Pod) int {
	if n, err := strconv.Atoi(pod.Labels["jobset.sigs.k8s.io/restart-attempt"]); err == nil {
		return n
	}
	match := attemptSuffix.FindStringSubmatch(pod.Annotations[nodeNameAnnotation])
	if match == nil {
		return 0
	}
	n, err := strconv.Atoi(match[1])
	if err != nil {
		return 0
	}
	return n
}

func duration(ask map[string]string, name string) (time.Duration, error) {
	if ask[name] == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(ask[name])
	if err != nil {
		return 0, fmt.Errorf("%s%s: %w", prefix, name, err)
	}
	return d, nil
}

func number(ask map[string]string, name string) (int, error) {
	if ask[name] == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(ask[name])
	if err != nil {
		return 0, fmt.Errorf("%s%s: %w", prefix, name, err)
	}
	return n, nil
}
