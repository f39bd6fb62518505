package main

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Annotations: what the autoscaler would come to from the requests (on a
// revision, at any time), and Knative's own limits of scale and of patience.
const (
	replicasAnnotation = prefix + "replicas"
	minScale           = "autoscaling.knative.dev/min-scale"
	maxScale           = "autoscaling.knative.dev/max-scale"
	progressDeadline   = knativeGroup + "/progress-deadline"
)

func revisionName(configuration *unstructured.Unstructured) string {
	return fmt.Sprintf("%s-%05d", configuration.GetName(), configuration.GetGeneration())
}

// revise creates the revision of the configuration's newest generation.
func (n *knative) revise(ctx context.Context, service, configuration *unstructured.Unstructured) error {
	revision := belonging("Revision", configuration)
	revision.SetName(revisionName(configuration))
	labels, _, _ := unstructured.NestedStringMap(configuration.Object, "spec", "template", "metadata", "labels")
	notes, _, _ := unstructured.NestedStringMap(configuration.Object, "spec", "template", "metadata", "annotations")
	spec, _, err := unstructured.NestedMap(configuration.Object, "spec", "template", "spec")
	if err != nil {
		return err
	}
	own := map[string]string{
		serviceLabel:                       service.GetName(),
		generationLabel:                    strconv.FormatInt(configuration.GetGeneration(), 10),
		knativeGroup + "/serviceUID":       string(service.GetUID()),
		knativeGroup + "/configuration":    configuration.GetName(),
		knativeGroup + "/configurationUID": string(configuration.GetUID()),
		knativeGroup + "/routingState":     "pending",
	}
	revision.SetLabels(merged(labels, own))
	revision.SetAnnotations(merged(notes, map[string]string{
		knativeGroup + "/creator":              "system:serviceaccount:kserve:kserve-controller-manager",
		knativeGroup + "/routingStateModified": time.Now().UTC().Format(time.RFC3339),
	}))
	revision.Object["spec"] = spec
	client := n.dynamic.Resource(revisions).Namespace(revision.GetNamespace())
	old, err := client.Get(ctx, revision.GetName(), metav1.GetOptions{})
	if err == nil {
		return ownedBy(old, configuration)
	}
	if !apierrors.IsNotFound(err) {
		return err
	}
	_, err = client.Create(ctx, revision, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func merged(all ...map[string]string) map[string]string {
	sum := map[string]string{}
	for _, one := range all {
		maps.Copy(sum, one)
	}
	return sum
}

// share is what a route gives a revision.
type share struct {
	routed  bool
	percent int64
}

// turn brings one revision up to date: its routing state, its Deployment, its
// status.
func (n *knative) turn(ctx context.Context, revision *unstructured.Unstructured, latest bool, s share) (*unstructured.Unstructured, time.Duration, error) {
	revision, err := n.markRouting(ctx, revision, s)
	if err != nil {
		return nil, 0, err
	}
	wanted := scale(revision, latest, s)
	deployment, err := n.deploy(ctx, revision, wanted)
	if err != nil {
		return nil, 0, err
	}
	pods, err := n.typed.CoreV1().Pods(revision.GetNamespace()).
		List(ctx, metav1.ListOptions{LabelSelector: revisionLabel + "=" + revision.GetName()})
	if err != nil {
		return nil, 0, err
	}
	health, again := healthOf(revision, deployment, pods.Items, wanted)
	status := map[string]any{
		"actualReplicas": int64(deployment.Status.ReadyReplicas), "desiredReplicas": int64(wanted),
		"containerStatuses": images(revision),
	}
	err = n.writeStatus(ctx, revisions, revision, status, health.active, health.container, health.resources,
		overall("Ready", health.container, health.resources))
	return revision, again, err
}

func (n *knative) markRouting(ctx context.Context, revision *unstructured.Unstructured, s share) (*unstructured.Unstructured, error) {
	labels, state := revision.GetLabels(), "reserve"
	if s.routed {
		state = "active"
	} else if labels[knativeGroup+"/routingState"] == "pending" {
		state = "pending" // not routed yet
	}
	if labels[knativeGroup+"/routingState"] == state {
		return revision, nil
	}
	revision.SetLabels(merged(labels, map[string]string{knativeGroup + "/routingState": state}))
	revision.SetAnnotations(merged(revision.GetAnnotations(), map[string]string{
		knativeGroup + "/routingStateModified": time.Now().UTC().Format(time.RFC3339),
	}))
	return n.dynamic.Resource(revisions).Namespace(revision.GetNamespace()).Update(ctx, revision, metav1.UpdateOptions{})
}

// scale is how many replicas the autoscaler wants. A revision that no route
// names goes to zero whatever its min-scale says, once it was ready.
func scale(revision *unstructured.Unstructured, latest bool, s share) int32 {
	notes := revision.GetAnnotations()
	least, most := count(notes[minScale], 0), count(notes[maxScale], 0)
	wanted := int32(0)
	if s.percent > 0 {
		wanted = 1
	}
	wanted = count(notes[replicasAnnotation], wanted)
	switch {
	case conditionIn(revision, "Ready").status != "True":
		if !latest && !s.routed {
			return 0
		}
		return max(least, 1)
	case !s.routed:
		return 0
	case most > 0:
		return min(max(wanted, least), most)
	default:
		return max(wanted, least)
	}
}

func count(text string, otherwise int32) int32 {
	if n, err := strconv.ParseInt(text, 10, 32); err == nil {
		return int32(n)
	}
	return otherwise
}

// deploy keeps the Deployment of a revision, with Knative's own container
// beside the model server.
func (n *knative) deploy(ctx context.Context, revision *unstructured.Unstructured, wanted int32) (*appsv1.Deployment, error) {
	client := n.typed.AppsV1().Deployments(revision.GetNamespace())
	name := revision.GetName() + "-deployment"
	old, err := client.Get(ctx, name, metav1.GetOptions{})
	if err == nil {
		if *old.Spec.Replicas == wanted {
			return old, nil
		}
		old.Spec.Replicas = &wanted
		return client.Update(ctx, old, metav1.UpdateOptions{})
	}
	if !apierrors.IsNotFound(err) {
		return nil, err
	}
	spec, _, err := unstructured.NestedMap(revision.Object, "spec")
	if err != nil {
		return nil, err
	}
	var pod corev1.PodSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(spec, &pod); err != nil {
		return nil, err
	}
	pod.Containers = append(pod.Containers, corev1.Container{Name: "queue-proxy", Image: "knative.dev/serving/queue:rig"})
	labels := merged(revision.GetLabels(), map[string]string{revisionLabel: revision.GetName(), "app": revision.GetName()})
	delete(labels, knativeGroup+"/routingState")
	owner := belonging("Deployment", revision)
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: revision.GetNamespace(), Labels: labels, OwnerReferences: owner.GetOwnerReferences(),
		},
		Spec: appsv1.DeploymentSpec{
			Replicas: &wanted,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{revisionLabel: revision.GetName()}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: revision.GetAnnotations()}, Spec: pod,
			},
		},
	}
	return client.Create(ctx, deployment, metav1.CreateOptions{})
}

// images names what the containers of a revision were resolved to.
func images(revision *unstructured.Unstructured) []any {
	containers, _, _ := unstructured.NestedSlice(revision.Object, "spec", "containers")
	var all []any
	for _, one := range containers {
		if c, ok := one.(map[string]any); ok {
			all = append(all, map[string]any{"name": c["name"], "imageDigest": c["image"]})
		}
	}
	return all
}
