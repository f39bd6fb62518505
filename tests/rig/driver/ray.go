package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/rand"
)

const (
	rayCluster = "ray.io/cluster"
	rayOrigin  = "ray.io/originated-from-cr-name"
	stopsRay   = "ray.io/rayjob-finalizer"
)

var (
	rayJobs     = rayResource("rayjobs")
	rayClusters = rayResource("rayclusters")
	rayServices = rayResource("rayservices")
)

func rayResource(resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "ray.io", Version: "v1", Resource: resource}
}

// rayJob brings a RayJob one state further. Jobs are told in two fields: what
// Ray says (jobStatus), and what the operator does (jobDeploymentStatus).
func (p *platform) rayJob(ctx context.Context, next task) (time.Duration, error) {
	o, err := p.get(ctx, rayJobs, next.namespace, next.name)
	if err != nil || o == nil {
		return 0, err
	}
	status := state(o)
	at, _ := status["jobDeploymentStatus"].(string)
	if o.GetDeletionTimestamp() != nil {
		if o.GetAnnotations()[prefix+"dashboard"] == "down" && at == "Running" {
			return time.Second, nil // the head is asked to stop the job, and does not answer
		}
		return 0, p.drop(ctx, rayJobs, o, stopsRay)
	}
	if !slices.Contains(o.GetFinalizers(), stopsRay) {
		o.SetFinalizers(append(o.GetFinalizers(), stopsRay))
		return 0, p.update(ctx, rayJobs, o)
	}
	suspend := truth(o, "spec", "suspend")
	if at == "ValidationFailed" {
		return 0, nil // no way leads out of it
	}
	if why := invalidRayJob(o); suspend && why != "" {
		status["jobDeploymentStatus"], status["reason"], status["message"] = "ValidationFailed", "ValidationFailed", why
		return 0, p.state(ctx, rayJobs, o, status)
	}
	switch {
	case at == "Complete" || at == "Failed":
		return p.rayCleanUp(ctx, o)
	case suspend && at != "Suspended":
		return 0, p.raySuspend(ctx, o, status)
	case suspend:
		return 0, nil
	case at == "" || at == "Suspended" || at == "Retrying":
		return 0, p.rayBegin(ctx, o, status)
	case at == "Initializing":
		return 0, p.raySubmit(ctx, o, status)
	}
	return 0, p.rayFollow(ctx, o, status)
}

// invalidRayJob is the rule that suspending breaks.
func invalidRayJob(o *unstructured.Unstructured) string {
	switch {
	case !truth(o, "spec", "shutdownAfterJobFinishes"):
		return fmt.Sprintf("The RayJob spec is invalid: %s/%s: a RayJob with shutdownAfterJobFinishes set to false is not allowed to be suspended",
			o.GetNamespace(), o.GetName())
	case len(tree(o, "spec", "clusterSelector")) > 0:
		return fmt.Sprintf("The RayJob spec is invalid: %s/%s: a RayJob with clusterSelector is not allowed to be suspended", o.GetNamespace(), o.GetName())
	}
	return ""
}

func (p *platform) raySuspend(ctx context.Context, o *unstructured.Unstructured, status map[string]any) error {
	if name, _ := status["rayClusterName"].(string); name != "" {
		if err := p.rayEnd(ctx, o, name); err != nil {
			return err
		}
	}
	for _, field := range []string{"rayClusterName", "jobId", "startTime", "endTime", "dashboardURL", "rayClusterStatus"} {
		delete(status, field)
	}
	status["jobStatus"], status["jobDeploymentStatus"], status["observedGeneration"] = "", "Suspended", o.GetGeneration()
	return p.state(ctx, rayJobs, o, status)
}

// rayEnd takes the cluster and the submitter away.
func (p *platform) rayEnd(ctx context.Context, o *unstructured.Unstructured, cluster string) error {
	if err := p.remove(ctx, rayClusters, o.GetNamespace(), cluster); err != nil {
		return err
	}
	return p.remove(ctx, jobs, o.GetNamespace(), o.GetName())
}

func (p *platform) rayBegin(ctx context.Context, o *unstructured.Unstructured, status map[string]any) error {
	name, err := p.rayOwned(ctx, o, tree(o, "spec", "rayClusterSpec"))
	if err != nil {
		return err
	}
	status["jobId"], status["rayClusterName"] = o.GetName()+"-"+rand.String(5), name
	status["jobStatus"], status["jobDeploymentStatus"], status["observedGeneration"] = "PENDING", "Initializing", o.GetGeneration()
	status["startTime"] = stamp(time.Now())
	return p.state(ctx, rayJobs, o, status)
}

