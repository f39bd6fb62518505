package main

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// lean leaves the schemas of pods out of a CRD: any pod is taken. They are most
// of it (half a megabyte for each place of a pod), and each costs the API server
// seconds at its start and memory for good. All other rules stay.
func lean(crd *unstructured.Unstructured) {
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	for _, version := range versions {
		shorten(version)
	}
	_ = unstructured.SetNestedSlice(crd.Object, versions, "spec", "versions")
}

func shorten(value any) {
	switch node := value.(type) {
	case []any:
		for _, each := range node {
			shorten(each)
		}
	case map[string]any:
		if fields, ok := node["properties"].(map[string]any); ok && fields["containers"] != nil && fields["nodeSelector"] != nil {
			clear(node)
			node["type"], node["x-kubernetes-preserve-unknown-fields"] = "object", true
			return
		}
		for _, each := range node {
			shorten(each)
		}
	}
}
