package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	notebooks    = kubeflow("v1", "notebooks")
	profiles     = kubeflow("v1", "profiles")
	coreQuotas   = schema.GroupVersionResource{Version: "v1", Resource: "resourcequotas"}
	corePods     = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	namespaces   = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	statefulSets = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "statefulsets"}
)

// platform plays the controllers of KubeRay, of Kubeflow's notebooks and of its profiles.
type platform struct{ *player }

func runPlatform(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("platform", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "platform")
	if err != nil {
		return err
	}
	p := &platform{newPlayer(a)}
	p.step = p.act
	return p.run(ctx, 4,
		source{rayJobs, "", itself("rayjob")},
		source{rayClusters, "", itself("raycluster")},
		source{rayClusters, "", ownerTask("RayJob", "rayjob")},
		source{rayClusters, "", ownerTask("RayService", "rayservice")},
		source{rayServices, "", itself("rayservice")},
		source{jobs, rayOrigin, labelled("rayjob", rayOrigin)},
		source{corePods, rayCluster, labelled("raycluster", rayCluster)},
		source{notebooks, "", itself("notebook")},
		source{statefulSets, notebookLabel, labelled("notebook", notebookLabel)},
		source{corePods, notebookLabel, labelled("notebook", notebookLabel)},
		source{profiles, "", itself("profile")},
		source{coreQuotas, "", profileTask},
	)
}

// ownerTask makes the task of an owner of some kind.
func ownerTask(kind, as string) func(*unstructured.Unstructured) []task {
	return func(o *unstructured.Unstructured) []task {
		for _, owner := range o.GetOwnerReferences() {
			if owner.Kind == kind {
				return []task{{as, o.GetNamespace(), owner.Name}}
			}
		}
		return nil
	}
}

func (p *platform) act(ctx context.Context, next task) (time.Duration, error) {
	switch next.kind {
	case "rayjob":
		return p.rayJob(ctx, next)
	case "raycluster":
		return 0, p.rayCluster(ctx, next)
	case "rayservice":
		return 0, p.rayService(ctx, next)
	case "notebook":
		return 0, p.notebook(ctx, next)
	case "profile":
		return 0, p.profile(ctx, next)
	}
	return 0, fmt.Errorf("nobody plays this kind")
}

// Notebooks.

const (
	notebookLabel = "notebook-name"
	stoppedNote   = "kubeflow-resource-stopped"
)

// notebook keeps the stateful set of a notebook: none of its pods runs once it is annotated as stopped.
func (p *platform) notebook(ctx context.Context, next task) error {
	o, err := p.get(ctx, notebooks, next.namespace, next.name)
	if err != nil || o == nil || o.GetDeletionTimestamp() != nil {
		return err
	}
	set, err := p.get(ctx, statefulSets, next.namespace, next.name)
	if err != nil {
		return err
	}
	replicas := int64(1)
	if _, stopped := o.GetAnnotations()[stoppedNote]; stopped {
		replicas = 0
	}
	if set == nil {
		return p.create(ctx, notebookSet(o, replicas))
	}
	if whole(set, 1, "spec", "replicas") != replicas {
		_ = unstructured.SetNestedField(set.Object, replicas, "spec", "replicas")
		if err := p.update(ctx, statefulSets, set); err != nil {
			return err
		}
	}
	pod, err := p.get(ctx, corePods, next.namespace, next.name+"-0")
	if err != nil {
		return err
	}
	status := map[string]any{"readyReplicas": whole(set, 0, "status", "readyReplicas"), "containerState": map[string]any{}}
	if pod != nil {
		for _, container := range rows(pod.Object, "status", "containerStatuses") {
			status["containerState"] = container["state"]
		}
		status["conditions"] = anys(rows(pod.Object, "status", "conditions"))
	}
	return p.state(ctx, notebooks, o, status)
}