// rayOwned gives the cluster of a job or a service, made where there is none:
// one that was made just before a status could not be written counts.
func (p *platform) rayOwned(ctx context.Context, o *unstructured.Unstructured, spec map[string]any) (string, error) {
	all, err := p.list(ctx, rayClusters, o.GetNamespace(), rayOrigin+"="+o.GetName())
	if err != nil {
		return "", err
	}
	for i := range all {
		if owned(&all[i], o) && all[i].GetDeletionTimestamp() == nil {
			return all[i].GetName(), nil
		}
	}
	cluster := made("ray.io/v1", "RayCluster", o.GetName()+"-"+rand.String(5), o)
	cluster.SetLabels(map[string]string{rayOrigin: o.GetName(), "ray.io/originated-from-crd": o.GetKind()})
	cluster.Object["spec"] = spec
	return cluster.GetName(), p.create(ctx, cluster)
}

// raySubmit starts the submitter once the cluster is there.
func (p *platform) raySubmit(ctx context.Context, o *unstructured.Unstructured, status map[string]any) error {
	name, _ := status["rayClusterName"].(string)
	cluster, err := p.get(ctx, rayClusters, o.GetNamespace(), name)
	if err != nil || cluster == nil || !is(cluster, "RayClusterProvisioned") {
		return err
	}
	submitter := made("batch/v1", "Job", o.GetName(), o)
	submitter.SetLabels(map[string]string{rayOrigin: o.GetName(), "ray.io/originated-from-crd": "RayJob"})
	notes := map[string]any{}
	for _, each := range []string{"run-time", "fate", "exit-code", "message", "log"} {
		if value := o.GetAnnotations()[prefix+each]; value != "" {
			notes[prefix+each] = value
		}
	}
	submitter.Object["spec"] = map[string]any{"backoffLimit": int64(0), "template": map[string]any{
		"metadata": map[string]any{"annotations": notes, "labels": map[string]any{rayOrigin: o.GetName()}},
		"spec": map[string]any{"restartPolicy": "Never", "containers": []any{map[string]any{
			"name": "ray-job-submitter", "image": "rayproject/ray:2.46.0", "args": []any{"ray", "job", "submit", "--", text(o, "spec", "entrypoint")},
		}}},
	}}
	if err := p.create(ctx, submitter); err != nil {
		return err
	}
	status["jobStatus"], status["jobDeploymentStatus"] = "RUNNING", "Running"
	status["dashboardURL"] = fmt.Sprintf("%s-head-svc.%s.svc.cluster.local:8265", name, o.GetNamespace())
	status["rayClusterStatus"] = tree(cluster, "status")
	return p.state(ctx, rayJobs, o, status)
}

// rayFollow takes the end of the submitter for the end of the job.
func (p *platform) rayFollow(ctx context.Context, o *unstructured.Unstructured, status map[string]any) error {
	submitter, err := p.get(ctx, jobs, o.GetNamespace(), o.GetName())
	if err != nil || submitter == nil {
		return err
	}
	good, bad := is(submitter, "Complete"), is(submitter, "Failed")
	if !good && !bad {
		return nil
	}
	failed := whole(o, 0, "status", "failed")
	if bad && failed < whole(o, 0, "spec", "backoffLimit") {
		name, _ := status["rayClusterName"].(string)
		status["failed"], status["jobDeploymentStatus"], status["jobStatus"] = failed+1, "Retrying", ""
		if err := p.rayEnd(ctx, o, name); err != nil {
			return err
		}
		return p.state(ctx, rayJobs, o, status)
	}
	status["endTime"] = stamp(time.Now())
	if good {
		status["jobStatus"], status["jobDeploymentStatus"], status["succeeded"] = "SUCCEEDED", "Complete", int64(1)
	} else {
		status["jobStatus"], status["jobDeploymentStatus"], status["failed"] = "FAILED", "Failed", failed+1
		status["reason"] = "AppFailed"
		status["message"] = "Job entrypoint command failed with exit code 1, last available logs: RuntimeError"
	}
	return p.state(ctx, rayJobs, o, status)
}

