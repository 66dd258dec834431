#!/bin/sh
# Compiles and runs the tests with nothing but the JDK. Run it in the service's folder.
set -eu
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
javac -Xlint:all,-serial -Werror -d "$classes" -sourcepath src:test test/recommendations/AllTests.java
java -cp "$classes" recommendations.AllTests
