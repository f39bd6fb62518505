package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// cleansMetrics is Katib's finalizer on trials: it has the database forget their metrics.
const cleansMetrics = "clean-metrics-in-db"

// unavailable is what Katib writes for a metric that was never printed.
const unavailable = "unavailable"

// part is what a trial plays: one entry of the experiment's `trials`.
type part struct {
	Fate    string            `json:"fate"`     // of its pods; or metrics-unavailable, early-stopped
	RunTime string            `json:"run-time"` // of its pods
	Value   string            `json:"value"`    // of the objective metric
	Metrics map[string]string `json:"metrics"`  // of any
	Log     string            `json:"log"`
}

// partOf reads what the n-th trial plays: `trials` is a list, its entries over `trial`, which is for all.
func partOf(o *unstructured.Unstructured, n int) (part, error) {
	var p part
	notes := o.GetAnnotations()
	if said := notes[prefix+"trial"]; said != "" {
		if err := json.Unmarshal([]byte(said), &p); err != nil {
			return p, fmt.Errorf("%strial: %w", prefix, err)
		}
	}
	var list []json.RawMessage
	if said := notes[prefix+"trials"]; said != "" {
		if err := json.Unmarshal([]byte(said), &list); err != nil {
			return p, fmt.Errorf("%strials: %w", prefix, err)
		}
	}
	if n < len(list) {
		return p, json.Unmarshal(list[n], &p)
	}
	return p, nil
}

// trialOf is the trial of an assignment.
func (k *katib) trialOf(ctx context.Context, o *unstructured.Unstructured, assignment map[string]any, n int) (*unstructured.Unstructured, error) {
	plays, err := partOf(o, n)
	if err != nil {
		return nil, err
	}
	measure(o, &plays, n)
	note, err := json.Marshal(plays)
	if err != nil {
		return nil, err
	}
	template := tree(o, "spec", "trialTemplate")
	run, err := k.runSpec(ctx, o, assignment)
	if err != nil {
		return nil, err
	}
	t := made("kubeflow.org/v1beta1", "Trial", fmt.Sprint(assignment["name"]), o)
	t.SetLabels(added(o.GetLabels(), map[string]string{experimentLabel: o.GetName()}))
	t.SetAnnotations(map[string]string{prefix + "part": string(note)})
	t.SetFinalizers([]string{cleansMetrics})
	spec := map[string]any{
		"objective": tree(o, "spec", "objective"), "parameterAssignments": assignment["parameterAssignments"], "runSpec": run,
		"primaryContainerName": template["primaryContainerName"], "successCondition": template["successCondition"],
		"failureCondition": template["failureCondition"], "metricsCollector": tree(o, "spec", "metricsCollectorSpec"),
	}
	if template["retain"] == true {
		spec["retainRun"] = true
	}
	t.Object["spec"] = spec
	return t, nil
}

// runSpec is the job of a trial, with the parameters in their places.
func (k *katib) runSpec(ctx context.Context, o *unstructured.Unstructured, assignment map[string]any) (map[string]any, error) {
	template := tree(o, "spec", "trialTemplate", "trialSpec")
	if template == nil {
		return nil, fmt.Errorf("spec.trialTemplate has no trialSpec")
	}
	body, err := json.Marshal(template)
	if err != nil {
		return nil, err
	}
	given := map[string]string{}
	for _, each := range rows(assignment, "parameterAssignments") {
		given[fmt.Sprint(each["name"])] = fmt.Sprint(each["value"])
	}
	filled := string(body)
	for _, parameter := range rows(o.Object, "spec", "trialTemplate", "trialParameters") {
		filled = strings.ReplaceAll(filled, fmt.Sprintf("${trialParameters.%v}", parameter["name"]), given[fmt.Sprint(parameter["reference"])])
	}
	var run map[string]any
	if err := json.Unmarshal([]byte(filled), &run); err != nil {
		return nil, err
	}
	return plain(run)
}

// tryOut brings one trial up to date: its job, its end, its metrics.
func (k *katib) tryOut(ctx context.Context, next task) (time.Duration, error) {
	t, err := k.get(ctx, trials, next.namespace, next.name)
	if err != nil || t == nil {
		return 0, err
	}
	if t.GetDeletionTimestamp() != nil {
		return k.forgetMetrics(ctx, t)
	}
	var plays part
	if err := json.Unmarshal([]byte(t.GetAnnotations()[prefix+"part"]), &plays); err != nil {
		return 0, nil // not one of ours: made by hand
	}
	status := tree(t, "status")
	if status == nil {
		status = map[string]any{"startTime": stamp(time.Now())}
		stage(status, "Created", "True", "TrialCreated", "Trial is created")
		return 0, k.state(ctx, trials, t, status)
	}
	job := &unstructured.Unstructured{Object: tree(t, "spec", "runSpec")}
	mapping, err := k.mapping(job)
	if err != nil {
		return 0, err
	}
	there, err := k.get(ctx, mapping.Resource, t.GetNamespace(), t.GetName())
	if err != nil {
		return 0, err
	}
	if trialOver(t) {
		if there != nil && !truth(t, "spec", "retainRun") {
			return 0, k.access.remove(ctx, mapping.Resource, t.GetNamespace(), t.GetName())
		}
		return 0, nil
	}
	if there == nil {
		return 0, k.start(ctx, t, job, plays)
	}
	return k.follow(ctx, t, there, plays)
}

func trialOver(t *unstructured.Unstructured) bool {
	return !slices.Contains([]string{"running", "pending"}, trialState(t))
}

