package main

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"example.com/harbour/tides/tidespb"
)

// client is one of a gauge that is served in this process.
func client(t *testing.T, gauge *gauge) tidespb.TidesClient {
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	tidespb.RegisterTidesServer(server, gauge)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	dial := func(context.Context, string) (net.Conn, error) { return listener.Dial() }
	connection, err := grpc.NewClient("passthrough:gauge",
		grpc.WithContextDialer(dial), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return tidespb.NewTidesClient(connection)
}

func TestALevelIsBetweenTheTides(t *testing.T) {
	for _, harbour := range harbours {
		highest := harbour.moon + harbour.sun
		for at := time.UnixMilli(0); at.Before(time.UnixMilli(0).Add(48 * time.Hour)); at = at.Add(time.Hour) {
			if level := harbour.level(at); level > highest || level < -highest {
				t.Errorf("%s at %s: %f", harbour.name, at, level)
			}
		}
	}
}

func TestAnUnknownHarbourIsNotFound(t *testing.T) {
	_, err := client(t, &gauge{}).GetLevel(context.Background(), &tidespb.GetLevelRequest{Harbour: "atlantis"})
	if code := status.Code(err); code != codes.NotFound {
		t.Fatal(code)
	}
}

func TestAGaugeRestsAtEverySoManyReadings(t *testing.T) {
	tides := client(t, &gauge{restsEvery: 3})
	for reading := 1; reading <= 7; reading++ {
		_, err := tides.GetLevel(context.Background(), &tidespb.GetLevelRequest{Harbour: "skerry"})
		rests := status.Code(err) == codes.Unavailable
		if rests != (reading%3 == 0) {
			t.Errorf("reading %d: %v", reading, err)
		}
	}
}

func TestGaugesDoNotRestAllAtOnce(t *testing.T) {
	for number, first := range []uint64{0, 20, 40} {
		if gauge := newGauge(fmt.Sprintf("tides-a.0-%d", number), 60); gauge.readings.Load() != first {
			t.Errorf("%s begins at %d", gauge.name, gauge.readings.Load())
		}
	}
	if gauge := newGauge("alone", 60); gauge.readings.Load() != 0 {
		t.Error(gauge.readings.Load())
	}
}

func TestAStreamEndsAfterAsManyLevelsAsAskedFor(t *testing.T) {
	stream, err := client(t, &gauge{name: "g"}).WatchLevel(context.Background(),
		&tidespb.WatchLevelRequest{Harbour: "lagoon", EveryMs: 1, Count: 3})
	if err != nil {
		t.Fatal(err)
	}
	levels := 0
	for {
		level, err := stream.Recv()
		if err != nil {
			break
		}
		if level.GetGauge() != "g" {
			t.Error(level)
		}
		levels++
	}
	if levels != 3 {
		t.Fatal(levels)
	}
}
