package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// slot is a resource of a flavor.
type slot struct{ flavor, resource string }

// quota is what a cluster queue has of a slot.
type quota struct {
	nominal int64
	limit   int64 // how much it may borrow; -1 for no limit
}

// quotas are in thousandths, as are all amounts here.
func quotas(cluster *unstructured.Unstructured) (map[slot]quota, map[string][]string) {
	all, order := map[slot]quota{}, map[string][]string{}
	for _, group := range rows(cluster.Object, "spec", "resourceGroups") {
		for _, flavor := range rows(group, "flavors") {
			for _, each := range rows(flavor, "resources") {
				at := slot{fmt.Sprint(flavor["name"]), fmt.Sprint(each["name"])}
				q := quota{nominal: amount(each["nominalQuota"]), limit: -1}
				if each["borrowingLimit"] != nil {
					q.limit = amount(each["borrowingLimit"])
				}
				all[at] = q
				order[at.resource] = append(order[at.resource], at.flavor)
			}
		}
	}
	return all, order
}

func amount(said any) int64 {
	q, err := resource.ParseQuantity(fmt.Sprint(said))
	if err != nil {
		return 0
	}
	return q.MilliValue()
}

func shown(thousandths int64) string {
	return resource.NewMilliQuantity(thousandths, resource.DecimalSI).String()
}

// need is what one pod set asks for in all.
func need(set map[string]any) map[string]int64 {
	o := &unstructured.Unstructured{Object: set}
	sum := map[string]int64{}
	for _, container := range rows(set, "template", "spec", "containers") {
		each := &unstructured.Unstructured{Object: container}
		for name, said := range tree(each, "resources", "requests") {
			sum[name] += amount(said) * whole(o, 1, "count")
		}
	}
	return sum
}

// reserve sums up what the workloads of each cluster queue hold.
func (w *world) reserve() {
	w.used = map[string]map[slot]int64{}
	for name := range w.clusters {
		w.used[name] = map[slot]int64{}
	}
	for _, wl := range w.workloads {
		if !is(wl, "QuotaReserved") || is(wl, "Finished") || w.used[text(wl, "status", "admission", "clusterQueue")] == nil {
			continue
		}
		used := w.used[text(wl, "status", "admission", "clusterQueue")]
		for at, n := range holds(wl) {
			used[at] += n
		}
	}
}

func holds(wl *unstructured.Unstructured) map[slot]int64 {
	all := map[slot]int64{}
	for _, set := range rows(wl.Object, "status", "admission", "podSetAssignments") {
		o := &unstructured.Unstructured{Object: set}
		for name, said := range tree(o, "resourceUsage") {
			all[slot{text(o, "flavors", name), name}] += amount(said)
		}
	}
	return all
}

// free is what a cluster queue may still take of a slot: its own, and what
// others of its cohort do not use.
func (w *world) free(cluster *unstructured.Unstructured, at slot) int64 {
	own, _ := quotas(cluster)
	q := own[at]
	left := q.nominal - w.used[cluster.GetName()][at]
	cohort := text(cluster, "spec", "cohortName")
	if cohort == "" {
		return left
	}
	var idle int64
	for name, other := range w.clusters {
		if text(other, "spec", "cohortName") == cohort {
			theirs, _ := quotas(other)
			idle += theirs[at].nominal - w.used[name][at]
		}
	}
	if q.limit >= 0 {
		idle = min(idle, left+q.limit)
	}
	return idle
}

// most is what a cluster queue could ever take of a slot.
func (w *world) most(cluster *unstructured.Unstructured, at slot) int64 {
	own, _ := quotas(cluster)
	q, cohort := own[at], text(cluster, "spec", "cohortName")
	if cohort == "" {
		return q.nominal
	}
	var all int64
	for _, other := range w.clusters {
		if text(other, "spec", "cohortName") == cohort {
			theirs, _ := quotas(other)
			all += theirs[at].nominal
		}
	}
	if q.limit >= 0 {
		all = min(all, q.nominal+q.limit)
	}
	return all
}

