package recommendations;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The service over HTTP. */
final class Service {
    private static final int THREADS = 8;
    private static final int BACKLOG = 128;
    private static final int STOP_SECONDS = 8;
    private static final int AT_MOST = 4;

    private final HttpServer server;
    private final Catalog catalog;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    /** Counts the requests under way, and the service itself. */
    private final Phaser underWay = new Phaser(1);

    Service(InetSocketAddress address, Catalog catalog) throws IOException {
        this.catalog = catalog;
        server = HttpServer.create(address, BACKLOG);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
    }

    void start() {
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Finishes what is under way, then closes. {@code HttpServer.stop(8)} would wait the 8 seconds also when idle. */
    void stop() {
        try {
            underWay.awaitAdvanceInterruptibly(underWay.arriveAndDeregister(), STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException | TimeoutException late) {
            Log.write("warn", "requests were still under way");
        }
        server.stop(0);
        threads.shutdown();
    }

    private void handle(HttpExchange exchange) throws IOException {
        var startedAt = System.nanoTime();
        underWay.register();
        try (exchange) {
            var answer = answer(exchange);
            send(exchange, answer);
            Log.write(
                    "info",
                    "request",
                    "method", exchange.getRequestMethod(),
                    "path", exchange.getRequestURI().getPath(),
                    "status", answer.status(),
                    "ms", (System.nanoTime() - startedAt) / 100_000 / 10.0,
                    "traceId", traceId(exchange));
        } finally {
            underWay.arriveAndDeregister();
        }
    }

    private record Answer(int status, Map<String, ?> body) {
        static Answer problem(int status, String code, String message) {
            return new Answer(status, Map.of("error", code, "message", message));
        }
    }

    private Answer answer(HttpExchange exchange) {
        try {
            return switch (exchange.getRequestURI().getPath()) {
                case "/api/recommendations" -> recommend(exchange);
                case "/livez" -> new Answer(200, Map.of("status", "live"));
                case "/readyz" -> new Answer(200, Map.of("status", "ready"));
                default -> Answer.problem(404, "not_found", "There is nothing here.");
            };
        } catch (CatalogUnavailable unavailable) {
            Log.write("warn", "catalog unavailable", "error", String.valueOf(unavailable.getCause()));
            return Answer.problem(503, "catalog_unavailable", "The catalog does not answer.");
        } catch (RuntimeException failure) {
            var trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            Log.write("error", "failed", "error", trace.toString());
            return Answer.problem(500, "internal", "Something went wrong on our side.");
        }
    }

    private Answer recommend(HttpExchange exchange) {
        if (!exchange.getRequestMethod().equals("GET")) {
            return Answer.problem(405, "method_not_allowed", "Only GET is possible here.");
        }
        var skus = parameters(exchange.getRequestURI().getRawQuery(), "sku");
        if (skus.size() != 1) {
            return Answer.problem(400, "bad_request", "Ask with one sku: ?sku=…");
        }
        var recommended = Recommender.recommend(skus.get(0), catalog.products(traceparent(exchange)), AT_MOST);
        return recommended
                .map(found -> new Answer(200, Map.of("recommendations", found)))
                .orElseGet(() -> Answer.problem(404, "unknown_sku", "There is no such product."));
    }

    private static List<String> parameters(String query, String name) {
        var values = new ArrayList<String>();
        for (var pair : (query == null ? "" : query).split("&")) {
            var parts = pair.split("=", 2);
            if (parts.length == 2 && parts[0].equals(name)) {
                values.add(URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        return values;
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        var body = Json.write(answer.body()).getBytes(StandardCharsets.UTF_8);
        // An unread body would be in the way of the connection's next request.
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
        exchange.sendResponseHeaders(answer.status(), body.length);
        exchange.getResponseBody().write(body);
    }

    private static String traceparent(HttpExchange exchange) {
        return exchange.getRequestHeaders().getFirst("traceparent");
    }

    /** The trace's id in a traceparent header (W3C Trace Context): version-trace-parent-flags. */
    private static String traceId(HttpExchange exchange) {
        var parts = traceparent(exchange) == null ? new String[0] : traceparent(exchange).split("-");
        return parts.length >= 4 ? parts[1] : null;
    }
}
