package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	inferenceLabel = "serving.kserve.io/inferenceservice"
	sourceNote     = "internal.serving.kserve.io/storage-initializer-sourceuri"
	downloader     = "storage-initializer"
	modelServer    = "kserve-container"
)

// loading is how a model server's start goes.
type loading string

const (
	loads   loading = "ok"
	absent  loading = "absent"  // there is no model at its address: the download fails
	corrupt loading = "corrupt" // the server ends while it loads the model
	hangs   loading = "hangs"   // it loads for ever
)

// asked is what the pod's annotations ask for, else what a part of the model's
// address says, as in s3://models/churn/corrupt: so that one model of a
// service can be bad where the next is good, with nothing else changed.
func asked(pod *corev1.Pod) (loading, time.Duration, error) {
	ask, err := settings(pod)
	if err != nil {
		return loads, 0, err
	}
	takes, err := duration(ask, "load-time")
	if err != nil {
		return loads, 0, err
	}
	way := loading(ask["load"])
	for _, known := range []loading{loads, absent, corrupt, hangs} {
		if way == known {
			return way, takes, nil
		}
		if way == "" && strings.Contains(pod.Annotations[sourceNote]+"/", "/"+string(known)+"/") {
			return known, takes, nil
		}
	}
	if way != "" {
		return loads, 0, fmt.Errorf("%sload: %q is none of ok, absent, corrupt, hangs", prefix, way)
	}
	return loads, takes, nil
}

// servesModel says that a pod is to run for good, unlike a step of a pipeline.
func servesModel(pod *corev1.Pod) bool {
	return pod.Labels[inferenceLabel] != "" || pod.Labels[revisionLabel] != ""
}

// serve moves the pod of a model server on: download, load, ready.
func (k *kubelet) serve(ctx context.Context, pod *corev1.Pod, s script) (time.Duration, error) {
	if s.fate == imagePull {
		return k.start(ctx, pod, s)
	}
	way, takes, err := asked(pod)
	if err != nil {
		return 0, k.fail(ctx, pod, "BadScript", err.Error())
	}
	before := pod.Status.DeepCopy()
	if pod.Status.StartTime == nil {
		setCreating(pod)
		setDownloading(pod)
		k.machine.Eventf(pod, corev1.EventTypeNormal, "Pulled",
			"Container image %q already present on machine", pod.Spec.Containers[0].Image)
	}
	source := pod.Annotations[sourceNote]
	if status := statusOf(pod.Status.InitContainerStatuses, downloader); status != nil && way == absent {
		return k.crash(ctx, pod, status, fmt.Sprintf("RuntimeError: Failed to fetch model. No model found in %s.", source))
	}
	if pod.Status.Phase != corev1.PodRunning {
		endDownload(pod)
		setRunning(pod)
	}
	again, ready := time.Duration(0), true
	server := statusOf(pod.Status.ContainerStatuses, modelServer)
	switch left := time.Until(startedAt(pod).Add(takes)); {
	case server == nil:
	case way == corrupt:
		setConditions(pod, corev1.ConditionFalse)
		return k.crash(ctx, pod, server, fmt.Sprintf("ModelLoadError: %s: unexpected end of file", source))
	case way == hangs || way == absent:
		ready = false
	case takes > 0 && left > 0:
		again, ready = left, false
	}
	if server != nil {
		server.Ready = ready
	}
	setConditions(pod, map[bool]corev1.ConditionStatus{true: corev1.ConditionTrue, false: corev1.ConditionFalse}[ready])
	if equality.Semantic.DeepEqual(before, &pod.Status) {
		return again, nil
	}
	return again, k.write(ctx, pod)
}

// crash plays a container that ends with code 1 whenever it is started: since
// its first end it waits in CrashLoopBackOff, and longer each time.
func (k *kubelet) crash(ctx context.Context, pod *corev1.Pod, status *corev1.ContainerStatus, message string) (time.Duration, error) {
	if last := status.LastTerminationState.Terminated; last != nil {
		if left := time.Until(last.FinishedAt.Add(backOff(status.RestartCount))); left > 0 {
			return left, nil
		}
	}
	status.RestartCount++
	now := metav1.Now()
	status.LastTerminationState = corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode: 1, Reason: "Error", Message: message, StartedAt: now, FinishedAt: now, ContainerID: status.ContainerID,
	}}
	status.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
		Reason: "CrashLoopBackOff",
		Message: fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
			backOff(status.RestartCount), status.Name, pod.Name, pod.Namespace, pod.UID),
	}}
	no := false
	status.Ready, status.Started = false, &no
	if err := k.write(ctx, pod); err != nil {
		return 0, err
	}
	k.machine.Eventf(pod, corev1.EventTypeWarning, "BackOff",
		"Back-off restarting failed container %s in pod %s_%s(%s)", status.Name, pod.Name, pod.Namespace, pod.UID)
	return backOff(status.RestartCount), nil
}

// backOff is how long the kubelet waits after the n-th end.
func backOff(n int32) time.Duration {
	return min(10*time.Second<<min(max(n-1, 0), 5), 5*time.Minute)
}

// setDownloading lets the download run that setCreating takes for done.
func setDownloading(pod *corev1.Pod) {
	now := metav1.Now()
	if status := statusOf(pod.Status.InitContainerStatuses, downloader); status != nil {
		status.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
		for i := range pod.Status.ContainerStatuses {
			pod.Status.ContainerStatuses[i].State.Waiting.Reason = "PodInitializing"
		}
		for i := range pod.Status.Conditions {
			if pod.Status.Conditions[i].Type == corev1.PodInitialized {
				pod.Status.Conditions[i].Status = corev1.ConditionFalse
				pod.Status.Conditions[i].Reason = "ContainersNotInitialized"
				pod.Status.Conditions[i].Message = "containers with incomplete status: [" + downloader + "]"
			}
		}
	}
}

func endDownload(pod *corev1.Pod) {
	now := metav1.Now()
	if status := statusOf(pod.Status.InitContainerStatuses, downloader); status != nil {
		status.State = ended(&corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: now, FinishedAt: now})
		status.Ready = true
	}
}

func statusOf(all []corev1.ContainerStatus, name string) *corev1.ContainerStatus {
	for i := range all {
		if all[i].Name == name {
			return &all[i]
		}
	}
	return nil
}
