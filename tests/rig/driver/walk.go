package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

// step moves one pod on by at most one transition and says when to look again
// (0: when the pod changes).
func (k *kubelet) step(ctx context.Context, key cache.ObjectName) (time.Duration, error) {
	cached, err := k.pods.Pods(key.Namespace).Get(key.Name)
	if err != nil {
		return 0, err
	}
	pod := cached.DeepCopy()
	if pod.DeletionTimestamp != nil {
		return 0, k.remove(ctx, pod)
	}
	if finished(pod) {
		return 0, nil
	}
	s, err := readScript(pod, k.failures.of(pod))
	if err != nil {
		return 0, k.fail(ctx, pod, "BadScript", err.Error())
	}
	switch {
	case pod.Spec.NodeName == "":
		return 0, k.schedule(ctx, pod, s)
	case overdue(pod) <= 0:
		return 0, k.fail(ctx, pod, "DeadlineExceeded", "Pod was active on the node longer than the specified deadline")
	case servesModel(pod):
		return k.serve(ctx, pod, s)
	case pod.Status.Phase == corev1.PodRunning:
		return k.run(ctx, pod, s)
	default:
		return k.start(ctx, pod, s)
	}
}

// overdue is the time left until spec.activeDeadlineSeconds strikes.
func overdue(pod *corev1.Pod) time.Duration {
	if pod.Spec.ActiveDeadlineSeconds == nil || pod.Status.StartTime == nil {
		return time.Hour
	}
	limit := time.Duration(*pod.Spec.ActiveDeadlineSeconds) * time.Second
	return time.Until(pod.Status.StartTime.Add(limit))
}

// start takes a bound pod to Running, by way of the image pull.
func (k *kubelet) start(ctx context.Context, pod *corev1.Pod, s script) (time.Duration, error) {
	main := mainContainer(pod)
	if pod.Status.StartTime == nil {
		k.machine.Eventf(pod, corev1.EventTypeNormal, "Pulling", "Pulling image %q", main.Image)
		if s.fate == imagePull || s.pullTime > 0 {
			setCreating(pod)
			return 0, k.write(ctx, pod)
		}
		setCreating(pod)
	}
	if s.fate == imagePull {
		return k.backOff(ctx, pod, s)
	}
	if left := time.Until(pod.Status.StartTime.Add(s.pullTime)); left > 0 && s.pullTime > 0 {
		return left, nil
	}
	setRunning(pod)
	if err := k.write(ctx, pod); err != nil {
		return 0, err
	}
	k.machine.Eventf(pod, corev1.EventTypeNormal, "Pulled",
		"Successfully pulled image %q in %s", main.Image, s.pullTime+time.Millisecond)
	k.machine.Eventf(pod, corev1.EventTypeNormal, "Created", "Created container: %s", main.Name)
	k.machine.Eventf(pod, corev1.EventTypeNormal, "Started", "Started container %s", main.Name)
	return 0, k.openResult(ctx, pod, s)
}

// backOff plays an image that cannot be pulled: ErrImagePull, then
// ImagePullBackOff until someone gives up.
func (k *kubelet) backOff(ctx context.Context, pod *corev1.Pod, s script) (time.Duration, error) {
	main := mainContainer(pod)
	cause := s.message
	if cause == "" {
		cause = fmt.Sprintf("rpc error: code = NotFound desc = failed to pull and unpack image %q: "+
			"failed to resolve reference %[1]q: %[1]s: not found", main.Image)
	}
	pulling := waitingReason(pod, main.Name)
	switch pulling {
	case "ImagePullBackOff":
		return min(overdue(pod), time.Minute), nil
	case "ErrImagePull":
		setWaiting(pod, main.Name, "ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q: ErrImagePull: %s", main.Image, cause))
		k.machine.Eventf(pod, corev1.EventTypeNormal, "BackOff", "Back-off pulling image %q", main.Image)
		k.machine.Event(pod, corev1.EventTypeWarning, "Failed", "Error: ImagePullBackOff")
	default:
		setWaiting(pod, main.Name, "ErrImagePull", cause)
		k.machine.Eventf(pod, corev1.EventTypeWarning, "Failed", "Failed to pull image %q: %s", main.Image, cause)
		k.machine.Event(pod, corev1.EventTypeWarning, "Failed", "Error: ErrImagePull")
	}
	return 0, k.write(ctx, pod)
}

// run waits for the pod's run time and gives it the end its script asks for.
func (k *kubelet) run(ctx context.Context, pod *corev1.Pod, s script) (time.Duration, error) {
	started := startedAt(pod)
	if deadline, ok := executorDeadline(pod); ok && time.Now().After(deadline) {
		return 0, k.finish(ctx, pod, script{fate: fail, exitCode: 143, reason: "Error"})
	}
	if left := time.Until(started.Add(s.runTime)); left > 0 && s.runTime > 0 {
		if deadline, ok := executorDeadline(pod); ok {
			left = min(left, time.Until(deadline))
		}
		return max(min(left, overdue(pod)), time.Millisecond), nil
	}
	switch s.fate {
	case evicted:
		return 0, k.evict(ctx, pod, s)
	case nodeLost:
		return 0, k.loseNode(ctx, pod)
	case deleted:
		return 0, k.forceDelete(ctx, pod)
	default:
		return 0, k.finish(ctx, pod, s)
	}
}

