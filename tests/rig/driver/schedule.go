package main

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

// schedule binds a pod to a node it fits on, or says like the scheduler why
// there is none.
func (k *kubelet) schedule(ctx context.Context, pod *corev1.Pod, s script) error {
	if s.fate == stuck || len(pod.Spec.SchedulingGates) > 0 {
		return nil
	}
	k.binding.Lock()
	defer k.binding.Unlock()
	if _, bound := k.assumed.Load(pod.UID); bound {
		return nil
	}
	node, why, err := k.pick(pod)
	if err != nil {
		return err
	}
	if s.fate == unschedulable {
		node, why = "", s.message
		if why == "" {
			why = fmt.Sprintf("0/%d nodes are available: %[1]d Insufficient nvidia.com/gpu. "+
				"preemption: 0/%[1]d nodes are available: %[1]d No preemption victims found for incoming pod.", k.nodeCount())
		}
	}
	if node == "" {
		return k.refuse(ctx, pod, why)
	}
	err = k.typed.CoreV1().Pods(pod.Namespace).Bind(ctx, &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: node},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	k.assumed.Store(pod.UID, assumption{node, requests(pod)})
	k.scheduler.Eventf(pod, corev1.EventTypeNormal, "Scheduled",
		"Successfully assigned %s/%s to %s", pod.Namespace, pod.Name, node)
	return nil
}

// assumption is a binding that the informer has not shown yet.
type assumption struct {
	node string
	need corev1.ResourceList
}

func (k *kubelet) nodeCount() int {
	nodes, err := k.nodes.List(labels.Everything())
	if err != nil {
		return 0
	}
	return len(nodes)
}

// refuse writes what the scheduler writes on a pod that fits nowhere.
func (k *kubelet) refuse(ctx context.Context, pod *corev1.Pod, why string) error {
	k.scheduler.Event(pod, corev1.EventTypeWarning, "FailedScheduling", why)
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Message == why {
			return nil
		}
	}
	changed := pod.DeepCopy()
	changed.Status.Phase = corev1.PodPending
	changed.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse,
		Reason: corev1.PodReasonUnschedulable, Message: why, LastTransitionTime: metav1.Now(),
	}}
	_, err := k.typed.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, changed, metav1.UpdateOptions{})
	return err
}

// pick gives the fitting node with the fewest free GPUs left over, or the
// scheduler's message with the counts per reason.
func (k *kubelet) pick(pod *corev1.Pod) (string, string, error) {
	nodes, err := k.nodes.List(labels.Everything())
	if err != nil {
		return "", "", err
	}
	sort.Slice(nodes, func(i, j int) bool { return nodes[i].Name < nodes[j].Name })
	used, err := k.usage()
	if err != nil {
		return "", "", err
	}
	need, best, bestCount := requests(pod), "", 0
	reasons := map[string]int{}
	for _, node := range nodes {
		if short := unfit(node, pod, need, used[node.Name]); len(short) > 0 {
			for _, reason := range short {
				reasons[reason]++
			}
			continue
		}
		if best == "" || used.count(node.Name) < bestCount {
			best, bestCount = node.Name, used.count(node.Name)
		}
	}
	if best != "" {
		return best, "", nil
	}
	var counts []string
	for reason, n := range reasons {
		counts = append(counts, fmt.Sprintf("%d %s", n, reason))
	}
	sort.Strings(counts)
	return "", fmt.Sprintf("0/%d nodes are available: %s.", len(nodes), strings.Join(counts, ", ")), nil
}

// unfit names, in the scheduler's words, what keeps a pod off a node.
func unfit(node *corev1.Node, pod *corev1.Pod, need, used corev1.ResourceList) []string {
	if node.Spec.Unschedulable {
		return []string{"node(s) were unschedulable"}
	}
	for _, taint := range node.Spec.Taints {
		if taint.Effect != corev1.TaintEffectPreferNoSchedule && !tolerated(pod, taint) {
			return []string{fmt.Sprintf("node(s) had untolerated taint {%s: %s}", taint.Key, taint.Value)}
		}
	}
	if !labels.SelectorFromSet(pod.Spec.NodeSelector).Matches(labels.Set(node.Labels)) {
		return []string{"node(s) didn't match Pod's node affinity/selector"}
	}
	var short []string
	for name, amount := range need {
		left := node.Status.Allocatable[name]
		left.Sub(used[name])
		if left.Cmp(amount) < 0 {
			short = append(short, "Insufficient "+string(name))
		}
	}
	return short
}

func tolerated(pod *corev1.Pod, taint corev1.Taint) bool {
	for _, t := range pod.Spec.Tolerations {
		sameKey := t.Key == "" || t.Key == taint.Key
		sameEffect := t.Effect == "" || t.Effect == taint.Effect
		sameValue := t.Operator == corev1.TolerationOpExists || t.Value == taint.Value
		if sameKey && sameEffect && sameValue {
			return true
		}
	}
	return false
}

// usage is what running pods hold, per node; "pods" counts them.
type usage map[string]corev1.ResourceList

func (u usage) add(node string, need corev1.ResourceList) {
	if u[node] == nil {
		u[node] = corev1.ResourceList{}
	}
	for name, amount := range need {
		sum := u[node][name]
		sum.Add(amount)
		u[node][name] = sum
	}
}

func (u usage) count(node string) int {
	pods := u[node][corev1.ResourcePods]
	return int(pods.Value())
}

func (k *kubelet) usage() (usage, error) {
	pods, err := k.pods.List(labels.Everything())
	if err != nil {
		return nil, err
	}
	sum := usage{}
	seen := map[types.UID]bool{}
	for _, pod := range pods {
		if pod.Spec.NodeName != "" {
			seen[pod.UID] = true
		}
		if pod.Spec.NodeName != "" && !finished(pod) {
			sum.add(pod.Spec.NodeName, requests(pod))
		}
	}
	k.assumed.Range(func(uid, value any) bool {
		held, isAssumption := value.(assumption)
		key, isUID := uid.(types.UID)
		if isAssumption && isUID && !seen[key] {
			sum.add(held.node, held.need)
		}
		return true
	})
	return sum, nil
}

func requests(pod *corev1.Pod) corev1.ResourceList {
	sum := usage{}
	sum.add("", corev1.ResourceList{corev1.ResourcePods: resource.MustParse("1")})
	for _, c := range pod.Spec.Containers {
		sum.add("", c.Resources.Requests)
	}
	return sum[""]
}

// retryWaiting looks again at pods that fitted nowhere: something became free.
func (k *kubelet) retryWaiting() {
	pods, err := k.pods.List(labels.Everything())
	if err != nil {
		return
	}
	for _, pod := range pods {
		if pod.Spec.NodeName == "" && len(pod.Status.Conditions) > 0 {
			// A little later, so that a burst of finishing pods costs one look.
			k.queue.AddAfter(cache.ObjectName{Namespace: pod.Namespace, Name: pod.Name}, 200*time.Millisecond)
		}
	}
}

// retryIfFreed does so when a node was uncordoned, untainted or has more to give.
func (k *kubelet) retryIfFreed(before, after any) {
	old, ok := before.(*corev1.Node)
	now, alsoOK := after.(*corev1.Node)
	if ok && alsoOK && !(equality.Semantic.DeepEqual(old.Spec, now.Spec) &&
		equality.Semantic.DeepEqual(old.Status.Allocatable, now.Status.Allocatable)) {
		k.retryWaiting()
	}
}