// fit finds flavors for a workload, or says in Kueue's words why there are none.
func (w *world) fit(cluster, wl *unstructured.Unstructured) (assigned []any, why string, never bool) {
	_, order := quotas(cluster)
	taken := map[slot]int64{}
	for _, set := range rows(wl.Object, "spec", "podSets") {
		chosen, usage := map[string]any{}, map[string]any{}
		wanted := need(set)
		for _, name := range slices.Sorted(maps.Keys(wanted)) {
			if order[name] == nil {
				if strings.HasPrefix(name, "nvidia.com/") {
					return nil, fmt.Sprintf("couldn't assign flavors to pod set %v: resource %s unavailable in ClusterQueue", set["name"], name), true
				}
				continue // not counted by this queue
			}
			flavor, reasons, hopeless := w.choose(cluster, order[name], name, wanted[name], taken)
			if flavor == "" {
				return nil, fmt.Sprintf("couldn't assign flavors to pod set %v: %s", set["name"], reasons), hopeless
			}
			chosen[name], usage[name] = flavor, shown(wanted[name])
			taken[slot{flavor, name}] += wanted[name]
		}
		assigned = append(assigned, map[string]any{"name": set["name"], "flavors": chosen, "resourceUsage": usage, "count": set["count"]})
	}
	return assigned, "", false
}

// choose takes the first flavor with enough of a resource.
func (w *world) choose(cluster *unstructured.Unstructured, order []string, name string, wanted int64, taken map[slot]int64) (string, string, bool) {
	var reasons []string
	hopeless := true
	for _, flavor := range order {
		at := slot{flavor, name}
		free, most := w.free(cluster, at)-taken[at], w.most(cluster, at)
		switch {
		case !w.flavors[flavor]:
			reasons = append(reasons, fmt.Sprintf("flavor %s not found", flavor))
		case wanted <= free:
			return flavor, "", false
		case wanted+taken[at] > most:
			reasons = append(reasons, fmt.Sprintf("insufficient quota for %s in flavor %s, previously considered podsets requests (%s) "+
				"+ current podset request (%s) > maximum capacity (%s)", name, flavor, shown(taken[at]), shown(wanted), shown(most)))
		default:
			hopeless = false
			reasons = append(reasons, fmt.Sprintf("insufficient unused quota for %s in flavor %s, %s more needed", name, flavor, shown(wanted-max(free, 0))))
		}
	}
	return "", strings.Join(reasons, ", "), hopeless
}

// admit goes through the queues, the highest priority first.
func (k *kueue) admit(ctx context.Context, w *world) error {
	blocked := map[string]bool{} // strict queues whose head waits
	for _, wl := range w.workloads {
		active, found, _ := unstructured.NestedBool(wl.Object, "spec", "active")
		if is(wl, "Finished") || is(wl, "QuotaReserved") || found && !active {
			continue
		}
		cluster, why := w.open(wl)
		if why == "" && blocked[cluster.GetName()] {
			continue
		}
		var assigned []any
		if why == "" {
			assigned, why, _ = w.fit(cluster, wl)
		}
		if why != "" && cluster != nil {
			stepped, err := k.preempt(ctx, w, cluster, wl)
			if err != nil || stepped {
				return err // its events bring us back
			}
			blocked[cluster.GetName()] = text(cluster, "spec", "queueingStrategy") == "StrictFIFO"
		}
		if err := k.decide(ctx, w, cluster, wl, assigned, why); err != nil {
			return err
		}
	}
	return nil
}

// open finds the cluster queue of a workload, or says why it cannot be had.
func (w *world) open(wl *unstructured.Unstructured) (*unstructured.Unstructured, string) {
	name := text(wl, "spec", "queueName")
	local := w.locals[wl.GetNamespace()+"/"+name]
	if local == nil {
		return nil, fmt.Sprintf("LocalQueue %s doesn't exist", name)
	}
	cluster := w.clusters[text(local, "spec", "clusterQueue")]
	stopped := func(o *unstructured.Unstructured) bool {
		policy := text(o, "spec", "stopPolicy")
		return policy == "Hold" || policy == "HoldAndDrain"
	}
	switch {
	case cluster == nil:
		return nil, fmt.Sprintf("ClusterQueue %s doesn't exist", text(local, "spec", "clusterQueue"))
	case stopped(local):
		return nil, fmt.Sprintf("LocalQueue %s is inactive", name)
	case stopped(cluster):
		return nil, fmt.Sprintf("ClusterQueue %s is inactive", cluster.GetName())
	}
	return cluster, ""
}

