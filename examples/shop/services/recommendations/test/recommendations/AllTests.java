package recommendations;

/** Runs every test, and ends with 1 if one fails. */
public final class AllTests {
    public static void main(String[] arguments) {
        var tests = new Tests();
        RecommenderTest.addTo(tests);
        CachedCatalogTest.addTo(tests);
        JsonTest.addTo(tests);
        ServiceTest.addTo(tests);
        System.exit(tests.run() ? 0 : 1);
    }
}
