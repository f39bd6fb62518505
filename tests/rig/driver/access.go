package main

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// The custom resources the driver reads and writes.
var (
	workflows   = argo("workflows")
	taskResults = argo("workflowtaskresults")
)

func argo(resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "argoproj.io", Version: "v1alpha1", Resource: resource}
}

// access is how a subcommand reaches the API server.
type access struct {
	config  *rest.Config
	typed   kubernetes.Interface
	dynamic dynamic.Interface
	mappers sync.Mutex
	mapper  meta.RESTMapper
	lean    bool // apply CRDs without the schemas of pods
}

// kubeconfigFlag adds --kubeconfig to a subcommand. There is no fallback to
// the user's own kubeconfig: the driver must never touch a real cluster.
func kubeconfigFlag(flags *flag.FlagSet) *string {
	return flags.String("kubeconfig", os.Getenv("MIDWATCH_RIG_KUBECONFIG_ADMIN"), "kubeconfig of the rig's admin")
}

func connect(kubeconfig, agent string) (*access, error) {
	if kubeconfig == "" {
		return nil, fmt.Errorf("no --kubeconfig (and MIDWATCH_RIG_KUBECONFIG_ADMIN is not set)")
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kubeconfig, err)
	}
	config.QPS, config.Burst = -1, 0 // the API server's own fairness is enough
	config.UserAgent = "rig-driver/" + agent
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &access{config: config, typed: typed, dynamic: dyn}, nil
}

// pollEvery is the pause between two looks at a condition that has no watch.
const pollEvery = 100 * time.Millisecond
