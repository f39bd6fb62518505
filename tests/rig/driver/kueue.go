package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/rand"
)

const (
	queueLabel    = "kueue.x-k8s.io/queue-name"
	priorityLabel = "kueue.x-k8s.io/priority-class"
	jobUID        = "kueue.x-k8s.io/job-uid"
)

var (
	workloads       = kueueResource("workloads")
	clusterQueues   = kueueResource("clusterqueues")
	localQueues     = kueueResource("localqueues")
	flavors         = kueueResource("resourceflavors")
	priorityClasses = kueueResource("workloadpriorityclasses")
)

func kueueResource(resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "kueue.x-k8s.io", Version: "v1beta2", Resource: resource}
}

// kueue plays Kueue's controllers. Every change has it look at all queues again:
// there are few of them here, and what one has is what another lacks.
type kueue struct{ *player }

func runKueue(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("kueue", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "kueue")
	if err != nil {
		return err
	}
	k := &kueue{newPlayer(a)}
	k.step = k.turn
	all := func(*unstructured.Unstructured) []task { return []task{{kind: "queues"}} }
	quiet := "!" + benchLabel
	sources := []source{
		{workloads, quiet, all}, {clusterQueues, quiet, all}, {localQueues, quiet, all}, {flavors, quiet, all},
	}
	for _, kind := range queued {
		sources = append(sources, source{kind.resource, queueLabel, all})
	}
	return k.run(ctx, 1, sources...)
}

// world is all that one turn looks at.
type world struct {
	clusters, locals map[string]*unstructured.Unstructured // locals by namespace/name
	flavors          map[string]bool
	jobs             []job
	workloads        []*unstructured.Unstructured
	used             map[string]map[slot]int64 // by cluster queue, what is reserved
}

// turn brings all queues up to date. One that changed something is followed by
// another, since its own events bring it back.
func (k *kueue) turn(ctx context.Context, _ task) (time.Duration, error) {
	w, err := k.survey(ctx)
	if err != nil {
		return 0, err
	}
	for _, j := range w.jobs {
		if err := k.keep(ctx, w, j); err != nil {
			return 0, err
		}
	}
	for _, wl := range w.workloads {
		if err := k.halt(ctx, w, wl); err != nil {
			return 0, err
		}
	}
	w.reserve()
	if err := k.admit(ctx, w); err != nil {
		return 0, err
	}
	w.reserve()
	return 0, k.count(ctx, w)
}

func (k *kueue) survey(ctx context.Context) (*world, error) {
	w := &world{clusters: map[string]*unstructured.Unstructured{}, locals: map[string]*unstructured.Unstructured{}, flavors: map[string]bool{}}
	for _, each := range []struct {
		resource schema.GroupVersionResource
		take     func(*unstructured.Unstructured)
	}{
		{clusterQueues, func(o *unstructured.Unstructured) { w.clusters[o.GetName()] = o }},
		{localQueues, func(o *unstructured.Unstructured) { w.locals[o.GetNamespace()+"/"+o.GetName()] = o }},
		{flavors, func(o *unstructured.Unstructured) { w.flavors[o.GetName()] = true }},
		{workloads, func(o *unstructured.Unstructured) { w.workloads = append(w.workloads, o) }},
	} {
		all, err := k.list(ctx, each.resource, "", "!"+benchLabel)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].GetDeletionTimestamp() == nil {
				each.take(&all[i])
			}
		}
	}
	for _, kind := range queued {
		all, err := k.list(ctx, kind.resource, "", queueLabel)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].GetDeletionTimestamp() == nil && metav1.GetControllerOf(&all[i]) == nil {
				w.jobs = append(w.jobs, job{kind, &all[i]})
			}
		}
	}
	slices.SortStableFunc(w.workloads, func(a, b *unstructured.Unstructured) int {
		if order := whole(b, 0, "spec", "priority") - whole(a, 0, "spec", "priority"); order != 0 {
			return int(order)
		}
		return a.GetCreationTimestamp().Compare(b.GetCreationTimestamp().Time)
	})
	return w, nil
}

