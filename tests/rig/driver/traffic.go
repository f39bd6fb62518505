package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"midwatch.dev/rig/driver/traffic"
)

// runTraffic serves the simulated metrics of an inference platform. What they
// counted before --until is the history that runHistory wrote.
func runTraffic(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("traffic", flag.ContinueOnError)
	until := flags.Int64("until", time.Now().Unix(), "end of the history, in seconds since 1970")
	port := flags.Int("port", 0, "loopback port")
	if err := flags.Parse(args); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           traffic.New(time.Unix(*until, 0), nil).Handler(listener.Addr().String()),
		ReadHeaderTimeout: 10 * time.Second,
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// runHistory fills the folder of a Prometheus with the history, as blocks.
func runHistory(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("history", flag.ContinueOnError)
	until := flags.Int64("until", time.Now().Unix(), "end of the history, in seconds since 1970")
	promtool := flags.String("promtool", "promtool", "the tool that makes the blocks")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return fmt.Errorf("usage: driver history [FLAGS] FOLDER")
	}
	folder := flags.Arg(0)
	text := filepath.Join(filepath.Dir(folder), "history.txt")
	defer os.Remove(text)
	if err := writeHistory(text, time.Unix(*until, 0)); err != nil {
		return err
	}
	// One block of days: promtool reads the text once for each block.
	blocks := exec.CommandContext(ctx, *promtool, "tsdb", "create-blocks-from", "--max-block-duration=162h", "--quiet",
		"openmetrics", text, folder)
	blocks.Stdout, blocks.Stderr = os.Stdout, os.Stderr
	if err := blocks.Run(); err != nil {
		return fmt.Errorf("promtool: %w", err)
	}
	return os.WriteFile(folder+".filled", nil, 0o600)
}

func writeHistory(file string, until time.Time) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := traffic.WriteHistory(out, until); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
