package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// task is one object that a player brings up to date.
type task struct{ kind, namespace, name string }

// source is what a player looks at, and which tasks a change of it is for.
type source struct {
	resource schema.GroupVersionResource
	selector string
	tasks    func(*unstructured.Unstructured) []task
}

// player plays a controller: whenever a source changes it does the tasks of
// that change. All it knows stands in the objects, so it can be killed and
// started again.
type player struct {
	*access
	queue workqueue.TypedRateLimitingInterface[task]
	// step does a task and says when to look again (0: when something changes).
	step func(context.Context, task) (time.Duration, error)
}

func newPlayer(a *access) *player {
	return &player{access: a, queue: workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[task](20*time.Millisecond, 5*time.Second))}
}

// run plays until the context ends.
func (p *player) run(ctx context.Context, workers int, sources ...source) error {
	for _, each := range sources {
		if err := p.look(ctx, each); err != nil {
			return err
		}
	}
	var running sync.WaitGroup
	for range workers {
		running.Go(func() { p.work(ctx) })
	}
	<-ctx.Done()
	p.queue.ShutDown()
	running.Wait()
	return nil
}

func (p *player) look(ctx context.Context, from source) error {
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(p.dynamic, 0, metav1.NamespaceAll,
		func(o *metav1.ListOptions) { o.LabelSelector = from.selector })
	enqueue := func(o any) {
		if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
			o = gone.Obj
		}
		if object, ok := o.(*unstructured.Unstructured); ok {
			for _, each := range from.tasks(object) {
				p.queue.Add(each)
			}
		}
	}
	_, err := factory.ForResource(from.resource).Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: enqueue, UpdateFunc: func(_, o any) { enqueue(o) }, DeleteFunc: enqueue,
	})
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return nil
}

func (p *player) work(ctx context.Context) {
	for {
		next, quit := p.queue.Get()
		if quit {
			return
		}
		again, err := p.step(ctx, next)
		switch {
		case err != nil && ctx.Err() == nil:
			if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
				fmt.Printf("%s %s/%s: %v\n", next.kind, next.namespace, next.name, err)
			}
			p.queue.AddRateLimited(next)
		case again > 0:
			p.queue.Forget(next)
			p.queue.AddAfter(next, again)
		default:
			p.queue.Forget(next)
		}
		p.queue.Done(next)
	}
}

// itself makes the task of an object's own name.
func itself(kind string) func(*unstructured.Unstructured) []task {
	return func(o *unstructured.Unstructured) []task { return []task{{kind, o.GetNamespace(), o.GetName()}} }
}

// labelled makes the task of the name that a label holds.
func labelled(kind, label string) func(*unstructured.Unstructured) []task {
	return func(o *unstructured.Unstructured) []task {
		if name := o.GetLabels()[label]; name != "" {
			return []task{{kind, o.GetNamespace(), name}}
		}
		return nil
	}
}

// get gives nil when there is no such object.
func (a *access) get(ctx context.Context, resource schema.GroupVersionResource, namespace, name string) (*unstructured.Unstructured, error) {
	o, err := a.dynamic.Resource(resource).Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return o, err
}

func (a *access) list(ctx context.Context, resource schema.GroupVersionResource, namespace, selector string) ([]unstructured.Unstructured, error) {
	all, err := a.dynamic.Resource(resource).Namespace(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	return all.Items, nil
}

// create makes an object of any kind; that it is there already is no failure.
func (a *access) create(ctx context.Context, o *unstructured.Unstructured) error {
	mapping, err := a.mapping(o)
	if err != nil {
		return err
	}
	_, err = a.dynamic.Resource(mapping.Resource).Namespace(o.GetNamespace()).Create(ctx, o, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// remove deletes an object and what it owns; that it is gone is no failure.
func (a *access) remove(ctx context.Context, resource schema.GroupVersionResource, namespace, name string) error {
	background := metav1.DeletePropagationBackground
	err := a.dynamic.Resource(resource).Namespace(namespace).Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &background})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func (a *access) update(ctx context.Context, resource schema.GroupVersionResource, o *unstructured.Unstructured) error {
	changed, err := a.dynamic.Resource(resource).Namespace(o.GetNamespace()).Update(ctx, o, metav1.UpdateOptions{})
	if err == nil {
		o.Object = changed.Object
	}
	return err
}

// state replaces an object's status where that changes something.
func (a *access) state(ctx context.Context, resource schema.GroupVersionResource, o *unstructured.Unstructured, status map[string]any) error {
	if old, _, _ := unstructured.NestedMap(o.Object, "status"); same(old, status) {
		return nil
	}
	o.Object["status"] = status
	changed, err := a.dynamic.Resource(resource).Namespace(o.GetNamespace()).UpdateStatus(ctx, o, metav1.UpdateOptions{})
	if err == nil {
		o.Object = changed.Object
	}
	return err
}
