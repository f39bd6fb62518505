package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/wait"
)

// assignedNote counts, on the suggestion, which assignment was the first, the
// second …: a trial that is made anew plays the same part again.
const assignedNote = prefix + "assigned"

// createTrials asks the suggestion for more assignments and makes trials of
// those that have none, as many as are missing.
func (k *katib) createTrials(ctx context.Context, o *unstructured.Unstructured, now standing, missing int) error {
	there := map[string]bool{}
	for i := range now.trials {
		there[now.trials[i].GetName()] = true
	}
	suggestion, err := k.suggest(ctx, o, len(now.trials)+missing)
	if err != nil || suggestion == nil {
		return err
	}
	parts := partsOf(suggestion)
	for _, assignment := range rows(suggestion.Object, "status", "suggestions") {
		name, _ := assignment["name"].(string)
		if there[name] || missing == 0 {
			continue
		}
		missing--
		trial, err := k.trialOf(ctx, o, assignment, parts[name])
		if err != nil {
			return err
		}
		if err := k.create(ctx, trial); err != nil {
			return err
		}
	}
	return nil
}

// suggest brings the suggestion to as many assignments as are asked for. It
// gives nil while its service is not ready.
func (k *katib) suggest(ctx context.Context, o *unstructured.Unstructured, requests int) (*unstructured.Unstructured, error) {
	s, err := k.get(ctx, suggestions, o.GetNamespace(), o.GetName())
	if err != nil {
		return nil, err
	}
	if s == nil {
		s = made("kubeflow.org/v1beta1", "Suggestion", o.GetName(), o)
		s.SetLabels(added(o.GetLabels(), map[string]string{experimentLabel: o.GetName()}))
		s.Object["spec"] = map[string]any{
			"algorithm": tree(o, "spec", "algorithm"), "requests": int64(requests), "resumePolicy": text(o, "spec", "resumePolicy"),
		}
		return nil, k.create(ctx, s) // its own event brings us back
	}
	if !owned(s, o) {
		return nil, fmt.Errorf("the suggestion still belongs to what was there before")
	}
	if whole(s, 0, "spec", "requests") != int64(requests) {
		_ = unstructured.SetNestedField(s.Object, int64(requests), "spec", "requests")
		if err := k.update(ctx, suggestions, s); err != nil {
			return nil, err
		}
	}
	ready, err := k.deploy(ctx, o, s)
	if err != nil || !ready {
		return nil, err
	}
	return s, k.assign(ctx, o, s, requests)
}

// assign makes the assignments that are missing, and writes the status.
func (k *katib) assign(ctx context.Context, o, s *unstructured.Unstructured, requests int) error {
	all, parts := rows(s.Object, "status", "suggestions"), partsOf(s)
	before := len(parts)
	for len(all) < requests {
		name := o.GetName() + "-" + rand.String(8)
		parts[name] = next(parts)
		all = append(all, map[string]any{"name": name, "parameterAssignments": values(o, parts[name])})
	}
	if len(parts) != before {
		note, err := json.Marshal(parts)
		if err != nil {
			return err
		}
		s.SetAnnotations(added(s.GetAnnotations(), map[string]string{assignedNote: string(note)}))
		if err := k.update(ctx, suggestions, s); err != nil {
			return err
		}
	}
	status := tree(s, "status")
	status["suggestions"], status["suggestionCount"] = anys(all), int64(len(all))
	stage(status, "Running", "True", "SuggestionRunning", "Suggestion is running")
	return k.state(ctx, suggestions, s, status)
}

// partsOf reads which part each assignment plays.
func partsOf(s *unstructured.Unstructured) map[string]int {
	parts := map[string]int{}
	_ = json.Unmarshal([]byte(s.GetAnnotations()[assignedNote]), &parts)
	return parts
}

func next(parts map[string]int) int {
	free := 0
	for _, n := range parts {
		free = max(free, n+1)
	}
	return free
}

