package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/flowcontrol"
)

// benchNamespaces hold the benchmark's population.
var benchNamespaces = []string{"bench-0", "bench-1", "bench-2", "bench-3", "bench-4", "bench-5", "bench-6", "bench-7"}

// population is how much load makes. Object i is always the same object, so a
// second load adds only what is missing, and churn can name any of them.
type population struct {
	pods, workflows, nodes int
}

func populationFlags(flags *flag.FlagSet) *population {
	p := &population{}
	flags.IntVar(&p.pods, "pods", 10000, "pods of about 8.6 KB")
	flags.IntVar(&p.workflows, "workflows", 2000, "workflows of about 18 KB at 21 nodes")
	flags.IntVar(&p.nodes, "nodes-per-workflow", 21, "entries in each workflow's status.nodes")
	return p
}

func runLoad(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	threads := flags.Int("threads", 8, "requests under way at the same time")
	p := populationFlags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "load")
	if err != nil {
		return err
	}
	for _, name := range benchNamespaces {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{benchLabel: "true"}}}
		_, err := a.typed.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	err = timed("workflows", p.workflows, func() error {
		return parallel(ctx, *threads, p.workflows, func(ctx context.Context, i int) error { return a.loadWorkflow(ctx, p, i) })
	})
	if err != nil {
		return err
	}
	return timed("pods", p.pods, func() error {
		return parallel(ctx, *threads, p.pods, func(ctx context.Context, i int) error { return a.loadPod(ctx, p, i) })
	})
}

func timed(what string, n int, work func() error) error {
	start := time.Now()
	err := work()
	fmt.Fprintf(os.Stderr, "%d %s in %s\n", n, what, time.Since(start).Round(100*time.Millisecond))
	return err
}

// parallel runs work for 0..n and stops at the first error.
func parallel(ctx context.Context, threads, n int, work func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	indexes := make(chan int)
	var running sync.WaitGroup
	for range threads {
		running.Go(func() {
			for i := range indexes {
				if err := work(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		indexes <- i
	}
	close(indexes)
	running.Wait()
	return context.Cause(ctx)
}

func (a *access) loadWorkflow(ctx context.Context, p *population, i int) error {
	o := benchWorkflow(p, i)
	_, err := a.dynamic.Resource(workflows).Namespace(o.GetNamespace()).Create(ctx, o, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func (a *access) loadPod(ctx context.Context, p *population, i int) error {
	pod := benchPod(p, i)
	pods := a.typed.CoreV1().Pods(pod.Namespace)
	made, err := pods.Create(ctx, pod, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	if err != nil {
		return err
	}
	made.Status = pod.Status
	_, err = pods.UpdateStatus(ctx, made, metav1.UpdateOptions{})
	return err
}

// runChurn patches random objects, four pods to one workflow, at a steady rate.
func runChurn(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("churn", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	rate := flags.Int("rate", 100, "changes a second")
	seconds := flags.Int("seconds", 60, "for how long")
	threads := flags.Int("threads", 8, "requests under way at the same time")
	p := populationFlags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rate < 1 || p.pods+p.workflows < 1 {
		return errors.New("churn needs a rate of at least 1 and a population")
	}
	a, err := connect(*kubeconfig, "churn")
	if err != nil {
		return err
	}
	pace := flowcontrol.NewTokenBucketRateLimiter(float32(*rate), *rate/10+1)
	return timed("changes", *rate**seconds, func() error {
		return parallel(ctx, *threads, *rate**seconds, func(ctx context.Context, i int) error {
			if err := pace.Wait(ctx); err != nil {
				return err
			}
			return a.churn(ctx, p, i)
		})
	})
}

func (a *access) churn(ctx context.Context, p *population, i int) error {
	if p.pods == 0 || (i%5 == 4 && p.workflows > 0) {
		n := rand.IntN(p.workflows)
		body := fmt.Sprintf(`{"status":{"progress":"%d/%d","message":"change %d"}}`, rand.IntN(p.nodes), p.nodes, i)
		_, err := a.dynamic.Resource(workflows).Namespace(benchNamespace(n)).
			Patch(ctx, workflowName(n), types.MergePatchType, []byte(body), metav1.PatchOptions{})
		return err
	}
	n := rand.IntN(p.pods)
	body := fmt.Sprintf(`{"status":{"message":"change %d","phase":"%s"}}`, i, []string{"Running", "Pending"}[i%2])
	_, err := a.typed.CoreV1().Pods(benchNamespace(n)).
		Patch(ctx, podName(p, n), types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{}, "status")
	return err
}

// runUnload deletes the benchmark's namespaces and waits until they are gone.
func runUnload(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("unload", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "unload")
	if err != nil {
		return err
	}
	now := int64(0)
	for _, name := range benchNamespaces {
		// No kubelet plays these pods, so nobody would end their grace period.
		err := a.typed.CoreV1().Pods(name).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &now}, metav1.ListOptions{})
		if err == nil {
			err = a.typed.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return wait.PollUntilContextTimeout(ctx, time.Second, 5*time.Minute, true, func(ctx context.Context) (bool, error) {
		left, err := a.typed.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: benchLabel})
		return err == nil && len(left.Items) == 0, err
	})
}
