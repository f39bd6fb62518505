package main

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const benchInstance = "bench" // an instance id that no controller owns

func benchNamespace(i int) string { return benchNamespaces[i%len(benchNamespaces)] }
func workflowName(i int) string   { return fmt.Sprintf("train-ranker-%05d", i) }

// podName puts pod i under the workflow of the same index, so that both share
// a namespace.
func podName(p *population, i int) string {
	return fmt.Sprintf("%s-step-%d", workflowName(i%max(p.workflows, 1)), i)
}

// benchPhase spreads the population: 80 % succeeded, 8 % failed, 12 % running.
func benchPhase(i int) string {
	switch {
	case i%100 < 12:
		return "Running"
	case i%100 < 20:
		return "Failed"
	default:
		return "Succeeded"
	}
}

func benchWorkflow(p *population, i int) *unstructured.Unstructured {
	name, phase := workflowName(i), benchPhase(i)
	started := time.Now().Add(-time.Duration(i) * time.Minute)
	status := map[string]any{
		"phase": phase, "startedAt": started.Format(time.RFC3339),
		"progress": fmt.Sprintf("%d/%d", p.nodes-1, p.nodes), "estimatedDuration": int64(600),
		"nodes":             benchNodes(name, phase, p.nodes, started),
		"resourcesDuration": map[string]any{"cpu": int64(4200), "memory": int64(99000), "nvidia.com/gpu": int64(1800)},
		"conditions":        []any{map[string]any{"type": "PodRunning", "status": "False"}},
	}
	completed := "false"
	if phase != "Running" {
		completed, status["finishedAt"] = "true", started.Add(10*time.Minute).Format(time.RFC3339)
	}
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
		"spec": map[string]any{
			"entrypoint": "main",
			"arguments":  map[string]any{"parameters": []any{map[string]any{"name": "dataset", "value": "s3://datasets/ranker"}}},
			"templates": []any{map[string]any{
				"name": "main", "container": map[string]any{"image": "registry.example/train:1", "command": []any{"python", "-m", "train"}},
			}},
		},
		"status": status,
	}}
	o.SetNamespace(benchNamespace(i))
	o.SetName(name)
	o.SetLabels(map[string]string{
		benchLabel: "true", instanceLabel: benchInstance,
		"workflows.argoproj.io/phase": phase, "workflows.argoproj.io/completed": completed,
	})
	return o
}

// benchNodes is a DAG with its pods: the first node is the root.
func benchNodes(workflow, phase string, n int, started time.Time) map[string]any {
	nodes, children := map[string]any{}, []any{}
	for i := 1; i < n; i++ {
		id := fmt.Sprintf("%s-%d", workflow, 1000000000+i)
		children = append(children, id)
		nodePhase := "Succeeded"
		if i == n-1 {
			nodePhase = phase
		}
		nodes[id] = map[string]any{
			"id": id, "name": fmt.Sprintf("%s.step-%d", workflow, i), "displayName": fmt.Sprintf("step-%d", i),
			"type": "Pod", "templateName": "main",
			"phase": nodePhase, "boundaryID": workflow, "progress": "1/1",
			"startedAt":    started.Add(time.Duration(i) * 20 * time.Second).Format(time.RFC3339),
			"finishedAt":   started.Add(time.Duration(i+1) * 20 * time.Second).Format(time.RFC3339),
			"hostNodeName": "gpu-a100-01",
			"inputs": map[string]any{"parameters": []any{
				map[string]any{"name": "shard", "value": fmt.Sprint(i)},
			}},
			"outputs": map[string]any{
				"exitCode":  "0",
				"artifacts": []any{map[string]any{"name": "main-logs", "s3": map[string]any{"key": workflow + "/" + id + "/main.log"}}},
			},
		}
	}
	nodes[workflow] = map[string]any{
		"id": workflow, "name": workflow, "displayName": workflow, "type": "DAG", "templateName": "main",
		"templateScope": "local/" + workflow, "phase": phase, "progress": fmt.Sprintf("%d/%d", n-1, n),
		"startedAt": started.Format(time.RFC3339), "children": children,
	}
	return nodes
}

func benchPod(p *population, i int) *corev1.Pod {
	workflow := workflowName(i % max(p.workflows, 1))
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: podName(p, i), Namespace: benchNamespace(i),
			Labels: map[string]string{
				benchLabel: "true", instanceLabel: benchInstance, workflowLabel: workflow,
				"workflows.argoproj.io/completed": "true",
			},
			Annotations: map[string]string{
				nodeNameAnnotation:              fmt.Sprintf("%s.step-%d", workflow, i),
				"workflows.argoproj.io/node-id": fmt.Sprintf("%s-%d", workflow, 1000000000+i%max(p.nodes, 1)),
			},
		},
		Spec: corev1.PodSpec{
			NodeName: nodeSpecs()[i%20].name, RestartPolicy: corev1.RestartPolicyNever,
			Containers: []corev1.Container{benchContainer("main"), benchContainer(waitContainer)},
		},
	}
	setCreating(pod)
	setRunning(pod)
	if phase := benchPhase(i); phase != "Running" {
		code := int32(0)
		if phase == "Failed" {
			code = 1
		}
		setEnded(pod, terminated(pod, code, "Completed", ""), terminated(pod, 0, "Completed", ""))
	}
	return pod
}

// benchContainer carries about as much environment as Argo gives its pods.
func benchContainer(name string) corev1.Container {
	c := corev1.Container{
		Name: name, Image: "registry.example/train:1", Command: []string{"python", "-m", "train"},
		Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("4Gi"),
		}},
	}
	c.Env = append(c.Env, corev1.EnvVar{Name: "ARGO_TEMPLATE", Value: strings.Repeat(`{"name":"main","inputs":{},"outputs":{}},`, 16)})
	for i := range 8 {
		c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprintf("TRAIN_SETTING_%02d", i), Value: "s3://datasets/ranker"})
	}
	return c
}
