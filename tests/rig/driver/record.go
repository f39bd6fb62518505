package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// recordLimit is the size beyond which a file is written without indentation;
// twice that and it is left out.
const recordLimit = 150_000

// runRecord writes the played samples as JSON files: real input for tests that
// run without a rig.
func runRecord(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("usage: driver record FOLDER")
	}
	a, err := connect(*kubeconfig, "record")
	if err != nil {
		return err
	}
	list, err := a.dynamic.Resource(workflows).List(ctx, metav1.ListOptions{LabelSelector: "!" + benchLabel})
	if err != nil {
		return err
	}
	for i := range list.Items {
		o := &list.Items[i]
		if o.GetAnnotations()[expectPhase] == "" {
			continue
		}
		o.SetManagedFields(nil)
		text, err := json.MarshalIndent(o, "", " ")
		if err == nil && len(text) > recordLimit {
			text, err = json.Marshal(o)
		}
		if err != nil {
			return err
		}
		if len(text) > 2*recordLimit {
			fmt.Fprintf(os.Stderr, "%s left out: %d bytes\n", o.GetName(), len(text))
			continue
		}
		if err := os.WriteFile(filepath.Join(flags.Arg(0), o.GetName()+".json"), append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	return nil
}