// rayCleanUp takes a cluster away that is to go with its job.
func (p *platform) rayCleanUp(ctx context.Context, o *unstructured.Unstructured) (time.Duration, error) {
	if !truth(o, "spec", "shutdownAfterJobFinishes") || text(o, "status", "rayClusterName") == "" {
		return 0, nil
	}
	keep := time.Duration(whole(o, 0, "spec", "ttlSecondsAfterFinished")) * time.Second
	if left := time.Until(stamped(text(o, "status", "endTime")).Add(keep)); left > 0 {
		return left, nil
	}
	return 0, p.remove(ctx, rayClusters, o.GetNamespace(), text(o, "status", "rayClusterName"))
}

// rayCluster keeps the pods of a cluster: a head, and the workers of each group.
func (p *platform) rayCluster(ctx context.Context, next task) error {
	o, err := p.get(ctx, rayClusters, next.namespace, next.name)
	if err != nil || o == nil || o.GetDeletionTimestamp() != nil {
		return err
	}
	pods, err := p.list(ctx, corePods, next.namespace, rayCluster+"="+next.name)
	if err != nil {
		return err
	}
	pods = slices.DeleteFunc(pods, func(pod unstructured.Unstructured) bool {
		return pod.GetDeletionTimestamp() != nil || !owned(&pod, o)
	})
	if truth(o, "spec", "suspend") {
		for i := range pods {
			if err := p.remove(ctx, corePods, next.namespace, pods[i].GetName()); err != nil {
				return err
			}
		}
		return p.raySuspended(ctx, o, len(pods))
	}
	if err := p.rayPods(ctx, o, pods); err != nil {
		return err
	}
	return p.rayTell(ctx, o, pods)
}

func (p *platform) raySuspended(ctx context.Context, o *unstructured.Unstructured, left int) error {
	status := state(o)
	mark(status, o, "RayClusterSuspending", map[bool]string{true: "True", false: "False"}[left > 0], "UserRequestedSuspend", "")
	mark(status, o, "RayClusterSuspended", map[bool]string{true: "False", false: "True"}[left > 0], "UserRequestedSuspend", "")
	mark(status, o, "HeadPodReady", "False", "HeadPodNotFound", "Head Pod not found")
	status["state"], status["availableWorkerReplicas"], status["readyWorkerReplicas"] = "suspended", int64(0), int64(0)
	return p.state(ctx, rayClusters, o, status)
}

// rayPods makes the pods that are missing and deletes those above the number that is asked for.
func (p *platform) rayPods(ctx context.Context, o *unstructured.Unstructured, pods []unstructured.Unstructured) error {
	groups := []map[string]any{{"groupName": "headgroup", "replicas": int64(1), "template": tree(o, "spec", "headGroupSpec", "template")}}
	for _, group := range append(groups, rows(o.Object, "spec", "workerGroupSpecs")...) {
		each := &unstructured.Unstructured{Object: group}
		name, there := text(each, "groupName"), 0
		for i := range pods {
			if pods[i].GetLabels()["ray.io/group"] != name {
				continue
			}
			if there++; there > int(whole(each, 0, "replicas")) {
				if err := p.remove(ctx, corePods, o.GetNamespace(), pods[i].GetName()); err != nil {
					return err
				}
			}
		}
		for ; there < int(whole(each, 0, "replicas")); there++ {
			if err := p.create(ctx, rayPod(o, name, tree(each, "template"))); err != nil {
				return err
			}
		}
	}
	return nil
}

func rayPod(o *unstructured.Unstructured, group string, template map[string]any) *unstructured.Unstructured {
	kind := "worker"
	if group == "headgroup" {
		kind = "head"
	}
	labels := map[string]string{
		rayCluster: o.GetName(), "ray.io/node-type": kind, "ray.io/group": group, "ray.io/is-ray-node": "yes",
		"app.kubernetes.io/created-by": "kuberay-operator",
	}
	marked(map[string]any{"template": template}, labels, map[string]string{prefix + "run-time": "8760h"})
	pod := &unstructured.Unstructured{Object: map[string]any{"metadata": template["metadata"], "spec": template["spec"]}}
	pod.SetAPIVersion("v1")
	pod.SetKind("Pod")
	pod.SetNamespace(o.GetNamespace())
	pod.SetName(strings.Join([]string{o.GetName(), group, kind, rand.String(5)}, "-"))
	adopt(pod, o)
	return pod
}

