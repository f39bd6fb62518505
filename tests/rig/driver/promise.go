package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
)

var (
	jobSets   = schema.GroupVersionResource{Group: "jobset.x-k8s.io", Version: "v1alpha2", Resource: "jobsets"}
	trainJobs = schema.GroupVersionResource{Group: "trainer.kubeflow.org", Version: "v1alpha1", Resource: "trainjobs"}
)

var inferenceServices = schema.GroupVersionResource{
	Group: "serving.kserve.io", Version: "v1beta1", Resource: "inferenceservices",
}

// told is what an inference service says of itself, in the words of a sample's
// `expect`: `ready=True target=Loaded traffic=00002:10,00001:90`.
func told(o *unstructured.Unstructured) map[string]string {
	text := func(path ...string) string {
		value, _, _ := unstructured.NestedString(o.Object, append([]string{"status"}, path...)...)
		return value
	}
	revision := func(field string) string { return number5(text("components", "predictor", field)) }
	all := map[string]string{
		"ready": conditionIn(o, "Ready").status, "stopped": conditionIn(o, "Stopped").status,
		"mode": text("deploymentMode"), "transition": text("modelStatus", "transitionStatus"),
		"active": text("modelStatus", "states", "activeModelState"), "target": text("modelStatus", "states", "targetModelState"),
		"failure": text("modelStatus", "lastFailureInfo", "reason"),
		"created": revision("latestCreatedRevision"), "latest": revision("latestReadyRevision"),
		"rolledout": revision("latestRolledoutRevision"), "previous": revision("previousRolledoutRevision"),
	}
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "components", "predictor", "traffic")
	var traffic []string
	for _, one := range list {
		if row, ok := one.(map[string]any); ok {
			traffic = append(traffic, fmt.Sprintf("%s:%v", number5(fmt.Sprint(row["revisionName"])), row["percent"]))
		}
	}
	all["traffic"] = strings.Join(traffic, ",")
	list, _, _ = unstructured.NestedSlice(o.Object, "status", "canaryStatuses")
	var canaries []string
	for _, one := range list {
		if row, ok := one.(map[string]any); ok {
			canaries = append(canaries, fmt.Sprintf("%v:%v:%v", row["name"], row["trafficPercent"], row["ready"]))
		}
	}
	all["canaries"] = strings.Join(canaries, ",")
	return all
}

// number5 is the last part of a revision's name.
func number5(name string) string { return name[strings.LastIndex(name, "-")+1:] }

// kept compares a service with its promise: what it says of each word of it,
// and whether that is all as promised.
func kept(o *unstructured.Unstructured, promise string) (actual string, ok bool) {
	all, said := map[string]string{}, []string{}
	if o.GetKind() == "InferenceService" {
		all = told(o)
	}
	for _, word := range strings.Fields(promise) {
		name, _, _ := strings.Cut(word, "=")
		if o.GetKind() != "InferenceService" {
			all[name] = spoken(o, name)
		}
		said = append(said, name+"="+all[name])
	}
	actual = strings.Join(said, " ")
	return actual, actual == strings.Join(strings.Fields(promise), " ")
}

// spoken is what an object of training says of itself: the status of a condition
// (`Failed`), its reason (`Failed.reason`), or any field (`status.trials`).
func spoken(o *unstructured.Unstructured, name string) string {
	path := strings.Split(name, ".")
	if path[0] == "status" || path[0] == "spec" {
		value, _, _ := unstructured.NestedFieldNoCopy(o.Object, path...)
		if value == nil {
			return ""
		}
		return fmt.Sprint(value)
	}
	if len(path) == 2 {
		return conditionIn(o, path[0]).reason
	}
	return conditionIn(o, name).status
}

// served waits for an inference service to be as its sample promises. A status
// in a sample, of a kind that no controller here works, is written as it is.
func (a *access) served(ctx context.Context, sample *unstructured.Unstructured) error {
	if sample.GetKind() == "LLMInferenceService" {
		return a.putStatus(ctx, sample)
	}
	if sample.GetKind() != "InferenceService" {
		return a.keeps(ctx, sample, expectFirst)
	}
	return a.keeps(ctx, sample, expectPhase)
}

// keeps waits for an object to keep the promise that its sample makes under a
// name, if it makes one.
func (a *access) keeps(ctx context.Context, sample *unstructured.Unstructured, under string) error {
	promise := sample.GetAnnotations()[under]
	if promise == "" {
		return nil
	}
	mapping, err := a.mapping(sample)
	if err != nil {
		return err
	}
	client, actual := a.dynamic.Resource(mapping.Resource).Namespace(sample.GetNamespace()), ""
	err = wait.PollUntilContextCancel(ctx, pollEvery, true, func(ctx context.Context) (bool, error) {
		o, err := client.Get(ctx, sample.GetName(), metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		var ok bool
		actual, ok = kept(o, promise)
		return ok, nil
	})
	if err != nil {
		return fmt.Errorf("%s/%s: expected %s, is %s: %w", sample.GetNamespace(), sample.GetName(), promise, actual, err)
	}
	fmt.Fprintf(os.Stderr, "%s/%s: %s\n", sample.GetNamespace(), sample.GetName(), promise)
	return nil
}

func (a *access) putStatus(ctx context.Context, sample *unstructured.Unstructured) error {
	mapping, err := a.mapping(sample)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"status": sample.Object["status"]})
	if err != nil {
		return err
	}
	_, err = a.dynamic.Resource(mapping.Resource).Namespace(sample.GetNamespace()).
		Patch(ctx, sample.GetName(), types.MergePatchType, body, metav1.PatchOptions{}, "status")
	return err
}

// promisers are the kinds whose objects make such promises, with the word for each.
var promisers = []struct {
	resource schema.GroupVersionResource
	word     string
}{
	{inferenceServices, "service"},
	{experiments, "experiment"},
	{kubeflow("v1", "pytorchjobs"), "job"},
	{kubeflow("v1", "tfjobs"), "job"},
	{kubeflow("v1", "mpijobs"), "job"},
	{jobSets, "job set"},
	{trainJobs, "train job"},
	{jobs, "job"},
	{rayJobs, "ray job"},
	{rayClusters, "ray cluster"},
	{rayServices, "ray service"},
	{notebooks, "notebook"},
}

// checkPromises prints the objects with a promise: how many there are, and how
// many do not keep it.
func (a *access) checkPromises(ctx context.Context, table io.Writer) (seen, different int, err error) {
	for _, kind := range promisers {
		list, err := a.dynamic.Resource(kind.resource).List(ctx, metav1.ListOptions{})
		if err != nil {
			return 0, 0, err
		}
		sort.Slice(list.Items, func(i, j int) bool { return list.Items[i].GetName() < list.Items[j].GetName() })
		for i := range list.Items {
			o := &list.Items[i]
			promise := o.GetAnnotations()[expectPhase]
			if promise == "" {
				continue
			}
			seen++
			actual, ok := kept(o, promise)
			difference := ""
			if !ok {
				different++
				difference = "expected " + promise
			}
			fmt.Fprintf(table, "%s/%s\t%s\t%s\t\t%s\n", o.GetNamespace(), o.GetName(), kind.word, actual, difference)
		}
	}
	return seen, different, nil
}