// start makes the job of a trial.
func (k *katib) start(ctx context.Context, t, job *unstructured.Unstructured, plays part) error {
	labels := map[string]string{experimentLabel: t.GetLabels()[experimentLabel], trialLabel: t.GetName()}
	notes := map[string]string{}
	for name, value := range map[string]string{"fate": plays.Fate, "run-time": plays.RunTime, "log": plays.Log} {
		if value != "" && value != "metrics-unavailable" && value != "early-stopped" {
			notes[prefix+name] = value
		}
	}
	job = job.DeepCopy()
	marked(job.Object, labels, notes)
	job.SetName(t.GetName())
	job.SetNamespace(t.GetNamespace())
	job.SetLabels(added(job.GetLabels(), labels))
	adopt(job, t)
	return k.create(ctx, job)
}

// follow writes what became of the job into the trial.
func (k *katib) follow(ctx context.Context, t, job *unstructured.Unstructured, plays part) (time.Duration, error) {
	status := tree(t, "status")
	good, bad := is(job, "Complete") || is(job, "Succeeded"), is(job, "Failed")
	began, _ := time.Parse(time.RFC3339, fmt.Sprint(status["startTime"]))
	if plays.Fate == "early-stopped" && !good && !bad {
		if left := time.Until(began.Add(stopsAfter(plays))); left > 0 {
			stage(status, "Running", "True", "TrialRunning", "Trial is running")
			return left, k.state(ctx, trials, t, status)
		}
	}
	switch {
	case bad:
		why := conditionIn(job, "Failed")
		ended := fmt.Sprintf("TrialFailed. Job reason: %s", why.reason)
		finishTrial(status, "Failed", ended, fmt.Sprintf("Trial has failed. Job message: %s", why.message))
	case plays.Fate == "early-stopped":
		status["observation"] = observe(t, plays)
		finishTrial(status, "EarlyStopped", "TrialEarlyStopped", "Trial is early stopped")
	case good:
		seen := observe(t, plays)
		status["observation"] = seen
		if rows(seen, "metrics")[0]["latest"] == unavailable {
			finishTrial(status, "MetricsUnavailable", "MetricsUnavailable", "Metrics are not available")
		} else {
			finishTrial(status, "Succeeded", "TrialSucceeded", "Trial has succeeded")
		}
	default:
		stage(status, "Running", "True", "TrialRunning", "Trial is running")
	}
	return 0, k.state(ctx, trials, t, status)
}

// stopsAfter is when the early stopping service steps in: half way.
func stopsAfter(plays part) time.Duration {
	whole, err := time.ParseDuration(plays.RunTime)
	if err != nil {
		return 0
	}
	return whole / 2
}

func finishTrial(status map[string]any, kind, reason, message string) {
	stage(status, "Running", "False", "TrialRunning", "Trial is running")
	stage(status, kind, "True", reason, message)
	status["completionTime"] = stamp(time.Now())
}

// measure makes up the metrics of the n-th trial that its part does not say: a
// hill over the parameters, with its top at the best place of each.
func measure(o *unstructured.Unstructured, plays *part, n int) {
	goal := text(o, "spec", "objective", "objectiveMetricName")
	others, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "objective", "additionalMetricNames")
	if plays.Metrics == nil {
		plays.Metrics = map[string]string{}
	}
	if plays.Value != "" {
		plays.Metrics[goal] = plays.Value
	}
	if plays.Fate == "metrics-unavailable" {
		plays.Metrics[goal] = unavailable
	}
	for _, name := range append([]string{goal}, others...) {
		if plays.Metrics[name] == "" {
			top := height(o, n) - 0.02*chance(name, strconv.Itoa(n))
			if name == goal && minimizes(o) || strings.Contains(name, "loss") {
				top = 1 - top
			}
			plays.Metrics[name] = strconv.FormatFloat(top, 'f', 4, 64)
		}
	}
}

func height(o *unstructured.Unstructured, n int) float64 {
	var far, all float64
	for _, parameter := range rows(o.Object, "spec", "parameters") {
		name := fmt.Sprint(parameter["name"])
		off := place(o, name, n) - bestPlace(o, name)
		far += off * off
		all++
	}
	return 0.97 - 0.4*math.Sqrt(far/max(all, 1))
}

// observe is what the metrics collector found in the trial's output.
func observe(t *unstructured.Unstructured, plays part) map[string]any {
	others, _, _ := unstructured.NestedStringSlice(t.Object, "spec", "objective", "additionalMetricNames")
	var metrics []any
	for _, name := range append([]string{text(t, "spec", "objective", "objectiveMetricName")}, others...) {
		metrics = append(metrics, metric(name, plays.Metrics[name], minimizes(t)))
	}
	return map[string]any{"metrics": metrics}
}

// metric tells the extremes of a curve whose best point is the value.
func metric(name, value string, minimized bool) map[string]any {
	number, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return map[string]any{"name": name, "min": value, "max": value, "latest": value}
	}
	worse := strconv.FormatFloat(number*0.8, 'f', 4, 64)
	if minimized {
		worse = strconv.FormatFloat(number*1.6, 'f', 4, 64)
		return map[string]any{"name": name, "min": value, "max": worse, "latest": value}
	}
	return map[string]any{"name": name, "min": worse, "max": value, "latest": value}
}

// forgetMetrics lets a deleted trial go, unless the database is down.
func (k *katib) forgetMetrics(ctx context.Context, t *unstructured.Unstructured) (time.Duration, error) {
	o, err := k.get(ctx, experiments, t.GetNamespace(), t.GetLabels()[experimentLabel])
	if err != nil {
		return 0, err
	}
	down := t.GetAnnotations()[prefix+"db"] == "down" || o != nil && o.GetAnnotations()[prefix+"db"] == "down"
	if down {
		return time.Second, nil
	}
	return 0, k.drop(ctx, trials, t, cleansMetrics)
}
