package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	katibGroup      = "katib.kubeflow.org"
	experimentLabel = katibGroup + "/experiment"
	trialLabel      = katibGroup + "/trial"
)

var (
	experiments = kubeflow("v1beta1", "experiments")
	trials      = kubeflow("v1beta1", "trials")
	suggestions = kubeflow("v1beta1", "suggestions")
	jobs        = schema.GroupVersionResource{Group: "batch", Version: "v1", Resource: "jobs"}
	deployments = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
)

func kubeflow(version, resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "kubeflow.org", Version: version, Resource: resource}
}

// katib plays the controllers of Katib, and is its admission webhooks. The jobs
// of trials are worked by the controllers of their kind, their pods by the
// kubelet; what a trial measures is told by the experiment's annotations.
type katib struct{ *player }

func runKatib(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("katib", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	folder := flags.String("certificate", "", "folder of tls.crt and tls.key for the webhooks")
	port := flags.Int("port", 0, "loopback port of the webhooks")
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "katib")
	if err != nil {
		return err
	}
	stop, err := serveWebhooks(ctx, *folder, *port)
	if err != nil {
		return err
	}
	defer stop()
	k := &katib{newPlayer(a)}
	k.step = k.act
	quiet := "!" + benchLabel
	return k.run(ctx, 4,
		source{experiments, quiet, itself("experiment")},
		source{suggestions, quiet, itself("experiment")},
		source{trials, quiet, itself("trial")},
		source{trials, quiet, labelled("experiment", experimentLabel)},
		source{jobs, trialLabel, labelled("trial", trialLabel)},
		source{kubeflow("v1", "pytorchjobs"), trialLabel, labelled("trial", trialLabel)},
		source{deployments, katibGroup + "/suggestion", labelled("experiment", katibGroup+"/suggestion")},
	)
}

// serveWebhooks answers the API server's admission reviews of experiments.
func serveWebhooks(ctx context.Context, folder string, port int) (func(), error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /mutate-experiment", reviewed(defaulted))
	mux.HandleFunc("POST /validate-experiment", reviewed(validated))
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		err := server.ServeTLS(listener, filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key"))
		if ctx.Err() == nil {
			fmt.Printf("webhooks: %v\n", err)
		}
	}()
	return func() { _ = server.Close() }, nil
}

func (k *katib) act(ctx context.Context, next task) (time.Duration, error) {
	if next.kind == "trial" {
		return k.tryOut(ctx, next)
	}
	return k.experiment(ctx, next)
}
