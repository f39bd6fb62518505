package main

import (
	"context"
	cryptorand "crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
)

// The ports given out lie below those the kernel hands to outgoing connections
// (from 32768). While a server is down its clients keep dialling its port; were
// it one of those, a client could be given that very port and connect to itself.
const firstPort, lastPort = 20000, 32000

// runPorts prints free loopback ports, all different: they are held open until
// the last is found.
func runPorts(_ context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: driver ports N")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for _, i := range rand.Perm(lastPort - firstPort) {
		if n == 0 {
			return nil
		}
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", firstPort+i))
		if err != nil {
			continue
		}
		defer listener.Close()
		fmt.Println(firstPort + i)
		n--
	}
	return fmt.Errorf("no free port from %d to %d", firstPort, lastPort)
}

// runKeys writes the RSA key that signs service account tokens.
func runKeys(_ context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: driver keys FILE")
	}
	key, err := rsa.GenerateKey(cryptorand.Reader, 2048)
	if err != nil {
		return err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return os.WriteFile(args[0], pem.EncodeToMemory(block), 0o600)
}
