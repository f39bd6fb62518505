package main

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/scheme"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
)

// benchLabel marks pods of the benchmark's population: nobody plays them.
const benchLabel = prefix + "bench"

// heartbeat is how often an idle kubelet writes its node's status.
const heartbeat = 5 * time.Minute

// kubelet plays the scheduler and all kubelets. Everything it needs to know
// about a pod stands in the pod itself, so it can be killed and started again.
type kubelet struct {
	*access
	pods      listers.PodLister
	nodes     listers.NodeLister
	queue     workqueue.TypedRateLimitingInterface[cache.ObjectName]
	scheduler record.EventRecorder
	machine   record.EventRecorder
	// assumed holds the node of pods whose binding the informer has not shown yet.
	assumed sync.Map
	binding sync.Mutex
	logPort int
	// failures is the one thing that no pod can tell, for pods made anew under
	// the same name; a kubelet that starts again has forgotten it.
	failures failures
}

// failures counts the pods that failed, by their name and their owner.
type failures struct{ counts sync.Map }

func failureKey(pod *corev1.Pod) string {
	owner := ""
	if controller := metav1.GetControllerOf(pod); controller != nil {
		owner = string(controller.UID)
	}
	return pod.Namespace + "/" + pod.Name + "/" + owner
}

func (f *failures) of(pod *corev1.Pod) int {
	n, _ := f.counts.Load(failureKey(pod))
	count, _ := n.(int)
	return count
}

func (f *failures) add(pod *corev1.Pod) {
	f.counts.Store(failureKey(pod), f.of(pod)+1)
}

func runKubelet(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("kubelet", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	workers := flags.Int("workers", 8, "pods handled at the same time")
	logPort := flags.Int("log-port", 0, "port to serve logs on; 0 for none")
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "kubelet")
	if err != nil {
		return err
	}
	k := newKubelet(ctx, a)
	k.logPort = *logPort
	var running sync.WaitGroup
	for range *workers {
		running.Go(func() { k.work(ctx) })
	}
	running.Go(func() { k.beat(ctx) })
	if k.logPort != 0 {
		running.Go(func() {
			if err := k.serveLogs(ctx, k.logPort); err != nil {
				fmt.Printf("logs: %v\n", err)
			}
		})
	}
	<-ctx.Done()
	k.queue.ShutDown()
	running.Wait()
	return nil
}

func newKubelet(ctx context.Context, a *access) *kubelet {
	events := record.NewBroadcaster(record.WithContext(ctx))
	events.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: a.typed.CoreV1().Events("")})
	factory := informers.NewSharedInformerFactoryWithOptions(a.typed, 0,
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = "!" + benchLabel }))
	k := &kubelet{
		access: a,
		pods:   factory.Core().V1().Pods().Lister(),
		nodes:  factory.Core().V1().Nodes().Lister(),
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[cache.ObjectName](50*time.Millisecond, 5*time.Second)),
		scheduler: events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "default-scheduler"}),
		machine:   events.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "kubelet"}),
	}
	// Adding a handler to a shared informer fails only once it has stopped.
	_, _ = factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { k.enqueue(o) },
		UpdateFunc: func(_, o any) { k.enqueue(o) },
		DeleteFunc: func(o any) { k.forget(o); k.retryWaiting() },
	})
	_, _ = factory.Core().V1().Nodes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { k.retryWaiting() },
		UpdateFunc: func(before, after any) { k.retryIfFreed(before, after) },
	})
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	return k
}

func (k *kubelet) enqueue(o any) {
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return
	}
	if pod.Spec.NodeName != "" {
		k.assumed.Delete(pod.UID)
	}
	if finished(pod) {
		k.retryWaiting()
		if pod.DeletionTimestamp == nil {
			return
		}
	}
	k.queue.Add(cache.ObjectName{Namespace: pod.Namespace, Name: pod.Name})
}

func (k *kubelet) forget(o any) {
	if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
		o = gone.Obj
	}
	if pod, ok := o.(*corev1.Pod); ok {
		k.assumed.Delete(pod.UID)
	}
}

func (k *kubelet) work(ctx context.Context) {
	for {
		key, quit := k.queue.Get()
		if quit {
			return
		}
		again, err := k.step(ctx, key)
		switch {
		case err != nil && ctx.Err() == nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err):
			fmt.Printf("%s: %v\n", key, err)
			k.queue.AddRateLimited(key)
		case apierrors.IsConflict(err):
			k.queue.AddRateLimited(key)
		case again > 0:
			k.queue.Forget(key)
			k.queue.AddAfter(key, again)
		default:
			k.queue.Forget(key)
		}
		k.queue.Done(key)
	}
}

// beat writes the nodes' heartbeat at the pace of an idle kubelet.
func (k *kubelet) beat(ctx context.Context) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, spec := range nodeSpecs() {
				if _, err := k.nodes.Get(spec.name); err != nil {
					continue // deleted on purpose
				}
				if err := writeNodeStatus(ctx, k.typed, spec, k.logPort); err != nil {
					fmt.Printf("heartbeat of %s: %v\n", spec.name, err)
				}
			}
		}
	}
}

func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}
