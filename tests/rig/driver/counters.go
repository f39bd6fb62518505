package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// count writes the counters of the queues.
func (k *kueue) count(ctx context.Context, w *world) error {
	for _, name := range slices.Sorted(maps.Keys(w.clusters)) {
		cluster := w.clusters[name]
		status := state(cluster)
		w.counters(status, func(wl *unstructured.Unstructured) bool { return w.clusterOf(wl) == cluster })
		status["flavorsReservation"] = w.usage(cluster, true)
		status["flavorsUsage"] = w.usage(cluster, true)
		truth, reason, message := "True", "Ready", "Can admit new workloads"
		if policy := text(cluster, "spec", "stopPolicy"); policy == "Hold" || policy == "HoldAndDrain" {
			truth, reason, message = "False", "Stopped", "Can't admit new workloads: is stopped."
		}
		for at := range w.used[name] {
			if !w.flavors[at.flavor] {
				truth, reason, message = "False", "FlavorNotFound", fmt.Sprintf("Can't admit new workloads: references missing ResourceFlavor(s): %s.", at.flavor)
			}
		}
		mark(status, cluster, "Active", truth, reason, message)
		if err := k.state(ctx, clusterQueues, cluster, status); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.locals)) {
		local := w.locals[name]
		status := state(local)
		w.counters(status, func(wl *unstructured.Unstructured) bool {
			return wl.GetNamespace() == local.GetNamespace() && text(wl, "spec", "queueName") == local.GetName()
		})
		truth, reason, message := "True", "Ready", "Can submit new workloads to localQueue"
		cluster := w.clusters[text(local, "spec", "clusterQueue")]
		switch {
		case cluster == nil:
			truth, reason, message = "False", "ClusterQueueDoesNotExist", "Can't submit new workloads to clusterQueue"
		case text(cluster, "spec", "stopPolicy") != "" && text(cluster, "spec", "stopPolicy") != "None":
			truth, reason, message = "False", "ClusterQueueIsInactive", "Can't submit new workloads to clusterQueue"
		}
		mark(status, local, "Active", truth, reason, message)
		if err := k.state(ctx, localQueues, local, status); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) counters(status map[string]any, mine func(*unstructured.Unstructured) bool) {
	var pending, reserving, admitted int64
	for _, wl := range w.workloads {
		active, found, _ := unstructured.NestedBool(wl.Object, "spec", "active")
		switch {
		case !mine(wl) || is(wl, "Finished"):
		case is(wl, "QuotaReserved"):
			reserving++
			if is(wl, "Admitted") {
				admitted++
			}
		case !found || active:
			pending++
		}
	}
	status["pendingWorkloads"], status["reservingWorkloads"], status["admittedWorkloads"] = pending, reserving, admitted
}

// usage is told by flavor in the order of the spec.
func (w *world) usage(cluster *unstructured.Unstructured, borrowed bool) []any {
	var all []any
	own, _ := quotas(cluster)
	for _, group := range rows(cluster.Object, "spec", "resourceGroups") {
		for _, flavor := range rows(group, "flavors") {
			var list []any
			for _, each := range rows(flavor, "resources") {
				at := slot{fmt.Sprint(flavor["name"]), fmt.Sprint(each["name"])}
				used := w.used[cluster.GetName()][at]
				row := map[string]any{"name": at.resource, "total": shown(used)}
				if borrowed {
					row["borrowed"] = shown(max(used-own[at].nominal, 0))
				}
				list = append(list, row)
			}
			all = append(all, map[string]any{"name": flavor["name"], "resources": list})
		}
	}
	return all
}
