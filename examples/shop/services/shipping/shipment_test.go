package main

import "testing"

func TestQuoteTakesTheSmallestServiceThatFits(t *testing.T) {
	for _, test := range []struct {
		pieces, costCents int
		service           string
	}{
		{pieces: 1, service: "letter tube", costCents: 390},
		{pieces: 2, service: "letter tube", costCents: 390},
		{pieces: 3, service: "parcel", costCents: 650},
		{pieces: 20, service: "parcel", costCents: 990},
		{pieces: 21, service: "crate", costCents: 2215},
	} {
		got := quote(test.pieces)
		if got.Service != test.service || got.CostCents != test.costCents {
			t.Errorf("quote(%d) = %+v, want %s for %d", test.pieces, got, test.service, test.costCents)
		}
	}
}

func TestBookingTwiceIsBookingOnce(t *testing.T) {
	if first, second := book("order-1", 3), book("order-1", 3); first != second {
		t.Errorf("booked %+v, then %+v", first, second)
	}
}

func TestOrdersHaveDifferentTrackingNumbers(t *testing.T) {
	if book("order-1", 1).Tracking == book("order-2", 1).Tracking {
		t.Error("two orders got one tracking number")
	}
}
