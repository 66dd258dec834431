package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestRoutes(t *testing.T) {
	for _, test := range []struct {
		method, target, body string
		status               int
	}{
		{method: "GET", target: "/livez", status: 200},
		{method: "GET", target: "/readyz", status: 200},
		{method: "GET", target: "/quote?pieces=2", status: 200},
		{method: "GET", target: "/quote?pieces=0", status: 400},
		{method: "GET", target: "/quote", status: 400},
		{method: "PUT", target: "/shipments/order-1", body: `{"pieces":1}`, status: 200},
		{method: "PUT", target: "/shipments/order-1", body: `{"pieces":-1}`, status: 400},
		{method: "PUT", target: "/shipments/order-1", body: `{"pieces":"one"}`, status: 400},
		{method: "PUT", target: "/shipments/order-1", body: ``, status: 400},
		{method: "POST", target: "/shipments/order-1", body: `{"pieces":1}`, status: 405},
		{method: "GET", target: "/nothing", status: 404},
	} {
		t.Run(test.method+" "+test.target+" "+test.body, func(t *testing.T) {
			response := httptest.NewRecorder()
			routes().ServeHTTP(response, httptest.NewRequest(test.method, test.target, strings.NewReader(test.body)))
			if response.Code != test.status {
				t.Errorf("status %d, want %d: %s", response.Code, test.status, response.Body)
			}
		})
	}
}

func TestShipmentHasTheFieldsThatOrdersExpects(t *testing.T) {
	response := httptest.NewRecorder()
	routes().ServeHTTP(response, httptest.NewRequest("PUT", "/shipments/order-1", strings.NewReader(`{"pieces":1}`)))
	var body map[string]any
	if err := json.Unmarshal(response.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"carrier", "service", "costCents", "etaDays", "tracking"} {
		if body[field] == nil {
			t.Errorf("no %s in %s", field, response.Body)
		}
	}
}

func TestRequestIsLoggedWithItsTrace(t *testing.T) {
	var lines bytes.Buffer
	request := httptest.NewRequest("GET", "/nothing", nil)
	request.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	logged(slog.New(slog.NewJSONHandler(&lines, nil)), routes()).ServeHTTP(httptest.NewRecorder(), request)
	for _, want := range []string{`"status":404`, `"traceId":"0af7651916cd43dd8448eb211c80319c"`} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("no %s in %s", want, lines.String())
		}
	}
}

func TestRunEndsWithoutErrorWhenItIsStopped(t *testing.T) {
	port := freePort(t)
	t.Setenv("PORT", port)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, slog.New(slog.NewJSONHandler(io.Discard, nil))) }()
	waitUntilReady(t, "http://127.0.0.1:"+port+"/readyz")

	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it did not end")
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

func waitUntilReady(t *testing.T, url string) {
	t.Helper()
	for range 200 {
		if response, err := http.Get(url); err == nil {
			response.Body.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it did not become ready")
}
