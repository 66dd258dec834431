package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
)

func get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	newHandler("my-service").ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
	return recorder
}

func TestSaysHello(t *testing.T) {
	var body map[string]string
	if err := json.NewDecoder(get(t, "/").Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	if body["message"] != "Hello from my-service" {
		t.Errorf("got %q", body["message"])
	}
}

func TestIsReadyAndLive(t *testing.T) {
	for _, path := range []string{"/readyz", "/livez"} {
		if code := get(t, path).Code; code != http.StatusOK {
			t.Errorf("%s: got %d", path, code)
		}
	}
}

func TestKnowsWhatItDoesNotHave(t *testing.T) {
	if code := get(t, "/nothing").Code; code != http.StatusNotFound {
		t.Errorf("got %d", code)
	}
}
