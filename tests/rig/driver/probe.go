package main

import (
	"context"
	"errors"
	"flag"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/wait"
)

// runProbe runs one workflow of one pod to its end: only when the controller,
// the scheduler and the kubelet all answer does it succeed.
func runProbe(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("probe", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	instance := flags.String("instance", "", "instance id of the controller to try")
	knative := flags.Bool("knative", false, "try Knative with a service of one revision instead")
	limit := flags.Duration("timeout", time.Minute, "give up after")
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "probe")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	if *knative {
		return a.probeKnative(ctx)
	}
	w, err := watchWorkflows(ctx, a)
	if err != nil {
		return err
	}
	o := probeWorkflow(*instance)
	if err := a.apply(ctx, o); err != nil {
		return err
	}
	failure := w.until(ctx, o.GetNamespace(), o.GetName())
	background := metav1.DeletePropagationBackground
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(failure, a.dynamic.Resource(workflows).Namespace(o.GetNamespace()).
		Delete(ctx, o.GetName(), metav1.DeleteOptions{PropagationPolicy: &background}))
}

func probeWorkflow(instance string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
		"spec": map[string]any{
			"entrypoint": "probe",
			"templates": []any{map[string]any{
				"name": "probe", "container": map[string]any{"image": "probe", "command": []any{"true"}},
			}},
		},
	}}
	o.SetNamespace("argo")
	// A name of its own each time: the pod of an earlier probe may still be there.
	o.SetName("rig-probe-" + rand.String(8))
	o.SetAnnotations(map[string]string{expectPhase: "Succeeded"})
	if instance != "" {
		o.SetLabels(map[string]string{instanceLabel: instance})
	}
	return o
}

// probeKnative makes a service and waits for its first revision: Knative, the
// controller-manager and the kubelet all answer then.
func (a *access) probeKnative(ctx context.Context) error {
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": knativeGroup + "/v1", "kind": "Service",
		"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
			"containers": []any{map[string]any{"name": "probe", "image": "probe"}},
		}}},
	}}
	o.SetNamespace("knative-serving")
	o.SetName("rig-probe-" + rand.String(8))
	if err := a.apply(ctx, o); err != nil {
		return err
	}
	client := a.dynamic.Resource(knServices).Namespace(o.GetNamespace())
	failure := wait.PollUntilContextCancel(ctx, pollEvery, true, func(ctx context.Context) (bool, error) {
		now, err := client.Get(ctx, o.GetName(), metav1.GetOptions{})
		return err == nil && conditionIn(now, "Ready").status == "True", err
	})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(failure, client.Delete(ctx, o.GetName(), metav1.DeleteOptions{}))
}
