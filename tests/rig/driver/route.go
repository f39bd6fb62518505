package main

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// health is what a revision says of itself.
type health struct{ active, container, resources condition }

// patience is how long Knative waits for a revision's first replica by default.
const patience = 10 * time.Minute

// healthOf reads a revision's Deployment and pods as Knative does: it knows of
// a container that ends, and of nothing else but time. A download that fails
// is seen only when the deadline has passed.
func healthOf(revision *unstructured.Unstructured, deployment *appsv1.Deployment, pods []corev1.Pod, wanted int32) (health, time.Duration) {
	good := func(kind string) condition { return condition{kind: kind, status: "True"} }
	h := health{active: good("Active"), container: good("ContainerHealthy"), resources: good("ResourcesAvailable")}
	wasReady := conditionIn(revision, "Ready").status == "True"
	switch {
	case deployment.Status.ReadyReplicas > 0 && wanted > 0:
		return h, 0
	case wasReady && wanted == 0:
		h.active = condition{"Active", "False", "NoTraffic", "The target is not receiving traffic."}
		return h, 0
	case wasReady:
		h.active = condition{"Active", "Unknown", "Queued", "Requests to the target are being buffered as resources are provisioned."}
		return h, 0
	}
	h.active = condition{"Active", "Unknown", "Deploying", ""}
	h.container = condition{"ContainerHealthy", "Unknown", "Deploying", ""}
	h.resources = condition{"ResourcesAvailable", "Unknown", "Deploying", ""}
	if end := crashed(pods); end != nil {
		h.container = condition{"ContainerHealthy", "False", fmt.Sprintf("ExitCode%d", end.ExitCode), "Container failed with: " + end.Message}
		return h, 0
	}
	limit := patience
	if d, err := time.ParseDuration(revision.GetAnnotations()[progressDeadline]); err == nil {
		limit = d
	}
	left := time.Until(revision.GetCreationTimestamp().Add(limit))
	if left > 0 {
		return h, left
	}
	h.resources = condition{"ResourcesAvailable", "False", "ProgressDeadlineExceeded", "Initial scale was never achieved"}
	h.active = condition{"Active", "False", "TimedOut", "The target could not be activated."}
	return h, 0
}

func crashed(pods []corev1.Pod) *corev1.ContainerStateTerminated {
	for _, pod := range pods {
		for _, c := range pod.Status.ContainerStatuses {
			if end := c.LastTerminationState.Terminated; end != nil && end.ExitCode != 0 {
				return end
			}
		}
	}
	return nil
}

// configurationReady sums the revisions up: the condition of the newest one,
// and the name of the newest that is ready.
func configurationReady(latest string, all []*unstructured.Unstructured) (condition, string) {
	state, ready := condition{status: "Unknown"}, ""
	for _, revision := range all {
		c := conditionIn(revision, "Ready")
		if c.status == "True" {
			ready = revision.GetName()
		}
		if revision.GetName() != latest {
			continue
		}
		switch c.status {
		case "True":
			state = condition{status: "True"}
		case "False":
			state = condition{
				status: "False", reason: "RevisionFailed",
				message: fmt.Sprintf("Revision %q failed with message: %s.", latest, c.message),
			}
		}
	}
	return state, ready
}

// targets are those of the service's spec, with their defaults.
func targets(service *unstructured.Unstructured) []map[string]any {
	list, _, _ := unstructured.NestedSlice(service.Object, "spec", "traffic")
	var all []map[string]any
	for _, one := range list {
		if target, ok := one.(map[string]any); ok {
			all = append(all, target)
		}
	}
	if len(all) == 0 {
		all = []map[string]any{{"latestRevision": true, "percent": int64(100)}}
	}
	return all
}

// routedTo gives what each revision gets: by the route as it stands, and by
// the targets that name one already.
func routedTo(service *unstructured.Unstructured, all []*unstructured.Unstructured) map[string]share {
	routed := map[string]share{}
	list, _, _ := unstructured.NestedSlice(service.Object, "status", "traffic")
	for _, one := range list {
		target, ok := one.(map[string]any)
		if !ok {
			continue
		}
		name := fmt.Sprint(target["revisionName"])
		percent, _ := target["percent"].(int64)
		routed[name] = share{routed: true, percent: routed[name].percent + percent}
	}
	for _, target := range targets(service) {
		if name, ok := target["revisionName"].(string); ok && revisionNamed(all, name) != nil {
			percent, _ := target["percent"].(int64)
			routed[name] = share{routed: true, percent: max(routed[name].percent, percent)}
		}
	}
	return routed
}

func revisionNamed(all []*unstructured.Unstructured, name string) *unstructured.Unstructured {
	for _, one := range all {
		if one.GetName() == name {
			return one
		}
	}
	return nil
}

// assign fills the targets' revisions in. One that cannot be routed to leaves
// all traffic as it is.
func assign(service *unstructured.Unstructured, all []*unstructured.Unstructured, ready string) ([]any, condition) {
	missing := func(status, message string, name string) condition {
		return condition{status: status, reason: "RevisionMissing", message: fmt.Sprintf(message, name)}
	}
	var traffic []any
	for _, target := range targets(service) {
		row := map[string]any{"latestRevision": target["latestRevision"] == true, "percent": int64(0)}
		for _, field := range []string{"percent", "tag"} {
			if target[field] != nil {
				row[field] = target[field]
			}
		}
		name, named := target["revisionName"].(string)
		if !named || name == "" {
			name, row["latestRevision"] = ready, true
			if name == "" {
				return nil, missing("Unknown", "Configuration %q is waiting for a Revision to become ready.", service.GetName())
			}
		}
		revision := revisionNamed(all, name)
		if revision == nil {
			return nil, missing("False", "Revision %q referenced in traffic not found.", name)
		}
		switch conditionIn(revision, "Ready").status {
		case "True":
		case "False":
			return nil, missing("False", "Revision %q failed to become ready.", name)
		default:
			return nil, missing("Unknown", "Revision %q is not yet ready.", name)
		}
		row["revisionName"] = name
		if tag, ok := target["tag"].(string); ok && tag != "" {
			row["url"] = fmt.Sprintf("http://%s-%s.%s.example.com", tag, service.GetName(), service.GetNamespace())
		}
		traffic = append(traffic, row)
	}
	return traffic, condition{status: "True"}
}