// workloadOf finds the workload of a job.
func (w *world) workloadOf(j job) *unstructured.Unstructured {
	for _, wl := range w.workloads {
		if owned(wl, j.o) {
			return wl
		}
	}
	return nil
}

// jobOf finds the job of a workload.
func (w *world) jobOf(wl *unstructured.Unstructured) (job, bool) {
	for _, j := range w.jobs {
		if owned(wl, j.o) {
			return j, true
		}
	}
	return job{}, false
}

// keep makes the workload of a job, and holds the job to it: it runs when, and
// only when, its workload is admitted, whatever others make of it.
func (k *kueue) keep(ctx context.Context, w *world, j job) error {
	wl := w.workloadOf(j)
	if wl == nil {
		if j.over() != "" {
			return nil
		}
		if err := k.suspend(ctx, j, true, "Not admitted by cluster queue"); err != nil {
			return err
		}
		return k.queueUp(ctx, j)
	}
	if how := j.over(); how != "" {
		if !is(wl, "Finished") {
			status := state(wl)
			mark(status, wl, "Finished", "True", how, "Job finished")
			return k.state(ctx, workloads, wl, status)
		}
		return nil
	}
	if !is(wl, "Admitted") {
		return k.suspend(ctx, j, true, "Not admitted by cluster queue")
	}
	if err := k.suspend(ctx, j, false, ""); err != nil || is(wl, "PodsReady") || !j.runs() {
		return err
	}
	status := state(wl)
	mark(status, wl, "PodsReady", "True", "Started", "All pods reached readiness and the workload is running")
	return k.state(ctx, workloads, wl, status)
}

func (k *kueue) suspend(ctx context.Context, j job, wanted bool, why string) error {
	if truth(j.o, j.suspends...) == wanted {
		return nil
	}
	if err := unstructured.SetNestedField(j.o.Object, wanted, j.suspends...); err != nil {
		return err
	}
	if err := k.update(ctx, j.resource, j.o); err != nil || why == "" {
		return err
	}
	return k.event(ctx, j.o, "Stopped", why)
}

// event tells of an object, as Kueue's recorder does.
func (k *kueue) event(ctx context.Context, o *unstructured.Unstructured, reason, message string) error {
	now := stamp(time.Now())
	e := made("v1", "Event", o.GetName()+"."+rand.String(10), nil)
	e.SetNamespace(o.GetNamespace())
	for field, value := range map[string]any{
		"reason": reason, "message": message, "type": "Normal", "count": int64(1), "firstTimestamp": now, "lastTimestamp": now,
		"source": map[string]any{"component": "kueue-controller-manager"},
		"involvedObject": map[string]any{
			"apiVersion": o.GetAPIVersion(), "kind": o.GetKind(), "namespace": o.GetNamespace(), "name": o.GetName(), "uid": string(o.GetUID()),
		},
	} {
		e.Object[field] = value
	}
	return k.create(ctx, e)
}

func (k *kueue) queueUp(ctx context.Context, j job) error {
	sets := podSets(j)
	wl := made("kueue.x-k8s.io/v1beta2", "Workload", fmt.Sprintf("%s-%s-%s", j.prefix, j.o.GetName(), rand.String(5)), j.o)
	wl.SetLabels(map[string]string{jobUID: string(j.o.GetUID())})
	spec := map[string]any{"queueName": j.o.GetLabels()[queueLabel], "active": true, "podSets": sets, "priority": int64(0)}
	if name := j.o.GetLabels()[priorityLabel]; name != "" {
		class, err := k.get(ctx, priorityClasses, "", name)
		if err != nil {
			return err
		}
		if class != nil {
			spec["priority"] = whole(class, 0, "value")
			spec["priorityClassRef"] = map[string]any{"group": "kueue.x-k8s.io", "kind": "WorkloadPriorityClass", "name": name}
		}
	}
	wl.Object["spec"] = spec
	return k.create(ctx, wl)
}

