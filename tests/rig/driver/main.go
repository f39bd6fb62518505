// Command driver stands in for the parts of a cluster that need real machines:
// kubelets, the scheduler and the Argo executor. It also sets the rig up
// through the API, plays the samples and makes the benchmark's population.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// command is one subcommand: it reads its own flags from args and runs until
// it is done or ctx ends.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"kubelet", "play scheduler, kubelets and Argo executor until interrupted", runKubelet},
		{"knative", "play Knative Serving: revisions, their scale, routes; until interrupted", runKnative},
		{"katib", "play Katib, and be its webhooks, until interrupted", runKatib},
		{"kueue", "play Kueue, until interrupted", runKueue},
		{"platform", "play KubeRay, notebooks and profiles, until interrupted", runPlatform},
		{"gpus", "play the MIG manager, device plugin and DCGM exporters, until interrupted", runGPUs},
		{"webhooks", "write the certificate of webhooks on loopback, or register them", runWebhooks},
		{"nodes", "create the 20 nodes of the rig, or bring their status up to date", runNodes},
		{"setup", "apply CRDs, namespaces, persons' rights and controller settings", runSetup},
		{"probe", "run one workflow to see that controllers and kubelet answer", runProbe},
		{"play", "apply sample files and wait until each reaches its expected end", runPlay},
		{"check", "print sample, expected and actual phase; fail on a difference", runCheck},
		{"record", "write the played samples as JSON files", runRecord},
		{"load", "create the benchmark's pods and workflows", runLoad},
		{"churn", "patch the status of random benchmark objects at a steady rate", runChurn},
		{"unload", "delete what load created", runUnload},
		{"traffic", "serve the simulated metrics of inference services, until interrupted", runTraffic},
		{"history", "fill a Prometheus with what they counted before", runHistory},
		{"gate", "reach loopback ports from this machine by its other address", runGate},
		{"address", "print that address", runAddress},
		{"ports", "print N free loopback ports", runPorts},
		{"keys", "write the service account signing key", runKeys},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := dispatch(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) > 0 {
		for _, c := range commands() {
			if c.name == args[0] {
				return c.run(ctx, args[1:])
			}
		}
	}
	fmt.Fprintln(os.Stderr, "usage: driver COMMAND [FLAGS]")
	for _, c := range commands() {
		fmt.Fprintf(os.Stderr, "  %-8s %s\n", c.name, c.summary)
	}
	return fmt.Errorf("no such command")
}