// decide writes that a workload is admitted, or why it waits.
func (k *kueue) decide(ctx context.Context, w *world, cluster, wl *unstructured.Unstructured, assigned []any, why string) error {
	status := state(wl)
	if why != "" {
		reason := "Pending"
		if cluster == nil {
			reason = "Inadmissible"
		}
		mark(status, wl, "QuotaReserved", "False", reason, why)
		return k.state(ctx, workloads, wl, status)
	}
	status["admission"] = map[string]any{"clusterQueue": cluster.GetName(), "podSetAssignments": assigned}
	mark(status, wl, "QuotaReserved", "True", "QuotaReserved", "Quota reserved in ClusterQueue "+cluster.GetName())
	mark(status, wl, "Admitted", "True", "Admitted", "The workload is admitted")
	for _, kind := range []string{"Evicted", "Preempted", "Requeued"} {
		if is(wl, kind) {
			old := conditionIn(wl, kind)
			mark(status, wl, kind, "False", "QuotaReserved", "Previously: "+old.message)
		}
	}
	if err := k.state(ctx, workloads, wl, status); err != nil {
		return err
	}
	w.reserve()
	return nil
}

// preempt evicts one workload that has to make room, where that can help.
func (k *kueue) preempt(ctx context.Context, w *world, cluster, wl *unstructured.Unstructured) (bool, error) {
	if _, _, never := w.fit(cluster, wl); never {
		return false, nil
	}
	within := text(cluster, "spec", "preemption", "withinClusterQueue")
	reclaim := text(cluster, "spec", "preemption", "reclaimWithinCohort")
	mine := whole(wl, 0, "spec", "priority")
	for i := len(w.workloads) - 1; i >= 0; i-- { // the least important, the youngest first
		victim := w.workloads[i]
		from := w.clusters[text(victim, "status", "admission", "clusterQueue")]
		if from == nil || !is(victim, "QuotaReserved") || is(victim, "Finished") {
			continue
		}
		reason, human := "", ""
		switch lower := whole(victim, 0, "spec", "priority") < mine; {
		case from.GetName() == cluster.GetName() && within == "LowerPriority" && lower:
			reason, human = "InClusterQueue", "prioritization in the ClusterQueue"
		case from.GetName() != cluster.GetName() && w.borrows(from) && text(from, "spec", "cohortName") == text(cluster, "spec", "cohortName") &&
			(reclaim == "Any" || reclaim == "LowerPriority" && lower) && w.entitled(cluster, wl):
			reason, human = "InCohortReclamation", "reclamation within the cohort"
		default:
			continue
		}
		message := fmt.Sprintf("Preempted to accommodate a workload (UID: %s, JobUID: %s) due to %s; preemptor path: %s; preemptee path: %s",
			wl.GetUID(), wl.GetLabels()[jobUID], human, pathOf(cluster), pathOf(from))
		return true, k.evict(ctx, victim, "Preempted", message, &condition{kind: "Preempted", reason: reason, message: message})
	}
	return false, nil
}

func pathOf(cluster *unstructured.Unstructured) string {
	if cohort := text(cluster, "spec", "cohortName"); cohort != "" {
		return "/" + cohort + "/" + cluster.GetName()
	}
	return "/" + cluster.GetName()
}

// borrows says that a cluster queue uses more than its own.
func (w *world) borrows(cluster *unstructured.Unstructured) bool {
	own, _ := quotas(cluster)
	for at, q := range own {
		if w.used[cluster.GetName()][at] > q.nominal {
			return true
		}
	}
	return false
}

// entitled says that a workload asks for no more than its queue's own quota has left.
func (w *world) entitled(cluster, wl *unstructured.Unstructured) bool {
	own, order := quotas(cluster)
	for _, set := range rows(wl.Object, "spec", "podSets") {
		for name, n := range need(set) {
			if order[name] == nil {
				continue
			}
			if at := (slot{order[name][0], name}); own[at].nominal-w.used[cluster.GetName()][at] < n {
				return false
			}
		}
	}
	return true
}
