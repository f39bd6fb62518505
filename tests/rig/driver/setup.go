package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/restmapper"
)

// runSetup applies every file of the folders given as arguments, in order.
// Each file is parsed and sent as compact JSON by server-side apply: the full
// Workflow CRD as YAML is larger than the API server accepts.
func runSetup(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("setup", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	limit := flags.Duration("timeout", time.Minute, "give up after")
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "setup")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	for _, folder := range flags.Args() {
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("no *.yaml in %s", folder)
		}
		for _, file := range files {
			if filepath.Base(file) == "kustomization.yaml" {
				continue
			}
			if err := a.applyFile(ctx, file); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
		if err := a.waitEstablished(ctx); err != nil {
			return fmt.Errorf("CRDs of %s: %w", folder, err)
		}
	}
	return nil
}

func (a *access) applyFile(ctx context.Context, file string) error {
	objects, err := readObjects(file)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if err := a.apply(ctx, o); err != nil {
			return fmt.Errorf("%s %s: %w", o.GetKind(), o.GetName(), err)
		}
	}
	return nil
}

func readObjects(file string) ([]*unstructured.Unstructured, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []*unstructured.Unstructured
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		o := &unstructured.Unstructured{}
		if err := decoder.Decode(&o.Object); err != nil {
			if errors.Is(err, io.EOF) {
				return all, nil
			}
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if len(o.Object) > 0 {
			all = append(all, o)
		}
	}
}

func (a *access) apply(ctx context.Context, o *unstructured.Unstructured) error {
	mapping, err := a.mapping(o)
	if err != nil {
		return err
	}
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	force := true
	_, err = a.dynamic.Resource(mapping.Resource).Namespace(o.GetNamespace()).Patch(ctx, o.GetName(),
		types.ApplyPatchType, body, metav1.PatchOptions{FieldManager: "midwatch-rig", Force: &force})
	return err
}

// mapping finds the resource of an object's kind.
func (a *access) mapping(o *unstructured.Unstructured) (*meta.RESTMapping, error) {
	a.mappers.Lock()
	defer a.mappers.Unlock()
	if a.mapper == nil {
		a.mapper = restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(a.typed.Discovery()))
	}
	kind := o.GroupVersionKind()
	return a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
}

// waitEstablished returns once the API server serves every CRD it has.
func (a *access) waitEstablished(ctx context.Context) error {
	return wait.PollUntilContextCancel(ctx, pollEvery, true, func(ctx context.Context) (bool, error) {
		list, err := a.dynamic.Resource(crds).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		for i := range list.Items {
			if conditionOf(&list.Items[i], "Established") != "True" {
				return false, nil
			}
		}
		return true, nil
	})
}

func conditionOf(o *unstructured.Unstructured, kind string) string {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, c := range conditions {
		if c, ok := c.(map[string]any); ok && c["type"] == kind {
			return fmt.Sprint(c["status"])
		}
	}
	return ""
}
