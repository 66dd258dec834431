package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	name := envOr("ISLET_SERVICE", "my-service")
	address := net.JoinHostPort(envOr("HOST", "127.0.0.1"), envOr("PORT", "3000"))
	server := &http.Server{
		Addr:              address,
		Handler:           newHandler(name),
		ReadHeaderTimeout: 5 * time.Second,
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()

	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	log.Printf("%s listens on http://%s", name, address)

	select {
	case err := <-ended:
		log.Fatal(err)
	case <-ctx.Done():
		// No new requests arrive by now: finish those in flight, then end.
		deadline, cancel := context.WithTimeout(context.Background(), 8*time.Second)
		defer cancel()
		if err := server.Shutdown(deadline); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}
}

func envOr(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
