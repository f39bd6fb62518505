package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// The labels by which the controller finds a task result and sees its end.
const (
	workflowLabel  = "workflows.argoproj.io/workflow"
	instanceLabel  = "workflows.argoproj.io/controller-instanceid"
	completedLabel = "workflows.argoproj.io/report-outputs-completed"
)

// template is the part of Argo's template that the executor reads from its
// environment.
type template struct {
	Outputs struct {
		Parameters []map[string]any `json:"parameters"`
		Artifacts  []map[string]any `json:"artifacts"`
	} `json:"outputs"`
	ArchiveLocation map[string]any `json:"archiveLocation"`
}

// executorEnv gives a variable of Argo's own containers; "" without one. The
// template is known to `init` only, the rest to `wait` as well.
func executorEnv(pod *corev1.Pod, name string) string {
	for _, c := range slices.Concat(pod.Spec.Containers, pod.Spec.InitContainers) {
		if c.Name != waitContainer && c.Name != "init" {
			continue
		}
		for _, e := range c.Env {
			if e.Name == name {
				return e.Value
			}
		}
	}
	return ""
}

func executorDeadline(pod *corev1.Pod) (time.Time, bool) {
	deadline, err := time.Parse(time.RFC3339, executorEnv(pod, "ARGO_DEADLINE"))
	return deadline, err == nil && !deadline.IsZero()
}

// openResult creates the WorkflowTaskResult as the wait container does when it
// starts. Pods without an executor have none.
func (k *kubelet) openResult(ctx context.Context, pod *corev1.Pod, s script) error {
	node := executorEnv(pod, "ARGO_NODE_ID")
	if node == "" {
		return nil
	}
	labels := map[string]any{workflowLabel: executorEnv(pod, "ARGO_WORKFLOW_NAME"), completedLabel: "false"}
	if id := executorEnv(pod, "ARGO_INSTANCE_ID"); id != "" {
		labels[instanceLabel] = id
	}
	result := map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "WorkflowTaskResult",
		"metadata": map[string]any{
			"name": node, "labels": labels,
			"ownerReferences": []any{map[string]any{
				"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
				"name": executorEnv(pod, "ARGO_WORKFLOW_NAME"), "uid": executorEnv(pod, "ARGO_WORKFLOW_UID"),
			}},
		},
	}
	if s.progress != "" {
		result["progress"] = s.progress
	}
	_, err := k.dynamic.Resource(taskResults).Namespace(pod.Namespace).
		Create(ctx, &unstructured.Unstructured{Object: result}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// closeResult reports the outputs and marks the result complete. It returns
// the wait container's own failure, as when a promised file is missing.
func (k *kubelet) closeResult(ctx context.Context, pod *corev1.Pod, s script) (string, error) {
	node := executorEnv(pod, "ARGO_NODE_ID")
	if node == "" {
		return "", nil
	}
	t, err := k.readTemplate(ctx, pod)
	if err != nil {
		return "", err
	}
	outputs, failure := collect(t, s, executorEnv(pod, "ARGO_INCLUDE_SCRIPT_OUTPUT") == "true")
	if s.fate != succeed {
		failure = "" // the main container's end is the one that counts
	}
	patch := map[string]any{"metadata": map[string]any{"labels": map[string]any{completedLabel: "true"}}}
	if len(outputs) > 0 {
		patch["outputs"] = outputs
	}
	body, err := json.Marshal(patch)
	if err != nil {
		return "", err
	}
	results := k.dynamic.Resource(taskResults).Namespace(pod.Namespace)
	_, err = results.Patch(ctx, node, types.MergePatchType, body, metav1.PatchOptions{})
	if apierrors.IsNotFound(err) {
		if err = k.openResult(ctx, pod, s); err == nil {
			_, err = results.Patch(ctx, node, types.MergePatchType, body, metav1.PatchOptions{})
		}
	}
	return failure, err
}

func (k *kubelet) readTemplate(ctx context.Context, pod *corev1.Pod) (template, error) {
	var t template
	text := executorEnv(pod, "ARGO_TEMPLATE")
	if text == "offloaded" {
		config, err := k.typed.CoreV1().ConfigMaps(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
		if err != nil {
			return t, fmt.Errorf("offloaded template: %w", err)
		}
		text = config.Data["ARGO_TEMPLATE"]
	}
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return t, fmt.Errorf("template of %s: %w", pod.Name, err)
	}
	return t, nil
}

// collect fills in the declared outputs: parameters with scripted values or
// their defaults, artifacts with the key they would be stored under.
func collect(t template, s script, wantsResult bool) (outputs map[string]any, failure string) {
	outputs = map[string]any{}
	var parameters []any
	for _, p := range t.Outputs.Parameters {
		from, _ := p["valueFrom"].(map[string]any)
		if from == nil || from["path"] == nil {
			parameters = append(parameters, p)
			continue
		}
		value, scripted := s.outputs.Parameters[fmt.Sprint(p["name"])]
		switch {
		case scripted:
			p["value"] = value
		case from["default"] != nil:
			p["value"] = from["default"]
		default:
			failure = fmt.Sprintf("open %v: no such file or directory", from["path"])
		}
		parameters = append(parameters, p)
	}
	if len(parameters) > 0 {
		outputs["parameters"] = parameters
	}
	if artifacts := artifacts(t, s); len(artifacts) > 0 {
		outputs["artifacts"] = artifacts
	}
	if wantsResult && s.outputs.Result != nil {
		outputs["result"] = *s.outputs.Result
	}
	return outputs, failure
}

// artifacts are those of the template, each with its place in the archive, and
// the log of the main container where logs are archived.
func artifacts(t template, s script) []any {
	var all []any
	if s.fate == succeed {
		for _, a := range t.Outputs.Artifacts {
			all = append(all, stored(a, t.ArchiveLocation, fmt.Sprintf("%v.tgz", a["name"])))
		}
	}
	if t.ArchiveLocation["archiveLogs"] == true {
		all = append(all, stored(map[string]any{"name": "main-logs"}, t.ArchiveLocation, "main.log"))
	}
	return all
}

func stored(artifact, archive map[string]any, file string) map[string]any {
	for _, kind := range []string{"s3", "gcs", "azure", "oss", "http", "raw", "git", "hdfs"} {
		if artifact[kind] != nil {
			return artifact
		}
	}
	if s3, ok := archive["s3"].(map[string]any); ok {
		artifact["s3"] = map[string]any{"key": path.Join(fmt.Sprint(s3["key"]), file)}
	}
	return artifact
}