func notebookSet(o *unstructured.Unstructured, replicas int64) *unstructured.Unstructured {
	template := tree(o, "spec", "template")
	labels := map[string]string{"statefulset": o.GetName(), notebookLabel: o.GetName()}
	marked(map[string]any{"template": template}, added(o.GetLabels(), labels), map[string]string{prefix + "run-time": "8760h"})
	set := made("apps/v1", "StatefulSet", o.GetName(), o)
	set.SetLabels(map[string]string{notebookLabel: o.GetName()})
	set.Object["spec"] = map[string]any{
		"replicas": replicas, "serviceName": o.GetName(), "template": template,
		"selector": map[string]any{"matchLabels": map[string]any{"statefulset": o.GetName()}},
	}
	return set
}

// Profiles.

const (
	profileQuota     = "kf-resource-quota"
	profileFinalizer = "profile-finalizer"
)

func profileTask(o *unstructured.Unstructured) []task {
	if o.GetName() == profileQuota {
		return []task{{kind: "profile", name: o.GetNamespace()}}
	}
	return nil
}

// profile keeps a namespace with its quota: whoever edits the quota itself sees it go back.
func (p *platform) profile(ctx context.Context, next task) error {
	o, err := p.get(ctx, profiles, "", next.name)
	if err != nil || o == nil {
		return err
	}
	if o.GetDeletionTimestamp() != nil {
		if err := p.remove(ctx, namespaces, "", o.GetName()); err != nil {
			return err
		}
		return p.drop(ctx, profiles, o, profileFinalizer)
	}
	if !slices.Contains(o.GetFinalizers(), profileFinalizer) {
		o.SetFinalizers(append(o.GetFinalizers(), profileFinalizer))
		return p.update(ctx, profiles, o)
	}
	if err := p.home(ctx, o); err != nil {
		return err
	}
	if err := p.quota(ctx, o); err != nil {
		return err
	}
	return p.state(ctx, profiles, o, map[string]any{"conditions": []any{map[string]any{"type": "Successful", "status": "True", "message": ""}}})
}

// home is the namespace of a profile; one that was there before is taken over, as its own labels say.
func (p *platform) home(ctx context.Context, o *unstructured.Unstructured) error {
	namespace, err := p.get(ctx, namespaces, "", o.GetName())
	if err != nil {
		return err
	}
	owner := map[string]string{"owner": text(o, "spec", "owner", "name")}
	marks := map[string]string{"app.kubernetes.io/part-of": "kubeflow-profile"}
	if namespace == nil {
		namespace = made("v1", "Namespace", o.GetName(), nil)
		namespace.SetAnnotations(owner)
		namespace.SetLabels(marks)
		if err := p.create(ctx, namespace); err != nil {
			return err
		}
	} else if namespace.GetAnnotations()["owner"] != owner["owner"] {
		namespace.SetAnnotations(added(namespace.GetAnnotations(), owner))
		namespace.SetLabels(added(namespace.GetLabels(), marks))
		if err := p.update(ctx, namespaces, namespace); err != nil {
			return err
		}
	}
	for _, name := range []string{"default-editor", "default-viewer"} {
		account := made("v1", "ServiceAccount", name, nil)
		account.SetNamespace(o.GetName())
		if err := p.create(ctx, account); err != nil {
			return err
		}
	}
	return nil
}

// quota applies the quota again, or takes it away where the profile has none.
func (p *platform) quota(ctx context.Context, o *unstructured.Unstructured) error {
	spec := tree(o, "spec", "resourceQuotaSpec")
	there, err := p.get(ctx, coreQuotas, o.GetName(), profileQuota)
	if err != nil {
		return err
	}
	if hard, ok := spec["hard"].(map[string]any); !ok || len(hard) == 0 {
		if there == nil {
			return nil
		}
		return p.remove(ctx, coreQuotas, o.GetName(), profileQuota)
	}
	if there == nil {
		quota := made("v1", "ResourceQuota", profileQuota, nil)
		quota.SetNamespace(o.GetName())
		adopt(quota, o)
		quota.Object["spec"] = spec
		return p.create(ctx, quota)
	}
	if same(tree(there, "spec"), spec) {
		return nil
	}
	there.Object["spec"] = spec
	return p.update(ctx, coreQuotas, there)
}