// deploy keeps the Deployment and Service of the algorithm, and says when its pod answers.
func (k *katib) deploy(ctx context.Context, o, s *unstructured.Unstructured) (bool, error) {
	status := tree(s, "status")
	if status == nil {
		status = map[string]any{"startTime": stamp(time.Now())}
		stage(status, "Created", "True", "SuggestionCreated", "Suggestion is created")
		if err := k.state(ctx, suggestions, s, status); err != nil {
			return false, err
		}
	}
	name := o.GetName() + "-" + text(o, "spec", "algorithm", "algorithmName")
	d, err := k.get(ctx, deployments, o.GetNamespace(), name)
	if err != nil {
		return false, err
	}
	if d == nil {
		return false, k.deployAlgorithm(ctx, s, name)
	}
	ready := whole(d, 0, "status", "readyReplicas") > 0
	status = tree(s, "status")
	if ready && stage(status, "DeploymentReady", "True", "DeploymentReady", "Deployment is ready") {
		return true, k.state(ctx, suggestions, s, status)
	}
	return ready, nil
}

func (k *katib) deployAlgorithm(ctx context.Context, s *unstructured.Unstructured, name string) error {
	marks := map[string]any{katibGroup + "/deployment": name, experimentLabel: s.GetName(), katibGroup + "/suggestion": s.GetName()}
	pod := map[string]any{"containers": []any{map[string]any{
		"name": "suggestion", "image": "ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.19.0",
		"ports": []any{map[string]any{"name": "katib-api", "containerPort": int64(6789)}},
	}}}
	if text(s, "spec", "resumePolicy") == "FromVolume" {
		claim := made("v1", "PersistentVolumeClaim", name, s)
		claim.Object["spec"] = map[string]any{
			"accessModes": []any{"ReadWriteOnce"}, "resources": map[string]any{"requests": map[string]any{"storage": "1Gi"}},
		}
		if err := k.create(ctx, claim); err != nil {
			return err
		}
	}
	service := made("v1", "Service", name, s)
	service.Object["spec"] = map[string]any{
		"selector": map[string]any{katibGroup + "/deployment": name},
		"ports":    []any{map[string]any{"name": "katib-api", "port": int64(6789)}},
	}
	if err := k.create(ctx, service); err != nil {
		return err
	}
	d := made("apps/v1", "Deployment", name, s)
	d.SetLabels(map[string]string{katibGroup + "/suggestion": s.GetName(), experimentLabel: s.GetName()})
	d.Object["spec"] = map[string]any{
		"replicas": int64(1), "selector": map[string]any{"matchLabels": map[string]any{katibGroup + "/deployment": name}},
		"template": map[string]any{
			"metadata": map[string]any{"labels": marks, "annotations": map[string]any{prefix + "run-time": "8760h"}}, "spec": pod,
		},
	}
	return k.create(ctx, d)
}

// dismiss ends the suggestion of a completed experiment; a long running one stays.
func (k *katib) dismiss(ctx context.Context, o *unstructured.Unstructured) error {
	s, err := k.get(ctx, suggestions, o.GetNamespace(), o.GetName())
	if err != nil || s == nil || text(o, "spec", "resumePolicy") == "LongRunning" || is(s, "Succeeded") {
		return err
	}
	name := o.GetName() + "-" + text(o, "spec", "algorithm", "algorithmName")
	for _, kind := range []string{"deployments", "services"} {
		resource := deployments
		if kind == "services" {
			resource.Group, resource.Resource = "", kind
		}
		if err := k.remove(ctx, resource, o.GetNamespace(), name); err != nil {
			return err
		}
	}
	status := tree(s, "status")
	reason := "Suggestion is succeeded, can't be restarted"
	if text(o, "spec", "resumePolicy") == "FromVolume" {
		reason = "Suggestion is succeeded, suggestion volume is not deleted, can be restarted"
	}
	stage(status, "DeploymentReady", "False", "DeploymentNotReady", "Deployment is not ready")
	stage(status, "Running", "False", "SuggestionRunning", "Suggestion is not running")
	stage(status, "Succeeded", "True", "SuggestionSucceeded", reason)
	status["completionTime"] = stamp(time.Now())
	return k.state(ctx, suggestions, s, status)
}

// revive brings back the suggestion of an experiment that goes on.
func (k *katib) revive(ctx context.Context, o *unstructured.Unstructured) error {
	s, err := k.get(ctx, suggestions, o.GetNamespace(), o.GetName())
	if err != nil || s == nil || !is(s, "Succeeded") {
		return err
	}
	status := tree(s, "status")
	unstage(status, "Succeeded")
	delete(status, "completionTime")
	stage(status, "Running", "True", "SuggestionRunning", "Suggestion is restarted")
	return k.state(ctx, suggestions, s, status)
}

