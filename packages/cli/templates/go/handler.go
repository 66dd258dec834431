package main

import (
	"encoding/json"
	"log"
	"net/http"
)

func newHandler(name string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]string{"service": name, "message": "Hello from " + name})
	})
	// Ready to take traffic. Check here what every request needs, such as the database.
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]string{"status": "ready"})
	})
	// Running at all. Must not ask anything else, or one broken database restarts everything.
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]string{"status": "live"})
	})
	return mux
}

func writeJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		log.Printf("the answer could not be written: %v", err)
	}
}
