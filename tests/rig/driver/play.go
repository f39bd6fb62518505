package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
)

// What a sample says of its own end.
const (
	expectPhase   = prefix + "expect"
	expectMessage = prefix + "expect-message"
	expectNode    = prefix + "expect-node"
	playAfter     = prefix + "after"
	expectFirst   = prefix + "expect-first" // before the next object of the file is applied
)

// watched tells, on every change of any workflow, those who wait for one.
type watched struct {
	store   cache.Store
	mu      sync.Mutex
	changed chan struct{}
}

func watchWorkflows(ctx context.Context, a *access) (*watched, error) {
	w := &watched{changed: make(chan struct{})}
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(a.dynamic, 0, metav1.NamespaceAll,
		func(o *metav1.ListOptions) { o.LabelSelector = "!" + benchLabel })
	informer := factory.ForResource(workflows).Informer()
	w.store = informer.GetStore()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { w.signal() },
		UpdateFunc: func(_, _ any) { w.signal() },
		DeleteFunc: func(any) { w.signal() },
	})
	if err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return w, nil
}

func (w *watched) signal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *watched) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

func (w *watched) get(namespace, name string) *unstructured.Unstructured {
	o, ok, err := w.store.GetByKey(namespace + "/" + name)
	if err != nil || !ok {
		return nil
	}
	workflow, _ := o.(*unstructured.Unstructured)
	return workflow
}

// until waits for a workflow to reach what its annotations promise.
func (w *watched) until(ctx context.Context, namespace, name string) error {
	for {
		next := w.next()
		o := w.get(namespace, name)
		if o != nil {
			actual, why := reached(o)
			if why == "" {
				return nil
			}
			if actual == "Succeeded" || actual == "Failed" {
				return fmt.Errorf("%s/%s: %s", namespace, name, why)
			}
		}
		select {
		case <-next:
		case <-ctx.Done():
			if o == nil {
				return fmt.Errorf("%s/%s: not there", namespace, name)
			}
			_, why := reached(o)
			return fmt.Errorf("%s/%s: %s", namespace, name, why)
		}
	}
}

// runPlay applies the sample files and waits for all their workflows.
func runPlay(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("play", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	limit := flags.Duration("timeout", 3*time.Minute, "give up after")
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "play")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	w, err := watchWorkflows(ctx, a)
	if err != nil {
		return err
	}
	var playing sync.WaitGroup
	failed := make(chan error, flags.NArg())
	for _, file := range flags.Args() {
		playing.Go(func() {
			if err := playFile(ctx, a, w, file); err != nil {
				failed <- fmt.Errorf("%s: %w", file, err)
			}
		})
	}
	playing.Wait()
	close(failed)
	for err := range failed {
		fmt.Fprintln(os.Stderr, err)
	}
	if len(failed) > 0 || ctx.Err() != nil {
		return fmt.Errorf("not every sample reached its expected end")
	}
	return nil
}

// playFile applies a file's objects in order. An object that names another
// workflow as `after` waits for that one's end first; an inference service has
// to keep its promise before the next object, which may be an edit of it.
func playFile(ctx context.Context, a *access, w *watched, file string) error {
	objects, err := readObjects(file)
	if err != nil {
		return err
	}
	for _, o := range objects {
		if before := o.GetAnnotations()[playAfter]; before != "" {
			if err := w.until(ctx, o.GetNamespace(), before); err != nil {
				return err
			}
		}
		if err := a.apply(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", o.GetName(), err)
		}
		if err := a.served(ctx, o); err != nil {
			return err
		}
	}
	for _, o := range objects {
		if o.GetKind() != "Workflow" && o.GetKind() != "InferenceService" {
			if err := a.keeps(ctx, o, expectPhase); err != nil {
				return err
			}
		}
		if o.GetKind() != "Workflow" || o.GetAnnotations()[expectPhase] == "" {
			continue
		}
		if err := w.until(ctx, o.GetNamespace(), o.GetName()); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s/%s: %s\n", o.GetNamespace(), o.GetName(), o.GetAnnotations()[expectPhase])
	}
	return nil
}