// halt takes the quota from workloads that may not keep it.
func (k *kueue) halt(ctx context.Context, w *world, wl *unstructured.Unstructured) error {
	if is(wl, "Finished") {
		return nil
	}
	cluster := w.clusterOf(wl)
	local := w.locals[wl.GetNamespace()+"/"+text(wl, "spec", "queueName")]
	active, found, _ := unstructured.NestedBool(wl.Object, "spec", "active")
	deactivated := conditionIn(wl, "Evicted").reason == "Deactivated"
	switch {
	case found && !active && (is(wl, "QuotaReserved") || !deactivated):
		return k.evict(ctx, wl, "Deactivated", "The workload is deactivated", nil)
	case active && deactivated && is(wl, "Evicted") && !is(wl, "Requeued"):
		status := state(wl)
		mark(status, wl, "Requeued", "True", "Reactivated", "The workload was reactivated")
		return k.state(ctx, workloads, wl, status)
	case !is(wl, "QuotaReserved"):
		return nil
	case cluster != nil && text(cluster, "spec", "stopPolicy") == "HoldAndDrain":
		return k.evict(ctx, wl, "ClusterQueueStopped", "The ClusterQueue is stopped", nil)
	case local != nil && text(local, "spec", "stopPolicy") == "HoldAndDrain":
		return k.evict(ctx, wl, "LocalQueueStopped", "The LocalQueue is stopped", nil)
	}
	return nil
}

// evict takes the quota back; more is the condition that tells for whom.
func (k *kueue) evict(ctx context.Context, wl *unstructured.Unstructured, reason, message string, more *condition) error {
	status := state(wl)
	if more != nil {
		mark(status, wl, more.kind, "True", more.reason, more.message)
	}
	mark(status, wl, "Evicted", "True", reason, message)
	mark(status, wl, "QuotaReserved", "False", "Pending", message)
	if is(wl, "Admitted") {
		mark(status, wl, "Admitted", "False", "NoReservation", "The workload has no reservation")
	}
	if is(wl, "PodsReady") {
		mark(status, wl, "PodsReady", "False", "WaitForStart", "Not all pods are ready or succeeded")
	}
	mark(status, wl, "Requeued", map[bool]string{true: "True", false: "False"}[reason == "Preempted"], reason, message)
	delete(status, "admission")
	tally(status, reason)
	return k.state(ctx, workloads, wl, status)
}

// tally counts evictions by their reason.
func tally(status map[string]any, reason string) {
	var all []any
	found := false
	for _, row := range rows(status, "schedulingStats", "evictions") {
		if row["reason"] == reason {
			n, _ := row["count"].(int64)
			row["count"], found = n+1, true
		}
		all = append(all, row)
	}
	if !found {
		all = append(all, map[string]any{"reason": reason, "underlyingCause": "", "count": int64(1)})
	}
	status["schedulingStats"] = map[string]any{"evictions": all}
}

func (w *world) clusterOf(wl *unstructured.Unstructured) *unstructured.Unstructured {
	local := w.locals[wl.GetNamespace()+"/"+text(wl, "spec", "queueName")]
	if local == nil {
		return nil
	}
	return w.clusters[text(local, "spec", "clusterQueue")]
}

// state is a copy of a status to be changed.
func state(o *unstructured.Unstructured) map[string]any {
	if status := tree(o, "status"); status != nil {
		return status
	}
	return map[string]any{}
}

// mark sets a condition in its place.
func mark(status map[string]any, o *unstructured.Unstructured, kind, truth, reason, message string) {
	line := map[string]any{
		"type": kind, "status": truth, "reason": reason, "message": message, "observedGeneration": o.GetGeneration(),
		"lastTransitionTime": stamp(time.Now()),
	}
	var all []any
	found := false
	for _, old := range rows(status, "conditions") {
		if old["type"] == kind {
			if old["status"] == truth {
				line["lastTransitionTime"] = old["lastTransitionTime"]
			}
			old, found = line, true
		}
		all = append(all, old)
	}
	if !found {
		all = append(all, line)
	}
	status["conditions"] = all
}
