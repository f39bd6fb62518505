package main

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// queuedKind is a kind of job that Kueue knows: where it is suspended, and what its end is called.
type queuedKind struct {
	resource  schema.GroupVersionResource
	prefix    string // of the names of its workloads
	suspends  []string
	good, bad string // conditions
	replicas  string // field of its replica specs
}

var queued = []queuedKind{
	{resource: jobs, prefix: "job", suspends: []string{"spec", "suspend"}, good: "Complete", bad: "Failed"},
	{resource: kubeflow("v1", "pytorchjobs"), prefix: "pytorchjob", suspends: policySuspend, good: "Succeeded", bad: "Failed", replicas: "pytorchReplicaSpecs"},
	{resource: kubeflow("v1", "tfjobs"), prefix: "tfjob", suspends: policySuspend, good: "Succeeded", bad: "Failed", replicas: "tfReplicaSpecs"},
	{resource: kubeflow("v1", "mpijobs"), prefix: "mpijob", suspends: policySuspend, good: "Succeeded", bad: "Failed", replicas: "mpiReplicaSpecs"},
	{resource: jobSets, prefix: "jobset", suspends: []string{"spec", "suspend"}, good: "Completed", bad: "Failed"},
	{resource: trainJobs, prefix: "trainjob", suspends: []string{"spec", "suspend"}, good: "Complete", bad: "Failed"},
	{resource: rayJobs, prefix: "rayjob", suspends: []string{"spec", "suspend"}},
}

var policySuspend = []string{"spec", "runPolicy", "suspend"}

type job struct {
	queuedKind
	o *unstructured.Unstructured
}

// over is how a job ended, in Kueue's words, or nothing.
func (j job) over() string {
	told := text(j.o, "status", "jobDeploymentStatus") // of a RayJob, which has no conditions
	switch {
	case is(j.o, j.good) || told == "Complete":
		return "Succeeded"
	case is(j.o, j.bad) || told == "Failed":
		return "Failed"
	}
	return ""
}

// runs says that its pods are ready.
func (j job) runs() bool {
	if j.prefix == "job" {
		return whole(j.o, 0, "status", "ready") >= whole(j.o, 1, "spec", "parallelism")
	}
	for _, each := range rows(j.o.Object, "status", "replicatedJobsStatus") {
		if ready, _ := each["ready"].(int64); ready > 0 {
			return true
		}
	}
	return is(j.o, "Running") || text(j.o, "status", "jobDeploymentStatus") == "Running"
}

// podSets are what a job asks for, in the order of its parts.
func podSets(j job) []any {
	switch j.prefix {
	case "job":
		return []any{podSet("main", whole(j.o, 1, "spec", "parallelism"), tree(j.o, "spec", "template"))}
	case "trainjob":
		need := map[string]any{"name": "node", "resources": tree(j.o, "spec", "trainer", "resourcesPerNode")}
		template := map[string]any{"spec": map[string]any{"containers": []any{need}}}
		return []any{podSet("node", whole(j.o, 1, "spec", "trainer", "numNodes"), template)}
	case "rayjob":
		return rayPodSets(j.o)
	case "jobset":
		return jobSetPodSets(j.o)
	}
	var all []any
	for _, role := range []string{"Launcher", "Master", "Chief", "PS", "Worker", "Evaluator"} {
		if part := tree(j.o, "spec", j.replicas, role); part != nil {
			o := &unstructured.Unstructured{Object: part}
			all = append(all, podSet(strings.ToLower(role), whole(o, 1, "replicas"), tree(o, "template")))
		}
	}
	return all
}

func podSet(name string, count int64, template map[string]any) map[string]any {
	return map[string]any{"name": name, "count": count, "template": template}
}

func rayPodSets(o *unstructured.Unstructured) []any {
	all := []any{podSet("head", 1, tree(o, "spec", "rayClusterSpec", "headGroupSpec", "template"))}
	for _, group := range rows(o.Object, "spec", "rayClusterSpec", "workerGroupSpecs") {
		each := &unstructured.Unstructured{Object: group}
		all = append(all, podSet(text(each, "groupName"), whole(each, 0, "replicas"), tree(each, "template")))
	}
	return all
}

func jobSetPodSets(o *unstructured.Unstructured) []any {
	var all []any
	for _, part := range rows(o.Object, "spec", "replicatedJobs") {
		each := &unstructured.Unstructured{Object: part}
		count := whole(each, 1, "replicas") * whole(each, 1, "template", "spec", "parallelism")
		all = append(all, podSet(text(each, "name"), count, tree(each, "template", "spec", "template")))
	}
	return all
}
