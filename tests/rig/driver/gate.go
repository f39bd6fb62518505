package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
)

// ownAddress is an address of this machine that is not a loopback one: the API
// server forwards to a pod only there.
func ownAddress() (net.IP, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
			return network.IP.To4(), nil
		}
	}
	return nil, fmt.Errorf("this machine has no IPv4 address but those of loopback")
}

// runAddress prints it.
func runAddress(context.Context, []string) error {
	address, err := ownAddress()
	if err == nil {
		fmt.Println(address)
	}
	return err
}

// runGate lets this machine, and nobody else, reach loopback ports by the same
// numbers on its other address, where the API server looks for the played pods
// of real servers.
func runGate(ctx context.Context, args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: driver gate ADDRESS PORT…")
	}
	var running sync.WaitGroup
	for _, port := range args[1:] {
		listener, err := net.Listen("tcp", net.JoinHostPort(args[0], port))
		if err != nil {
			return err
		}
		context.AfterFunc(ctx, func() { _ = listener.Close() })
		running.Go(func() { admit(listener, net.JoinHostPort("127.0.0.1", port)) })
	}
	running.Wait()
	return nil
}

func admit(listener net.Listener, to string) {
	for {
		outer, err := listener.Accept()
		if err != nil {
			return
		}
		go forward(outer, to)
	}
}

func forward(outer net.Conn, to string) {
	defer outer.Close()
	from, _, err := net.SplitHostPort(outer.RemoteAddr().String())
	if err != nil || !isOwn(from) {
		return
	}
	inner, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer inner.Close()
	var both sync.WaitGroup
	both.Go(func() { pipe(inner, outer) })
	both.Go(func() { pipe(outer, inner) })
	both.Wait()
}

// pipe copies until the end of one direction and tells the other side of it.
func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if half, ok := to.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
}

func isOwn(address string) bool {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addresses {
		if network, ok := a.(*net.IPNet); ok && network.IP.Equal(net.ParseIP(address)) {
			return true
		}
	}
	return false
}
