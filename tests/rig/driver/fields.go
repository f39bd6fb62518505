package main

import (
	"encoding/json"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Reading and making objects whose Go types the driver does not have.

func text(o *unstructured.Unstructured, path ...string) string {
	value, _, _ := unstructured.NestedString(o.Object, path...)
	return value
}

func truth(o *unstructured.Unstructured, path ...string) bool {
	value, _, _ := unstructured.NestedBool(o.Object, path...)
	return value
}

// whole reads a whole number; otherwise is what stands for none.
func whole(o *unstructured.Unstructured, otherwise int64, path ...string) int64 {
	value, found, _ := unstructured.NestedInt64(o.Object, path...)
	if !found {
		return otherwise
	}
	return value
}

func tree(o *unstructured.Unstructured, path ...string) map[string]any {
	value, _, _ := unstructured.NestedMap(o.Object, path...)
	return value
}

// rows reads a list of objects.
func rows(object map[string]any, path ...string) []map[string]any {
	all, _, _ := unstructured.NestedSlice(object, path...)
	var maps []map[string]any
	for _, one := range all {
		if row, ok := one.(map[string]any); ok {
			maps = append(maps, row)
		}
	}
	return maps
}

// anys is a list as unstructured objects hold it.
func anys[T any](all []T) []any {
	list := make([]any, 0, len(all))
	for _, each := range all {
		list = append(list, each)
	}
	return list
}

// stamp is a time as it stands in an object.
func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func stamped(text string) time.Time {
	at, _ := time.Parse(time.RFC3339, text)
	return at
}

// made is a new object that belongs to an owner (nil: to nobody).
func made(apiVersion, kind, name string, owner *unstructured.Unstructured) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{}}
	o.SetAPIVersion(apiVersion)
	o.SetKind(kind)
	o.SetName(name)
	if owner != nil {
		o.SetNamespace(owner.GetNamespace())
		adopt(o, owner)
	}
	return o
}

func adopt(o, owner *unstructured.Unstructured) {
	yes := true
	o.SetOwnerReferences([]metav1.OwnerReference{{
		APIVersion: owner.GetAPIVersion(), Kind: owner.GetKind(), Name: owner.GetName(), UID: owner.GetUID(),
		Controller: &yes, BlockOwnerDeletion: &yes,
	}})
}

func owned(o, owner *unstructured.Unstructured) bool {
	return slices.ContainsFunc(o.GetOwnerReferences(), func(r metav1.OwnerReference) bool { return r.UID == owner.GetUID() })
}

// added gives labels or annotations with more of them.
func added(old, more map[string]string) map[string]string {
	all := map[string]string{}
	for _, each := range []map[string]string{old, more} {
		for key, value := range each {
			all[key] = value
		}
	}
	return all
}

// plain is a value as it reads from JSON: maps, lists, text, numbers.
func plain(value any) (map[string]any, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	o := &unstructured.Unstructured{}
	read := map[string]any{"apiVersion": "v1", "kind": "Any", "value": json.RawMessage(body)}
	if body, err = json.Marshal(read); err != nil {
		return nil, err
	}
	if err := o.UnmarshalJSON(body); err != nil {
		return nil, err
	}
	return tree(o, "value"), nil
}

// marked puts labels and annotations on every pod template within an object.
func marked(value any, labels, annotations map[string]string) {
	switch node := value.(type) {
	case []any:
		for _, each := range node {
			marked(each, labels, annotations)
		}
	case map[string]any:
		if spec, ok := node["spec"].(map[string]any); ok && spec["containers"] != nil {
			meta, ok := node["metadata"].(map[string]any)
			if !ok {
				meta = map[string]any{}
				node["metadata"] = meta
			}
			overlaid(meta, "labels", labels)
			overlaid(meta, "annotations", annotations)
			return
		}
		for _, each := range node {
			marked(each, labels, annotations)
		}
	}
}

func overlaid(meta map[string]any, name string, more map[string]string) {
	all, ok := meta[name].(map[string]any)
	if !ok {
		all = map[string]any{}
	}
	for key, value := range more {
		all[key] = value
	}
	if len(all) > 0 {
		meta[name] = all
	}
}

// stage adds a condition, or moves it to the end of the list when its status or
// reason changes: the last one is what an object of Kubeflow is now. It gives
// the conditions and whether they changed.
func stage(status map[string]any, kind, truth, reason, message string) bool {
	now := stamp(time.Now())
	line := map[string]any{
		"type": kind, "status": truth, "reason": reason, "message": message, "lastUpdateTime": now, "lastTransitionTime": now,
	}
	var all []any
	for _, old := range rows(status, "conditions") {
		if old["type"] != kind {
			all = append(all, old)
			continue
		}
		if old["status"] == truth && old["reason"] == reason {
			return false
		}
		if old["status"] == truth {
			line["lastTransitionTime"] = old["lastTransitionTime"]
		}
	}
	status["conditions"] = append(all, line)
	return true
}

func unstage(status map[string]any, kinds ...string) {
	var all []any
	for _, old := range rows(status, "conditions") {
		if name, _ := old["type"].(string); !slices.Contains(kinds, name) {
			all = append(all, old)
		}
	}
	status["conditions"] = all
}

// is says that a condition of an object is true.
func is(o *unstructured.Unstructured, kind string) bool { return conditionIn(o, kind).status == "True" }
