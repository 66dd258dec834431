package recommendations;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The few lines of a test framework that these tests need. */
final class Tests {
    interface Body {
        void run() throws Exception;
    }

    private final Map<String, Body> bodies = new LinkedHashMap<>();

    void add(String rule, Body body) {
        bodies.put(rule, body);
    }

    /** Runs all, also after a failure. */
    boolean run() {
        var failed = 0;
        for (var test : bodies.entrySet()) {
            try {
                test.getValue().run();
                System.out.println("ok   " + test.getKey());
            } catch (Exception | AssertionError failure) {
                failed++;
                System.out.println("FAIL " + test.getKey());
                failure.printStackTrace(System.out);
            }
        }
        System.out.printf("%d tests, %d failed%n", bodies.size(), failed);
        return failed == 0;
    }

    static void equal(Object expected, Object actual) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError("expected " + expected + ", got " + actual);
        }
    }

    static void fails(Class<? extends Exception> kind, Body body) {
        try {
            body.run();
        } catch (Exception failure) {
            if (kind.isInstance(failure)) {
                return;
            }
            throw new AssertionError("expected " + kind.getSimpleName(), failure);
        }
        throw new AssertionError("expected " + kind.getSimpleName());
    }
}
