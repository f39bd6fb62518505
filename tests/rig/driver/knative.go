package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// Labels of Knative, on revisions and all that belongs to one.
const (
	knativeGroup    = "serving.knative.dev"
	serviceLabel    = knativeGroup + "/service"
	revisionLabel   = knativeGroup + "/revision"
	generationLabel = knativeGroup + "/configurationGeneration"
)

var (
	knServices     = knativeResource("services")
	configurations = knativeResource("configurations")
	revisions      = knativeResource("revisions")
	routes         = knativeResource("routes")
)

func knativeResource(resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: knativeGroup, Version: "v1", Resource: resource}
}

// knative plays the controllers of Knative Serving: revisions, their scale and
// the route. Their Deployments are worked by the real controller-manager. All it
// knows stands in the objects, so it can be killed and started again.
type knative struct {
	*access
	queue workqueue.TypedRateLimitingInterface[cache.ObjectName]
}

func runKnative(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("knative", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "knative")
	if err != nil {
		return err
	}
	n := &knative{access: a, queue: workqueue.NewTypedRateLimitingQueue(
		workqueue.NewTypedItemExponentialFailureRateLimiter[cache.ObjectName](20*time.Millisecond, 5*time.Second))}
	if err := n.watch(ctx); err != nil {
		return err
	}
	var running sync.WaitGroup
	for range 2 {
		running.Go(func() { n.work(ctx) })
	}
	<-ctx.Done()
	n.queue.ShutDown()
	running.Wait()
	return nil
}

// watch looks at a service again whenever anything of it changes.
func (n *knative) watch(ctx context.Context) error {
	enqueue := cache.ResourceEventHandlerFuncs{
		AddFunc:    n.enqueue,
		UpdateFunc: func(_, o any) { n.enqueue(o) },
		DeleteFunc: n.enqueue,
	}
	custom := dynamicinformer.NewDynamicSharedInformerFactory(n.dynamic, 0)
	for _, resource := range []schema.GroupVersionResource{knServices, revisions} {
		if _, err := custom.ForResource(resource).Informer().AddEventHandler(enqueue); err != nil {
			return err
		}
	}
	builtin := informers.NewSharedInformerFactoryWithOptions(n.typed, 0,
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = serviceLabel }))
	for _, informer := range []cache.SharedIndexInformer{
		builtin.Apps().V1().Deployments().Informer(), builtin.Core().V1().Pods().Informer(),
	} {
		if _, err := informer.AddEventHandler(enqueue); err != nil {
			return err
		}
	}
	custom.Start(ctx.Done())
	builtin.Start(ctx.Done())
	custom.WaitForCacheSync(ctx.Done())
	builtin.WaitForCacheSync(ctx.Done())
	return nil
}

func (n *knative) enqueue(o any) {
	if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = gone.Obj
	}
	object, ok := o.(metav1.Object)
	if !ok {
		return
	}
	name := object.GetLabels()[serviceLabel]
	if u, ok := o.(*unstructured.Unstructured); ok && u.GetKind() == "Service" {
		name = u.GetName()
	}
	if name != "" {
		n.queue.Add(cache.ObjectName{Namespace: object.GetNamespace(), Name: name})
	}
}

func (n *knative) work(ctx context.Context) {
	for {
		key, quit := n.queue.Get()
		if quit {
			return
		}
		again, err := n.step(ctx, key)
		switch {
		case err != nil && ctx.Err() == nil:
			if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
				fmt.Printf("%s: %v\n", key, err)
			}
			n.queue.AddRateLimited(key)
		case again > 0:
			n.queue.Forget(key)
			n.queue.AddAfter(key, again)
		default:
			n.queue.Forget(key)
		}
		n.queue.Done(key)
	}
}

// step brings all of one service up to date and says when to look again (0:
// when something changes).
func (n *knative) step(ctx context.Context, key cache.ObjectName) (time.Duration, error) {
	service, err := n.dynamic.Resource(knServices).Namespace(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil // what it owned goes by garbage collection
	}
	if err != nil || service.GetDeletionTimestamp() != nil {
		return 0, err
	}
	configuration, err := n.configure(ctx, service)
	if err != nil {
		return 0, err
	}
	all, err := n.revisionsOf(ctx, service)
	if err != nil {
		return 0, err
	}
	latest := revisionName(configuration)
	routed := routedTo(service, all)
	var again time.Duration
	for i, revision := range all {
		changed, later, err := n.turn(ctx, revision, revision.GetName() == latest, routed[revision.GetName()])
		if err != nil {
			return 0, err
		}
		all[i] = changed
		if later > 0 && (again == 0 || later < again) {
			again = later
		}
	}
	return again, n.conclude(ctx, service, configuration, all)
}

