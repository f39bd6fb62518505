package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// condition is one line of an object's status.conditions.
type condition struct{ kind, status, reason, message string }

// as gives the same condition under another name: that is how one is mirrored
// from an owned object to its owner.
func (c condition) as(kind string) condition {
	c.kind = kind
	return c
}

// overall sums conditions up as Knative does: the first that is false counts,
// else the first that is unknown.
func overall(kind string, parts ...condition) condition {
	sum := condition{kind: kind, status: "True"}
	for _, part := range parts {
		if part.status == "False" || part.status == "Unknown" && sum.status == "True" {
			sum = part.as(kind)
		}
		if part.status == "False" {
			break
		}
	}
	return sum
}

// conditionIn reads a condition; status is "" when there is none.
func conditionIn(o *unstructured.Unstructured, kind string) condition {
	all, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	text := func(value any) string {
		if value == nil {
			return ""
		}
		return fmt.Sprint(value)
	}
	for _, one := range all {
		if c, ok := one.(map[string]any); ok && c["type"] == kind {
			return condition{kind, text(c["status"]), text(c["reason"]), text(c["message"])}
		}
	}
	return condition{kind: kind}
}

// writeStatus replaces an object's status where that changes something. The
// time of a condition moves only with its status.
func (n *knative) writeStatus(ctx context.Context, resource schema.GroupVersionResource, o *unstructured.Unstructured,
	status map[string]any, conditions ...condition,
) error {
	whole := map[string]any{"observedGeneration": o.GetGeneration(), "conditions": written(o, conditions)}
	for name, value := range status {
		whole[name] = value
	}
	if old, _, _ := unstructured.NestedMap(o.Object, "status"); same(old, whole) {
		return nil
	}
	o.Object["status"] = whole
	changed, err := n.dynamic.Resource(resource).Namespace(o.GetNamespace()).UpdateStatus(ctx, o, metav1.UpdateOptions{})
	if err == nil {
		o.Object = changed.Object
	}
	return err
}

func written(o *unstructured.Unstructured, conditions []condition) []any {
	old, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	var all []any
	for _, c := range conditions {
		line := map[string]any{"type": c.kind, "status": c.status, "lastTransitionTime": time.Now().UTC().Format(time.RFC3339)}
		if c.reason != "" {
			line["reason"] = c.reason
		}
		if c.message != "" {
			line["message"] = c.message
		}
		for _, one := range old {
			if before, ok := one.(map[string]any); ok && before["type"] == c.kind && before["status"] == c.status {
				line["lastTransitionTime"] = before["lastTransitionTime"]
			}
		}
		all = append(all, line)
	}
	return all
}

func same(a, b any) bool { return equality.Semantic.DeepEqual(a, b) }

// belonging is a new object of Knative with the name of its owner.
func belonging(kind string, owner *unstructured.Unstructured) *unstructured.Unstructured {
	yes := true
	o := &unstructured.Unstructured{Object: map[string]any{}}
	o.SetAPIVersion(knativeGroup + "/v1")
	o.SetKind(kind)
	o.SetNamespace(owner.GetNamespace())
	o.SetName(owner.GetName())
	o.SetLabels(map[string]string{serviceLabel: owner.GetName(), knativeGroup + "/serviceUID": string(owner.GetUID())})
	o.SetOwnerReferences([]metav1.OwnerReference{{
		APIVersion: owner.GetAPIVersion(), Kind: owner.GetKind(), Name: owner.GetName(), UID: owner.GetUID(),
		Controller: &yes, BlockOwnerDeletion: &yes,
	}})
	return o
}

// ownedBy refuses what an earlier owner of the same name left: it goes by
// garbage collection, and the work is tried again.
func ownedBy(o, owner *unstructured.Unstructured) error {
	for _, reference := range o.GetOwnerReferences() {
		if reference.UID == owner.GetUID() {
			return nil
		}
	}
	return fmt.Errorf("%s %s still belongs to what was there before", o.GetKind(), o.GetName())
}
