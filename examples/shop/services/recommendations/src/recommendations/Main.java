package recommendations;

import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;

/** Starts the service. Islet gives PORT, HOST and CATALOG_URL. */
public final class Main {
    public static void main(String[] arguments) throws Exception {
        var host = environment("HOST", "127.0.0.1");
        var port = Integer.parseInt(environment("PORT", "8080"));
        var catalog = new HttpCatalog(URI.create(environment("CATALOG_URL", "http://127.0.0.1:8081")));

        var service = new Service(new InetSocketAddress(host, port), new CachedCatalog(catalog, Clock.systemUTC()));
        service.start();
        Log.write("info", "listening", "host", host, "port", port);

        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            Log.write("info", "stopping");
            service.stop();
            // Without this, a JVM that was told to stop ends with 143, which looks like a crash.
            Runtime.getRuntime().halt(0);
        }));
    }

    private static String environment(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }
}