// conclude writes the status of configuration, route and service.
func (n *knative) conclude(ctx context.Context, service, configuration *unstructured.Unstructured, all []*unstructured.Unstructured) error {
	latest := revisionName(configuration)
	configured, ready := configurationReady(latest, all)
	if ready == "" {
		ready, _, _ = unstructured.NestedString(configuration.Object, "status", "latestReadyRevisionName")
	}
	err := n.writeStatus(ctx, configurations, configuration, names(latest, ready), configured.as("Ready"))
	if err != nil {
		return err
	}
	route, err := n.route(ctx, service)
	if err != nil {
		return err
	}
	traffic, assigned := assign(service, all, ready)
	if assigned.status != "True" {
		traffic, _, _ = unstructured.NestedSlice(route.Object, "status", "traffic")
	}
	address := map[string]any{
		"url":     fmt.Sprintf("http://%s.%s.example.com", service.GetName(), service.GetNamespace()),
		"address": map[string]any{"url": fmt.Sprintf("http://%s.%s.svc.cluster.local", service.GetName(), service.GetNamespace())},
	}
	if len(traffic) > 0 {
		address["traffic"] = traffic
	}
	err = n.writeStatus(ctx, routes, route, address, assigned.as("AllTrafficAssigned"),
		condition{kind: "IngressReady", status: "True"}, assigned.as("Ready"))
	if err != nil {
		return err
	}
	for name, value := range names(latest, ready) {
		address[name] = value
	}
	return n.writeStatus(ctx, knServices, service, address,
		configured.as("ConfigurationsReady"), assigned.as("RoutesReady"), overall("Ready", configured, assigned))
}

func names(created, ready string) map[string]any {
	status := map[string]any{"latestCreatedRevisionName": created}
	if ready != "" {
		status["latestReadyRevisionName"] = ready
	}
	return status
}

// configure keeps the service's Configuration; the API server counts its
// generations, and those number the revisions.
func (n *knative) configure(ctx context.Context, service *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	client := n.dynamic.Resource(configurations).Namespace(service.GetNamespace())
	template, _, err := unstructured.NestedMap(service.Object, "spec", "template")
	if err != nil {
		return nil, err
	}
	configuration, err := client.Get(ctx, service.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		configuration = belonging("Configuration", service)
		configuration.Object["spec"] = map[string]any{"template": template}
		if configuration, err = client.Create(ctx, configuration, metav1.CreateOptions{}); err != nil {
			return nil, err
		}
		return configuration, n.revise(ctx, service, configuration)
	}
	if err == nil {
		err = ownedBy(configuration, service)
	}
	if err != nil {
		return nil, err
	}
	if old, _, _ := unstructured.NestedMap(configuration.Object, "spec", "template"); !same(old, template) {
		configuration.Object["spec"] = map[string]any{"template": template}
		if configuration, err = client.Update(ctx, configuration, metav1.UpdateOptions{}); err != nil {
			return nil, err
		}
	}
	return configuration, n.revise(ctx, service, configuration)
}

func (n *knative) route(ctx context.Context, service *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	client := n.dynamic.Resource(routes).Namespace(service.GetNamespace())
	route, err := client.Get(ctx, service.GetName(), metav1.GetOptions{})
	traffic, _, _ := unstructured.NestedSlice(service.Object, "spec", "traffic")
	if apierrors.IsNotFound(err) {
		route = belonging("Route", service)
		route.Object["spec"] = map[string]any{"traffic": traffic}
		return client.Create(ctx, route, metav1.CreateOptions{})
	}
	if err == nil {
		err = ownedBy(route, service)
	}
	if err != nil {
		return nil, err
	}
	if old, _, _ := unstructured.NestedSlice(route.Object, "spec", "traffic"); !same(old, traffic) {
		route.Object["spec"] = map[string]any{"traffic": traffic}
		return client.Update(ctx, route, metav1.UpdateOptions{})
	}
	return route, nil
}

// revisionsOf gives the revisions of a service, the oldest first.
func (n *knative) revisionsOf(ctx context.Context, service *unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	list, err := n.dynamic.Resource(revisions).Namespace(service.GetNamespace()).
		List(ctx, metav1.ListOptions{LabelSelector: serviceLabel + "=" + service.GetName()})
	if err != nil {
		return nil, err
	}
	var all []*unstructured.Unstructured
	for i := range list.Items {
		uid := list.Items[i].GetLabels()[knativeGroup+"/serviceUID"]
		if list.Items[i].GetDeletionTimestamp() == nil && uid == string(service.GetUID()) {
			all = append(all, &list.Items[i])
		}
	}
	slices.SortFunc(all, func(a, b *unstructured.Unstructured) int { return strings.Compare(a.GetName(), b.GetName()) })
	return all, nil
}
