package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"text/tabwriter"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// reached compares a workflow with its annotations. It gives the actual phase
// and, if that or a message or node differs from what is promised, why.
func reached(o *unstructured.Unstructured) (actual, why string) {
	promise := o.GetAnnotations()
	actual, _, _ = unstructured.NestedString(o.Object, "status", "phase")
	if want := promise[expectPhase]; want != actual {
		return actual, fmt.Sprintf("expected phase %s, is %q", want, actual)
	}
	nodes, err := nodesOf(o)
	if err != nil {
		return actual, err.Error()
	}
	if want := promise[expectMessage]; want != "" && !hasMessage(o, nodes, want) {
		return actual, fmt.Sprintf("no message contains %q", want)
	}
	if want := promise[expectNode]; want != "" && !hasNode(nodes, want) {
		return actual, fmt.Sprintf("no node is %s", want)
	}
	return actual, ""
}

type node struct {
	DisplayName string `json:"displayName"`
	Phase       string `json:"phase"`
	Message     string `json:"message"`
}

// nodesOf reads status.nodes, compressed (base64 of gzip) or not.
func nodesOf(o *unstructured.Unstructured) (map[string]node, error) {
	nodes := map[string]node{}
	packed, _, _ := unstructured.NestedString(o.Object, "status", "compressedNodes")
	plain, found, _ := unstructured.NestedMap(o.Object, "status", "nodes")
	if found && len(plain) > 0 {
		text, err := json.Marshal(plain)
		if err != nil {
			return nil, err
		}
		return nodes, json.Unmarshal(text, &nodes)
	}
	if packed == "" {
		return nodes, nil
	}
	raw, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return nil, fmt.Errorf("compressedNodes: %w", err)
	}
	text, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("compressedNodes: %w", err)
	}
	return nodes, json.NewDecoder(text).Decode(&nodes)
}

func hasMessage(o *unstructured.Unstructured, nodes map[string]node, want string) bool {
	message, _, _ := unstructured.NestedString(o.Object, "status", "message")
	if strings.Contains(message, want) {
		return true
	}
	for _, n := range nodes {
		if strings.Contains(n.Message, want) {
			return true
		}
	}
	return false
}

// hasNode looks for `displayName=Phase`.
func hasNode(nodes map[string]node, want string) bool {
	for _, n := range nodes {
		if n.DisplayName+"="+n.Phase == want {
			return true
		}
	}
	return false
}

// runCheck prints sample, expected and actual state of every workflow and
// inference service with an expectation and fails if one differs, or if there is none at all.
func runCheck(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "check")
	if err != nil {
		return err
	}
	list, err := a.dynamic.Resource(workflows).List(ctx, metav1.ListOptions{LabelSelector: "!" + benchLabel})
	if err != nil {
		return err
	}
	sort.Slice(list.Items, func(i, j int) bool { return list.Items[i].GetName() < list.Items[j].GetName() })
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SAMPLE\tEXPECTED\tACTUAL\tNODES\tDIFFERENCE")
	different, seen := 0, 0
	for i := range list.Items {
		o := &list.Items[i]
		if o.GetAnnotations()[expectPhase] == "" {
			continue
		}
		seen++
		actual, why := reached(o)
		if why != "" {
			different++
		}
		nodes, _ := nodesOf(o)
		fmt.Fprintf(table, "%s/%s\t%s\t%s\t%d\t%s\n",
			o.GetNamespace(), o.GetName(), o.GetAnnotations()[expectPhase], actual, len(nodes), why)
	}
	others, wrong, err := a.checkPromises(ctx, table)
	if err != nil {
		return err
	}
	seen, different = seen+others, different+wrong
	if err := table.Flush(); err != nil {
		return err
	}
	if different > 0 || seen == 0 {
		return fmt.Errorf("%d of %d samples differ", different, seen)
	}
	return nil
}
