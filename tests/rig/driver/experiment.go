package main

import (
	"context"
	"slices"
	"sort"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// countsExperiment is the finalizer that Katib puts on experiments.
const countsExperiment = "update-prometheus-metrics"

// standing is what an experiment's trials come to.
type standing struct {
	trials []unstructured.Unstructured
	lists  map[string][]string // by state, as in the names of the status
}

// listNames are the fields of an experiment's status, by the state of a trial.
var listNames = map[string][2]string{
	"running": {"runningTrialList", "trialsRunning"}, "pending": {"pendingTrialList", "trialsPending"},
	"failed": {"failedTrialList", "trialsFailed"}, "succeeded": {"succeededTrialList", "trialsSucceeded"},
	"killed": {"killedTrialList", "trialsKilled"}, "earlyStopped": {"earlyStoppedTrialList", "trialsEarlyStopped"},
	"unavailable": {"metricsUnavailableTrialList", "trialMetricsUnavailable"},
}

func (s standing) count(states ...string) int64 {
	sum := 0
	for _, state := range states {
		sum += len(s.lists[state])
	}
	return int64(sum)
}

// experiment brings one experiment up to date: its state, its suggestion, its
// trials.
func (k *katib) experiment(ctx context.Context, next task) (time.Duration, error) {
	o, err := k.get(ctx, experiments, next.namespace, next.name)
	if err != nil || o == nil || o.GetLabels()[benchLabel] != "" {
		return 0, err
	}
	if o.GetDeletionTimestamp() != nil {
		return 0, k.drop(ctx, experiments, o, countsExperiment)
	}
	if !slices.Contains(o.GetFinalizers(), countsExperiment) {
		o.SetFinalizers(append(o.GetFinalizers(), countsExperiment))
		return 0, k.update(ctx, experiments, o)
	}
	status := tree(o, "status")
	if status == nil {
		status = map[string]any{"currentOptimalTrial": map[string]any{"observation": map[string]any{}}}
	}
	if status["startTime"] == nil {
		status["startTime"] = stamp(time.Now())
		stage(status, "Created", "True", "ExperimentCreated", "Experiment is created")
		return 0, k.told(ctx, o, status)
	}
	if completed(o) {
		again, err := k.after(ctx, o, status)
		if !again || err != nil {
			return 0, err
		}
	}
	now, err := k.standing(ctx, o)
	if err != nil {
		return 0, err
	}
	conclude(o, status, now)
	if err := k.told(ctx, o, status); err != nil || completed(o) {
		return 0, err
	}
	return 0, k.keepTrials(ctx, o, now)
}

// told writes the status of an experiment, with the time of the last look
// where something changed.
func (k *katib) told(ctx context.Context, o *unstructured.Unstructured, status map[string]any) error {
	old := tree(o, "status")
	if before, ok := old["lastReconcileTime"]; ok {
		status["lastReconcileTime"] = before
	}
	if same(old, status) {
		return nil
	}
	status["lastReconcileTime"] = stamp(time.Now())
	return k.state(ctx, experiments, o, status)
}

func completed(o *unstructured.Unstructured) bool { return is(o, "Succeeded") || is(o, "Failed") }

// restartable says that a completed experiment goes on when its maximum is raised.
func restartable(o *unstructured.Unstructured) bool {
	policy := text(o, "spec", "resumePolicy")
	return conditionIn(o, "Succeeded").reason == "ExperimentMaxTrialsReached" && (policy == "LongRunning" || policy == "FromVolume")
}

// after is what is done with a completed experiment; it says whether to go on.
func (k *katib) after(ctx context.Context, o *unstructured.Unstructured, status map[string]any) (bool, error) {
	most, all := whole(o, -1, "spec", "maxTrialCount"), whole(o, 0, "status", "trials")
	if restartable(o) && (most > all || most < 0 && all > 0) {
		unstage(status, "Succeeded", "Failed")
		delete(status, "completionTime")
		stage(status, "Restarting", "True", "ExperimentRestarting", "Experiment is restarted")
		if err := k.revive(ctx, o); err != nil {
			return false, err
		}
		return true, k.told(ctx, o, status)
	}
	if err := k.dismiss(ctx, o); err != nil {
		return false, err
	}
	return whole(o, 0, "status", "trialsRunning") > 0, nil
}

// standing counts the trials by what they are now.
func (k *katib) standing(ctx context.Context, o *unstructured.Unstructured) (standing, error) {
	all, err := k.list(ctx, trials, o.GetNamespace(), experimentLabel+"="+o.GetName())
	if err != nil {
		return standing{}, err
	}
	sort.Slice(all, func(i, j int) bool { return younger(&all[j], &all[i]) })
	now := standing{lists: map[string][]string{}}
	for i := range all {
		if !owned(&all[i], o) {
			continue
		}
		now.trials = append(now.trials, all[i])
		state := trialState(&all[i])
		now.lists[state] = append(now.lists[state], all[i].GetName())
	}
	return now, nil
}

func younger(a, b *unstructured.Unstructured) bool {
	before, after := b.GetCreationTimestamp(), a.GetCreationTimestamp()
	if before.Equal(&after) {
		return a.GetName() > b.GetName()
	}
	return before.Before(&after)
}

func trialState(o *unstructured.Unstructured) string {
	for _, pair := range [][2]string{
		{"Killed", "killed"}, {"Failed", "failed"}, {"EarlyStopped", "earlyStopped"},
		{"MetricsUnavailable", "unavailable"}, {"Succeeded", "succeeded"}, {"Running", "running"},
	} {
		if is(o, pair[0]) {
			return pair[1]
		}
	}
	return "pending"
}

// conclude writes counts, best trial and state into the status.
func conclude(o *unstructured.Unstructured, status map[string]any, now standing) {
	for state, names := range listNames {
		delete(status, names[0])
		delete(status, names[1])
		if list := now.lists[state]; len(list) > 0 {
			status[names[0]], status[names[1]] = anys(list), int64(len(list))
		}
	}
	delete(status, "trials")
	if n := len(now.trials); n > 0 {
		status["trials"] = int64(n)
	}
	best, value := bestOf(o, now)
	if best != nil {
		status["currentOptimalTrial"] = map[string]any{
			"bestTrialName":        best.GetName(),
			"parameterAssignments": best.Object["spec"].(map[string]any)["parameterAssignments"],
			"observation":          tree(best, "status", "observation"),
		}
	}
	if !completed(o) {
		judge(o, status, now, best != nil && reaches(o, value))
	}
}

// judge says whether an experiment has come to its end, and why.
func judge(o *unstructured.Unstructured, status map[string]any, now standing, goal bool) {
	failed := now.count("failed", "unavailable")
	done := failed + now.count("succeeded", "killed", "earlyStopped")
	most, worst := whole(o, -1, "spec", "maxTrialCount"), whole(o, -1, "spec", "maxFailedTrialCount")
	switch {
	case goal:
		end(status, "Succeeded", "ExperimentGoalReached", "Experiment has succeeded because Objective goal has reached")
	case worst >= 0 && failed > worst:
		end(status, "Failed", "ExperimentFailed", "Experiment has failed because max failed count has reached")
	case most >= 0 && done >= most:
		end(status, "Succeeded", "ExperimentMaxTrialsReached", "Experiment has succeeded because max trial count has reached")
	case len(now.trials) > 0:
		stage(status, "Running", "True", "ExperimentRunning", "Experiment is running")
	}
}

func end(status map[string]any, kind, reason, message string) {
	stage(status, "Running", "False", "ExperimentRunning", "Experiment is running")
	stage(status, kind, "True", reason, message)
	if status["completionTime"] == nil {
		status["completionTime"] = stamp(time.Now())
	}
}

// bestOf looks at trials that succeeded or were stopped early and have a number.
func bestOf(o *unstructured.Unstructured, now standing) (*unstructured.Unstructured, float64) {
	var best *unstructured.Unstructured
	var top float64
	for i := range now.trials {
		t := &now.trials[i]
		if state := trialState(t); state != "succeeded" && state != "earlyStopped" {
			continue
		}
		value, ok := objective(o, t)
		if ok && (best == nil || better(o, value, top)) {
			best, top = t, value
		}
	}
	return best, top
}

// objective is a trial's value of the metric that counts.
func objective(o, trial *unstructured.Unstructured) (float64, bool) {
	for _, metric := range rows(trial.Object, "status", "observation", "metrics") {
		if metric["name"] != text(o, "spec", "objective", "objectiveMetricName") {
			continue
		}
		field := map[bool]string{true: "min", false: "max"}[minimizes(o)]
		said, _ := metric[field].(string)
		value, err := strconv.ParseFloat(said, 64)
		return value, err == nil
	}
	return 0, false
}

func minimizes(o *unstructured.Unstructured) bool {
	return text(o, "spec", "objective", "type") == "minimize"
}

func better(o *unstructured.Unstructured, a, b float64) bool {
	if minimizes(o) {
		return a < b
	}
	return a > b
}

func reaches(o *unstructured.Unstructured, value float64) bool {
	goal, found, _ := unstructured.NestedFieldNoCopy(o.Object, "spec", "objective", "goal")
	if !found {
		return false
	}
	var limit float64
	switch number := goal.(type) {
	case float64:
		limit = number
	case int64:
		limit = float64(number)
	}
	return value == limit || better(o, value, limit)
}

// keepTrials makes as many trials as may run at the same time, or deletes the
// youngest, whatever they came to, when there are too many.
func (k *katib) keepTrials(ctx context.Context, o *unstructured.Unstructured, now standing) error {
	active, parallel := now.count("running", "pending"), whole(o, 3, "spec", "parallelTrialCount")
	if active > parallel {
		return k.deleteYoungest(ctx, o, now, int(active-parallel))
	}
	want := parallel
	if most := whole(o, -1, "spec", "maxTrialCount"); most >= 0 {
		want = min(most-now.count("succeeded", "failed", "killed", "earlyStopped"), parallel)
	}
	if want <= active {
		return nil
	}
	return k.createTrials(ctx, o, now, int(want-active))
}

// drop takes a finalizer off.
func (a *access) drop(ctx context.Context, resource schema.GroupVersionResource, o *unstructured.Unstructured, finalizer string) error {
	kept := slices.DeleteFunc(slices.Clone(o.GetFinalizers()), func(f string) bool { return f == finalizer })
	if len(kept) == len(o.GetFinalizers()) {
		return nil
	}
	o.SetFinalizers(kept)
	return a.update(ctx, resource, o)
}
