package main

import (
	"math"
	"time"
)

// harbour has the heights, in metres, of the two waves that make most of a tide: that of the moon and that of the sun.
type harbour struct {
	name      string
	moon, sun float64
}

var harbours = []harbour{
	{name: "skerry", moon: 1.9, sun: 0.6},
	{name: "lagoon", moon: 0.2, sun: 0.1},
	{name: "strait", moon: 3.7, sun: 1.3},
}

const (
	// Half a lunar day and half a solar one.
	moonPeriod = 12*time.Hour + 25*time.Minute + 14*time.Second
	sunPeriod  = 12 * time.Hour
)

// level is highest where both waves are: at spring tide.
func (h harbour) level(at time.Time) float64 {
	return h.moon*wave(at, moonPeriod) + h.sun*wave(at, sunPeriod)
}

func wave(at time.Time, period time.Duration) float64 {
	turns := float64(at.UnixMilli()) / float64(period.Milliseconds())
	return math.Cos(2 * math.Pi * (turns - math.Floor(turns)))
}