// deleteYoungest deletes trials, waits for them to go, and takes them off the
// suggestion: they do not come back.
func (k *katib) deleteYoungest(ctx context.Context, o *unstructured.Unstructured, now standing, surplus int) error {
	gone := map[string]bool{}
	for i := len(now.trials) - 1; i >= 0 && len(gone) < surplus; i-- {
		gone[now.trials[i].GetName()] = true
		if err := k.remove(ctx, trials, o.GetNamespace(), now.trials[i].GetName()); err != nil {
			return err
		}
	}
	err := wait.PollUntilContextTimeout(ctx, pollEvery, time.Minute, true, func(ctx context.Context) (bool, error) {
		left, err := k.dynamic.Resource(trials).Namespace(o.GetNamespace()).
			List(ctx, metav1.ListOptions{LabelSelector: experimentLabel + "=" + o.GetName()})
		if err != nil {
			return false, err
		}
		for i := range left.Items {
			if gone[left.Items[i].GetName()] {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("unable to delete trials %v: %w", gone, err)
	}
	s, err := k.get(ctx, suggestions, o.GetNamespace(), o.GetName())
	if err != nil || s == nil {
		return err
	}
	var kept []map[string]any
	for _, assignment := range rows(s.Object, "status", "suggestions") {
		if name, _ := assignment["name"].(string); !gone[name] {
			kept = append(kept, assignment)
		}
	}
	_ = unstructured.SetNestedField(s.Object, int64(len(kept)), "spec", "requests")
	if err := k.update(ctx, suggestions, s); err != nil {
		return err
	}
	status := tree(s, "status")
	status["suggestions"], status["suggestionCount"] = anys(kept), int64(len(kept))
	return k.state(ctx, suggestions, s, status)
}

// values makes up the parameters of the n-th assignment.
func values(o *unstructured.Unstructured, n int) []any {
	var all []any
	for _, parameter := range rows(o.Object, "spec", "parameters") {
		name := fmt.Sprint(parameter["name"])
		all = append(all, map[string]any{"name": name, "value": value(parameter, place(o, name, n))})
	}
	return all
}

// place is where, from 0 to 1 of its range, the n-th assignment has a parameter.
// Algorithms that learn come closer to the best place with every one.
func place(o *unstructured.Unstructured, name string, n int) float64 {
	at := chance(o.GetName(), name, strconv.Itoa(n))
	if strings.Contains("random grid sobol", text(o, "spec", "algorithm", "algorithmName")) {
		return at
	}
	best := bestPlace(o, name)
	return best + (at-best)/(1+float64(n)/6)
}

// bestPlace is where, from 0 to 1 of its range, a parameter is best.
func bestPlace(o *unstructured.Unstructured, name string) float64 {
	return 0.2 + 0.6*chance(o.GetName(), name)
}

// chance is a number from 0 to 1 that is always the same for the same words.
func chance(words ...string) float64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(strings.Join(words, "\x00")))
	mixed := sum.Sum64()
	mixed ^= mixed >> 33
	mixed *= 0xff51afd7ed558ccd
	mixed ^= mixed >> 33
	return float64(mixed>>11) / (1 << 53)
}

// value is the text at a place, from 0 to 1, of a parameter's space.
func value(parameter map[string]any, at float64) string {
	space, _ := parameter["feasibleSpace"].(map[string]any)
	if list, ok := space["list"].([]any); ok && len(list) > 0 {
		return fmt.Sprint(list[min(int(at*float64(len(list))), len(list)-1)])
	}
	low, high := bound(space["min"]), bound(space["max"])
	if parameter["parameterType"] == "int" {
		return strconv.Itoa(int(math.Round(low + at*(high-low))))
	}
	if strings.HasPrefix(fmt.Sprint(space["distribution"]), "log") && low > 0 {
		return strconv.FormatFloat(low*math.Pow(high/low, at), 'g', 4, 64)
	}
	return strconv.FormatFloat(low+at*(high-low), 'g', 6, 64)
}

func bound(said any) float64 {
	number, _ := strconv.ParseFloat(fmt.Sprint(said), 64)
	return number
}
