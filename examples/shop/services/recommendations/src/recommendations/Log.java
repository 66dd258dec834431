package recommendations;

import java.time.Instant;
import java.util.LinkedHashMap;

/** One JSON object per line on stdout. */
final class Log {
    private Log() {}

    static void write(String level, String message, Object... namesAndValues) {
        var line = new LinkedHashMap<String, Object>();
        line.put("time", Instant.now().toString());
        line.put("level", level);
        line.put("message", message);
        for (var i = 0; i < namesAndValues.length; i += 2) {
            line.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        System.out.println(Json.write(line));
    }
}
