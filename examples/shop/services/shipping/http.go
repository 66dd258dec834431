package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxPieces    = 10_000
	maxBodyBytes = 64 << 10
)

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /quote", getQuote)
	mux.HandleFunc("PUT /shipments/{order}", putShipment)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, map[string]string{"status": "live"}) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, map[string]string{"status": "ready"}) })
	return mux
}

func getQuote(w http.ResponseWriter, r *http.Request) {
	pieces, err := strconv.Atoi(r.URL.Query().Get("pieces"))
	if err != nil || !possible(pieces) {
		refusePieces(w)
		return
	}
	reply(w, http.StatusOK, quote(pieces))
}

func putShipment(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Pieces int `json:"pieces"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes)).Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest, "bad_request", "The body must be JSON: {\"pieces\": 1}.")
		return
	}
	if !possible(body.Pieces) {
		refusePieces(w)
		return
	}
	reply(w, http.StatusOK, book(r.PathValue("order"), body.Pieces))
}

func possible(pieces int) bool {
	return pieces >= 1 && pieces <= maxPieces
}

func refusePieces(w http.ResponseWriter) {
	refuse(w, http.StatusBadRequest, "bad_request", fmt.Sprintf("pieces must be a whole number from 1 to %d.", maxPieces))
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]string{"error": code, "message": message})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// It fails only when the caller has gone, who then needs no answer.
	_ = json.NewEncoder(w).Encode(body)
}

// logged writes one line for each request.
func logged(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		startedAt := time.Now()
		recorded := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorded, r)
		logger.Info("request",
			"method", r.Method,
			"path", r.URL.Path,
			"status", recorded.status,
			"ms", float64(time.Since(startedAt).Microseconds())/1000,
			"traceId", traceID(r.Header.Get("traceparent")))
	})
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// traceID takes the trace's id out of a traceparent header (W3C Trace Context): version-trace-parent-flags.
func traceID(traceparent string) string {
	if parts := strings.Split(traceparent, "-"); len(parts) >= 4 {
		return parts[1]
	}
	return ""
}
