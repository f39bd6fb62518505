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
	"slices"
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
	short := flags.Bool("lean", false, "leave the schemas of pods out of the CRDs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "setup")
	if err != nil {
		return err
	}
	a.lean = *short
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	var defined []*unstructured.Unstructured
	for _, folder := range flags.Args() {
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("no *.yaml in %s", folder)
		}
		for _, file := range files {
			if filepath.Base(file) == "kustomization.yaml" {
				continue
			}
			if defined, err = a.applyFile(ctx, file, defined); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return a.waitServed(ctx, defined)
}

// applyFile applies a file's objects. CRDs join those of which nobody has seen
// yet that they are served; before anything else is applied, they have to be.
func (a *access) applyFile(ctx context.Context, file string, defined []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	objects, err := readObjects(file)
	if err != nil {
		return nil, err
	}
	for _, o := range objects {
		isCRD := o.GetKind() == "CustomResourceDefinition"
		if isCRD && a.lean {
			lean(o)
		}
		if !isCRD && len(defined) > 0 {
			if err := a.waitServed(ctx, defined); err != nil {
				return nil, err
			}
			defined = nil
		}
		if err := a.apply(ctx, o); err != nil {
			return nil, fmt.Errorf("%s %s: %w", o.GetKind(), o.GetName(), err)
		}
		if isCRD {
			defined = append(defined, o)
		}
	}
	return defined, nil
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

// waitServed returns once the API server serves these CRDs. It asks for the
// names of what is served: to read the CRDs themselves, which are megabytes,
// again and again would keep the server from that very work.
func (a *access) waitServed(ctx context.Context, defined []*unstructured.Unstructured) error {
	for _, crd := range defined {
		group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
		plural, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "plural")
		versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
		for _, one := range versions {
			version, ok := one.(map[string]any)
			if !ok || version["served"] != true {
				continue
			}
			path := fmt.Sprintf("%s/%v", group, version["name"])
			if err := a.waitListed(ctx, path, plural); err != nil {
				return fmt.Errorf("CRD %s: %w", crd.GetName(), err)
			}
		}
	}
	return nil
}

func (a *access) waitListed(ctx context.Context, groupVersion, plural string) error {
	return wait.PollUntilContextCancel(ctx, pollEvery, true, func(context.Context) (bool, error) {
		list, err := a.typed.Discovery().ServerResourcesForGroupVersion(groupVersion)
		if err != nil {
			return false, nil // the group is not there yet
		}
		return slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == plural }), nil
	})
}
