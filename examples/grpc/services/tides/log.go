package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func logged(logger *slog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		startedAt := time.Now()
		answer, err := handle(ctx, request)
		record(ctx, logger, info.FullMethod, startedAt, err)
		return answer, err
	}
}

func streamLogged(logger *slog.Logger) grpc.StreamServerInterceptor {
	return func(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
		startedAt := time.Now()
		err := handle(server, stream)
		record(stream.Context(), logger, info.FullMethod, startedAt, err)
		return err
	}
}

// record writes one line for each call. Probes come every few seconds and tell nobody anything.
func record(ctx context.Context, logger *slog.Logger, method string, startedAt time.Time, err error) {
	if strings.HasPrefix(method, "/grpc.health.") {
		return
	}
	logger.Info("call",
		"method", method,
		"status", status.Code(err).String(),
		"ms", float64(time.Since(startedAt).Microseconds())/1000,
		"traceId", traceID(ctx))
}

// traceID takes the trace's id out of traceparent (W3C Trace Context): version-trace-parent-flags.
func traceID(ctx context.Context) string {
	values := metadata.ValueFromIncomingContext(ctx, "traceparent")
	if len(values) == 0 {
		return ""
	}
	if parts := strings.Split(values[0], "-"); len(parts) >= 4 {
		return parts[1]
	}
	return ""
}
