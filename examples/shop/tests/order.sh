#!/bin/sh
# Places an order through the gateway, twice with one Idempotency-Key, and reads it back.
# usage: tests/order.sh [base URL]
set -eu

base=${1:-http://localhost:8080}
key=order-sh-$(date +%s)-$$
body='{"items":[{"sku":"amber-skerry","quantity":2}],"card":"4242 4242 4242 4242"}'

fail() {
  echo "order.sh: $*" >&2
  exit 1
}

# request METHOD PATH [curl arguments]: sets $status and $answer
request() {
  method=$1 path=$2
  shift 2
  answer=$(curl --silent --show-error --max-time 15 --request "$method" --write-out '\n%{http_code}' "$@" "$base$path") ||
    fail "$method $path: no answer from $base"
  status=$(printf '%s\n' "$answer" | tail -n 1)
  answer=$(printf '%s\n' "$answer" | sed '$d')
}

place() {
  request POST /api/orders --header 'Content-Type: application/json' --header "Idempotency-Key: $key" --data "$1"
}

# field NAME: a string of the answer
field() {
  printf '%s\n' "$answer" | sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"
}

request GET /api/catalog/products
[ "$status" = 200 ] || fail "listing products answered $status: $answer"
case $answer in *'"sku":"amber-skerry"'*) ;; *) fail "there is no amber-skerry in $answer" ;; esac

place "$body"
[ "$status" = 201 ] || fail "placing the order answered $status: $answer"
first=$answer
id=$(printf '%s\n' "$answer" | sed -n 's/^{"id": *"\([^"]*\)".*/\1/p')
[ -n "$id" ] || fail "there is no id in $answer"
case $answer in *'"totalCents":6400'*) ;; *) fail "the total is not 6400 in $answer" ;; esac
[ "$(field payment)" = authorized ] || echo "order.sh: note: payment is $(field payment)"

place "$body"
[ "$status" = 201 ] || fail "the replay answered $status: $answer"
[ "$answer" = "$first" ] || fail "the replay answered $answer, and not $first"

place '{"items":[{"sku":"amber-skerry","quantity":1}],"card":"4242 4242 4242 4242"}'
[ "$status" = 422 ] || fail "another order under the same key answered $status: $answer"

request GET "/api/orders/$id"
[ "$status" = 200 ] || fail "reading the order answered $status: $answer"
[ "$answer" = "$first" ] || fail "the order reads $answer, and not $first"

request PUT "/reservations/$id" --data "$body"
[ "$status" = 404 ] || fail "an internal path answered $status from outside"

echo "order.sh: order $id is placed once, and reads back the same"
