package recommendations;

import static recommendations.Tests.equal;
import static recommendations.Tests.fails;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

final class JsonTest {
    static void addTo(Tests tests) {
        tests.add("reads every kind of value", () -> {
            var text = " {\"a\": [1, -2.5e1, true, false, null], \"b\" : {}, \"c\": \"\\\"\\u00e9\\n/\" , \"d\": []} ";
            equal(
                    Map.of("a", Arrays.asList(1.0, -25.0, true, false, null), "b", Map.of(), "c", "\"é\n/", "d", List.of()),
                    Json.parse(text));
        });

        tests.add("writes what it can read", () -> {
            var value = Map.of("quoted \" \\ \n é", Arrays.asList(1.5, true, null, "text", Map.of()));
            equal(value, Json.parse(Json.write(value)));
        });

        for (var text : List.of("", "{", "[1,]", "{\"a\" 1}", "\"open", "\"\\u12", "\"\\x\"", "1 2", "nul", "[".repeat(100))) {
            tests.add("refuses " + text.substring(0, Math.min(10, text.length())), () ->
                    fails(IllegalArgumentException.class, () -> Json.parse(text)));
        }
    }
}
