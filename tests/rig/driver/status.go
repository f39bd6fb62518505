package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const waitContainer = "wait"

// mainContainer is the user's container: the first that is not Argo's own.
func mainContainer(pod *corev1.Pod) corev1.Container {
	for _, c := range pod.Spec.Containers {
		if c.Name != waitContainer {
			return c
		}
	}
	return pod.Spec.Containers[0]
}

// setCreating is the status of a pod the kubelet has just taken on.
func setCreating(pod *corev1.Pod) {
	now := metav1.Now()
	pod.Status.Phase = corev1.PodPending
	pod.Status.StartTime = &now
	pod.Status.HostIP = "127.0.0.1"
	setConditions(pod, corev1.ConditionFalse)
	waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}
	pod.Status.InitContainerStatuses = statuses(pod, pod.Spec.InitContainers, func(string) corev1.ContainerState {
		return ended(&corev1.ContainerStateTerminated{Reason: "Completed", StartedAt: now, FinishedAt: now})
	})
	pod.Status.ContainerStatuses = statuses(pod, pod.Spec.Containers, func(string) corev1.ContainerState { return waiting })
}

// setWaiting lets one container wait; the others got their images and run.
func setWaiting(pod *corev1.Pod, container, reason, message string) {
	now := metav1.Now()
	pod.Status.ContainerStatuses = statuses(pod, pod.Spec.Containers, func(name string) corev1.ContainerState {
		if name == container {
			return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
		}
		return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
	})
}

func waitingReason(pod *corev1.Pod, container string) string {
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name == container && c.State.Waiting != nil {
			return c.State.Waiting.Reason
		}
	}
	return ""
}

func setRunning(pod *corev1.Pod) {
	now := metav1.Now()
	pod.Status.Phase = corev1.PodRunning
	pod.Status.PodIP = podIP(pod)
	pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
	setConditions(pod, corev1.ConditionTrue)
	pod.Status.ContainerStatuses = statuses(pod, pod.Spec.Containers, func(string) corev1.ContainerState {
		return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
	})
}

// setEnded gives the wait container its own end and all others that of main.
func setEnded(pod *corev1.Pod, main, wait *corev1.ContainerStateTerminated) {
	if main.ExitCode == 0 && wait.ExitCode == 0 {
		pod.Status.Phase = corev1.PodSucceeded
	} else {
		pod.Status.Phase = corev1.PodFailed
	}
	setConditions(pod, corev1.ConditionFalse)
	pod.Status.ContainerStatuses = statuses(pod, pod.Spec.Containers, func(name string) corev1.ContainerState {
		if name == waitContainer {
			return ended(wait)
		}
		return ended(main)
	})
}

func terminated(pod *corev1.Pod, code int32, reason, message string) *corev1.ContainerStateTerminated {
	return &corev1.ContainerStateTerminated{
		ExitCode: code, Reason: reason, Message: message,
		StartedAt: metav1.NewTime(startedAt(pod)), FinishedAt: metav1.Now(),
	}
}

func ended(t *corev1.ContainerStateTerminated) corev1.ContainerState {
	return corev1.ContainerState{Terminated: t}
}

// statuses come in the order of the names, as the kubelet writes them; Argo
// takes its message from the first container that waits.
func statuses(pod *corev1.Pod, containers []corev1.Container, state func(name string) corev1.ContainerState) []corev1.ContainerStatus {
	var all []corev1.ContainerStatus
	byName := slices.SortedFunc(slices.Values(containers), func(a, b corev1.Container) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range byName {
		s := state(c.Name)
		id := fmt.Sprintf("containerd://%s-%s", pod.UID, c.Name)
		image := c.Image
		switch {
		case s.Terminated != nil:
			end := *s.Terminated
			end.ContainerID = id
			s.Terminated = &end
		case s.Waiting != nil:
			id, image = "", ""
		}
		started := s.Running != nil
		all = append(all, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, ImageID: image, ContainerID: id,
			State: s, Ready: started, Started: &started,
		})
	}
	return all
}

func setConditions(pod *corev1.Pod, ready corev1.ConditionStatus) {
	now := metav1.Now()
	want := []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
		{Type: corev1.PodInitialized, Status: corev1.ConditionTrue},
		{Type: corev1.ContainersReady, Status: ready},
		{Type: corev1.PodReady, Status: ready},
	}
	for i := range want {
		want[i].LastTransitionTime = now
		for _, old := range pod.Status.Conditions {
			if old.Type == want[i].Type && old.Status == want[i].Status {
				want[i].LastTransitionTime = old.LastTransitionTime
			}
		}
	}
	pod.Status.Conditions = want
}

// disrupted adds the condition that tells why a pod was taken away.
func disrupted(pod *corev1.Pod, reason, message string) {
	pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
		Reason: reason, Message: message, LastTransitionTime: metav1.Now(),
	})
}

func startedAt(pod *corev1.Pod) time.Time {
	for _, c := range pod.Status.ContainerStatuses {
		if c.State.Running != nil {
			return c.State.Running.StartedAt.Time
		}
	}
	if pod.Status.StartTime != nil {
		return pod.Status.StartTime.Time
	}
	return time.Now()
}

// podIP is the one that the pod asks for, else an address of 10.244.0.0/16 from
// the pod's uid.
func podIP(pod *corev1.Pod) string {
	if asked := pod.Annotations[prefix+"pod-ip"]; asked != "" {
		return asked
	}
	var sum uint32
	for _, b := range []byte(pod.UID) {
		sum = sum*31 + uint32(b)
	}
	return fmt.Sprintf("10.244.%d.%d", sum>>8&0xff, sum&0xff)
}
