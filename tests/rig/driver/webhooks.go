package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// runWebhooks writes a certificate for a server of admission webhooks
// (`tls.crt`, `tls.key` in a folder), or registers the webhooks of a manifest
// at that server instead of at a Service, which nothing here would route to.
func runWebhooks(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("webhooks", flag.ContinueOnError)
	kubeconfig := kubeconfigFlag(flags)
	folder := flags.String("certificate", "", "folder of tls.crt and tls.key")
	port := flags.Int("port", 0, "loopback port of the webhooks' server")
	answer := flags.Int("answer", 0, "only see whether the driver's own webhooks answer at this port")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *answer != 0 {
		return answers(ctx, *answer)
	}
	if flags.NArg() == 0 {
		return writeCertificate(*folder)
	}
	bundle, err := os.ReadFile(filepath.Join(*folder, "tls.crt"))
	if err != nil {
		return err
	}
	a, err := connect(*kubeconfig, "webhooks")
	if err != nil {
		return err
	}
	for _, file := range flags.Args() {
		objects, err := readObjects(file)
		if err != nil {
			return err
		}
		for _, o := range objects {
			if err := redirect(o, *port, bundle); err != nil {
				return fmt.Errorf("%s %s: %w", o.GetKind(), o.GetName(), err)
			}
			if err := a.apply(ctx, o); err != nil {
				return fmt.Errorf("%s %s: %w", o.GetKind(), o.GetName(), err)
			}
		}
	}
	return nil
}

func writeCertificate(folder string) error {
	certificate, err := ownCertificate()
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		return err
	}
	for name, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]},
		"tls.key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// redirect gives each webhook of a configuration the address on loopback.
func redirect(o *unstructured.Unstructured, port int, bundle []byte) error {
	hooks, found, err := unstructured.NestedSlice(o.Object, "webhooks")
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("it has no webhooks")
	}
	for _, one := range hooks {
		hook, ok := one.(map[string]any)
		if !ok {
			return fmt.Errorf("a webhook is no object")
		}
		path, _, err := unstructured.NestedString(hook, "clientConfig", "service", "path")
		if err != nil {
			return err
		}
		hook["clientConfig"] = map[string]any{
			"url":      fmt.Sprintf("https://127.0.0.1:%d%s", port, path),
			"caBundle": base64.StdEncoding.EncodeToString(bundle),
		}
	}
	unstructured.RemoveNestedField(o.Object, "metadata", "creationTimestamp")
	return unstructured.SetNestedSlice(o.Object, hooks, "webhooks")
}

// answers asks a server of webhooks of the driver whether it is ready. Its
// certificate is its own: nothing is sent that would need another.
func answers(ctx context.Context, port int) error {
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // loopback, and only a look
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("https://127.0.0.1:%d/readyz", port), nil)
	if err != nil {
		return err
	}
	reply, err := client.Do(request)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("port %d answers %s", port, reply.Status)
	}
	return nil
}
