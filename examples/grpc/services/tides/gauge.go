package main

import (
	"context"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"example.com/harbour/tides/tidespb"
)

// gauge reads levels. Every so many readings it calibrates itself, and has none.
type gauge struct {
	tidespb.UnimplementedTidesServer
	name       string
	restsEvery uint64
	readings   atomic.Uint64
}

// newGauge begins at a reading of its own, by the number at the end of its name: gauges that rested all at once would leave nobody to ask.
func newGauge(name string, restsEvery uint64) *gauge {
	g := &gauge{name: name, restsEvery: restsEvery}
	if number, err := strconv.ParseUint(name[strings.LastIndex(name, "-")+1:], 10, 32); err == nil {
		g.readings.Store(number * restsEvery / 3)
	}
	return g
}

func (g *gauge) GetLevel(_ context.Context, request *tidespb.GetLevelRequest) (*tidespb.Level, error) {
	harbour, err := find(request.GetHarbour())
	if err != nil {
		return nil, err
	}
	if reading := g.readings.Add(1); g.restsEvery > 0 && reading%g.restsEvery == 0 {
		return nil, status.Errorf(codes.Unavailable, "%s calibrates itself", g.name)
	}
	return g.read(harbour, time.Now()), nil
}

// WatchLevel ends when its caller goes away, when its deadline passes, or after as many levels as asked for.
func (g *gauge) WatchLevel(request *tidespb.WatchLevelRequest, stream grpc.ServerStreamingServer[tidespb.Level]) error {
	harbour, err := find(request.GetHarbour())
	if err != nil {
		return err
	}
	every := time.Duration(request.GetEveryMs()) * time.Millisecond
	if every == 0 {
		every = time.Second
	}
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for sent := uint32(1); ; sent++ {
		if err := stream.Send(g.read(harbour, time.Now())); err != nil {
			return err
		}
		if sent == request.GetCount() {
			return nil
		}
		select {
		case <-stream.Context().Done():
			return status.FromContextError(stream.Context().Err()).Err()
		case <-ticks.C:
		}
	}
}

func (g *gauge) read(harbour harbour, at time.Time) *tidespb.Level {
	metres := harbour.level(at)
	return &tidespb.Level{
		Harbour: harbour.name,
		At:      timestamppb.New(at),
		Metres:  math.Round(metres*1000) / 1000,
		Rising:  harbour.level(at.Add(time.Minute)) > metres,
		Gauge:   g.name,
	}
}

func find(name string) (harbour, error) {
	for _, harbour := range harbours {
		if harbour.name == name {
			return harbour, nil
		}
	}
	return harbour{}, status.Errorf(codes.NotFound, "there is no harbour %q", name)
}