// finish ends the main container and lets the wait container report.
func (k *kubelet) finish(ctx context.Context, pod *corev1.Pod, s script) error {
	failure, err := k.closeResult(ctx, pod, s)
	if err != nil {
		return err
	}
	main := terminated(pod, 0, "Completed", "")
	if s.fate != succeed {
		main = terminated(pod, s.exitCode, s.reason, s.message)
	}
	wait := terminated(pod, 0, "Completed", "")
	if failure != "" {
		wait = terminated(pod, 1, "Error", failure)
	}
	setEnded(pod, main, wait)
	if err := k.write(ctx, pod); err != nil {
		return err
	}
	if s.fate != succeed {
		k.failures.add(pod)
	}
	if s.fate == oom {
		k.machine.Eventf(pod, corev1.EventTypeWarning, "OOMKilling",
			"Memory cgroup out of memory: Killed process in container %s", mainContainer(pod).Name)
	}
	return nil
}

// evict plays node pressure: main is killed, the wait container still marks its
// result complete. (Were it killed first, the controller would leave the run in
// Running until something else makes it look again.)
func (k *kubelet) evict(ctx context.Context, pod *corev1.Pod, s script) error {
	message := s.message
	if message == "" {
		message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 61568Ki. " +
			"Container main was using 78211404Ki, request is 64Gi, has larger consumption of memory. "
	}
	if _, err := k.closeResult(ctx, pod, script{fate: fail}); err != nil {
		return err
	}
	setEnded(pod, terminated(pod, 137, "Error", ""), terminated(pod, 143, "Error", ""))
	disrupted(pod, "TerminationByKubelet", message)
	k.machine.Event(pod, corev1.EventTypeWarning, "Evicted", message)
	return k.fail(ctx, pod, "Evicted", message)
}

// loseNode plays what the pod garbage collector does once a node is gone.
func (k *kubelet) loseNode(ctx context.Context, pod *corev1.Pod) error {
	disrupted(pod, "DeletionByPodGC", "PodGC: node no longer exists")
	pod.Status.Phase = corev1.PodFailed
	if err := k.write(ctx, pod); err != nil {
		return err
	}
	k.machine.Eventf(pod, corev1.EventTypeWarning, "NodeNotReady", "Node %s is not ready", pod.Spec.NodeName)
	return k.deleteNow(ctx, pod)
}

// forceDelete plays someone who deletes the pod by force, finalizers and all.
// The wait container still gets its SIGTERM and marks its result complete; if
// it did not, the controller would start the step again.
func (k *kubelet) forceDelete(ctx context.Context, pod *corev1.Pod) error {
	if _, err := k.closeResult(ctx, pod, script{fate: fail}); err != nil {
		return err
	}
	pod.Finalizers = nil
	changed, err := k.typed.CoreV1().Pods(pod.Namespace).Update(ctx, pod, metav1.UpdateOptions{})
	if err != nil {
		return err
	}
	return k.deleteNow(ctx, changed)
}

// remove ends the containers of a pod being deleted and lets the API server
// drop it; finalizers keep it there until their owner agrees.
func (k *kubelet) remove(ctx context.Context, pod *corev1.Pod) error {
	if pod.Spec.NodeName != "" && !finished(pod) {
		if _, err := k.closeResult(ctx, pod, script{fate: fail}); err != nil {
			return err
		}
		setEnded(pod, terminated(pod, 143, "Error", ""), terminated(pod, 143, "Error", ""))
		k.machine.Eventf(pod, corev1.EventTypeNormal, "Killing", "Stopping container %s", mainContainer(pod).Name)
		return k.write(ctx, pod)
	}
	if pod.DeletionGracePeriodSeconds != nil && *pod.DeletionGracePeriodSeconds == 0 {
		return nil
	}
	return k.deleteNow(ctx, pod)
}

func (k *kubelet) deleteNow(ctx context.Context, pod *corev1.Pod) error {
	now := int64(0)
	return k.typed.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &now, Preconditions: metav1.NewUIDPreconditions(string(pod.UID)),
	})
}

// fail ends a pod as the kubelet itself does it, with reason and message on
// the pod and not on a container.
func (k *kubelet) fail(ctx context.Context, pod *corev1.Pod, reason, message string) error {
	pod.Status.Phase, pod.Status.Reason, pod.Status.Message = corev1.PodFailed, reason, message
	if reason == "DeadlineExceeded" {
		end := terminated(pod, 143, "Error", "")
		setEnded(pod, end, end)
		if _, err := k.closeResult(ctx, pod, script{fate: fail}); err != nil {
			return err
		}
	}
	if pod.Status.StartTime == nil {
		now := metav1.Now()
		pod.Status.StartTime = &now
	}
	return k.write(ctx, pod)
}

func (k *kubelet) write(ctx context.Context, pod *corev1.Pod) error {
	changed, err := k.typed.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	if err == nil {
		pod.ResourceVersion = changed.ResourceVersion
	}
	return err
}