// rayTell writes what the pods come to.
func (p *platform) rayTell(ctx context.Context, o *unstructured.Unstructured, pods []unstructured.Unstructured) error {
	var desired, ready, gpus int64
	head, headName, failed := "", "", ""
	for _, group := range rows(o.Object, "spec", "workerGroupSpecs") {
		each := &unstructured.Unstructured{Object: group}
		desired += whole(each, 0, "replicas")
		for _, container := range rows(group, "template", "spec", "containers") {
			asks := &unstructured.Unstructured{Object: container}
			gpus += whole(each, 0, "replicas") * amount(tree(asks, "resources", "requests")["nvidia.com/gpu"]) / 1000
		}
	}
	for i := range pods {
		isHead := pods[i].GetLabels()["ray.io/node-type"] == "head"
		switch {
		case isHead && is(&pods[i], "Ready"):
			head, headName = text(&pods[i], "status", "podIP"), pods[i].GetName()
		case is(&pods[i], "Ready"):
			ready++
		case text(&pods[i], "status", "phase") == "Failed":
			failed = pods[i].GetName()
		}
	}
	status := state(o)
	status["desiredWorkerReplicas"], status["availableWorkerReplicas"], status["readyWorkerReplicas"] = desired, ready, ready
	status["desiredGPU"], status["observedGeneration"] = fmt.Sprint(gpus), o.GetGeneration()
	if head != "" {
		status["head"] = map[string]any{"podIP": head, "podName": headName, "serviceName": o.GetName() + "-head-svc"}
		mark(status, o, "HeadPodReady", "True", "HeadPodRunningAndReady", "")
	} else {
		mark(status, o, "HeadPodReady", "False", "HeadPodNotFound", "Head Pod not found")
	}
	for _, kind := range []string{"RayClusterSuspending", "RayClusterSuspended"} {
		mark(status, o, kind, "False", kind, "")
	}
	if head != "" && ready == desired {
		status["state"] = "ready"
		mark(status, o, "RayClusterProvisioned", "True", "AllPodRunningAndReadyFirstTime", "All Ray Pods are ready for the first time")
	}
	if failed != "" {
		mark(status, o, "ReplicaFailure", "True", "FailedCreateWorkerPod", "pod "+failed+" failed")
	}
	return p.state(ctx, rayClusters, o, status)
}

// rayService keeps a cluster, and says what is served there.
func (p *platform) rayService(ctx context.Context, next task) error {
	o, err := p.get(ctx, rayServices, next.namespace, next.name)
	if err != nil || o == nil || o.GetDeletionTimestamp() != nil {
		return err
	}
	status := state(o)
	name := text(o, "status", "activeServiceStatus", "rayClusterName")
	if truth(o, "spec", "suspend") {
		if name != "" {
			if err := p.remove(ctx, rayClusters, o.GetNamespace(), name); err != nil {
				return err
			}
		}
		delete(status, "activeServiceStatus")
		status["numServeEndpoints"] = int64(0)
		mark(status, o, "Ready", "False", "Suspended", "")
		mark(status, o, "Suspended", "True", "UserRequestedSuspend", "")
		return p.state(ctx, rayServices, o, status)
	}
	if name == "" {
		if name, err = p.rayOwned(ctx, o, tree(o, "spec", "rayClusterConfig")); err != nil {
			return err
		}
	}
	cluster, err := p.get(ctx, rayClusters, o.GetNamespace(), name)
	if err != nil {
		return err
	}
	application := map[string]any{"status": "DEPLOYING", "message": ""}
	ready := cluster != nil && is(cluster, "RayClusterProvisioned")
	mark(status, o, "Suspended", "False", "NotSuspended", "")
	mark(status, o, "UpgradeInProgress", "False", "NoPendingCluster", "")
	if ready {
		application["status"] = "RUNNING"
		status["numServeEndpoints"] = whole(cluster, 0, "status", "readyWorkerReplicas") + 1
		mark(status, o, "Ready", "True", "NonZeroServeEndpoints", "Number of serve endpoints is greater than 0")
	} else {
		mark(status, o, "Ready", "False", "ZeroServeEndpoints", "")
	}
	status["activeServiceStatus"] = map[string]any{"rayClusterName": name, "applicationStatuses": map[string]any{"default": application}}
	return p.state(ctx, rayServices, o, status)
}
