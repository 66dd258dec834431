// Tides serves water levels over gRPC.
package main

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"example.com/harbour/tides/tidespb"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, logger); err != nil {
		logger.Error("stopped", "error", err)
		os.Exit(1)
	}
}

// run serves until ctx is done, and then lets the calls that are under way end.
func run(ctx context.Context, logger *slog.Logger) error {
	restsEvery, err := strconv.ParseUint(env("GAUGE_RESTS_EVERY", "0"), 10, 32)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(env("HOST", "127.0.0.1"), env("PORT", "8081")))
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(logged(logger)), grpc.StreamInterceptor(streamLogged(logger)))
	gauge := newGauge(env("ISLET_INSTANCE", "gauge-0"), restsEvery)
	tidespb.RegisterTidesServer(server, gauge)
	well := health.NewServer()
	well.SetServingStatus(tidespb.Tides_ServiceDesc.ServiceName, healthpb.HealthCheckResponse_SERVING)
	healthpb.RegisterHealthServer(server, well)

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	logger.Info("listening", "address", listener.Addr().String())

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// Islet has taken this instance out of the traffic before it asks it to stop: what is left ends soon.
	logger.Info("stopping")
	well.Shutdown()
	server.GracefulStop()
	return nil
}

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
