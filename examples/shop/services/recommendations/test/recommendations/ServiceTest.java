package recommendations;

import static recommendations.Tests.equal;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** The service over HTTP, with a catalog over HTTP behind it. */
final class ServiceTest {
    private static final String PRODUCTS =
            """
            {"products":[{"sku":"atoll","name":"Atoll","priceCents":1000,"stock":1},
                         {"sku":"cay","name":"Cay","priceCents":1100,"stock":1}]}""";
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    static void addTo(Tests tests) {
        for (var expected : Map.of(
                        "/api/recommendations?sku=atoll", 200,
                        "/api/recommendations?sku=nowhere", 404,
                        "/api/recommendations", 400,
                        "/nothing", 404,
                        "/livez", 200,
                        "/readyz", 200)
                .entrySet()) {
            tests.add("answers " + expected.getValue() + " to " + expected.getKey(), () -> with(200, PRODUCTS, world ->
                    equal(expected.getValue(), world.get(expected.getKey()).statusCode())));
        }

        tests.add("answers the skus, and passes the trace on", () -> with(200, PRODUCTS, world -> {
            var body = world.get("/api/recommendations?sku=atoll").body();
            equal(Map.of("recommendations", List.of("cay")), Json.parse(body));
            equal(World.TRACE, world.seenTrace.get());
        }));

        for (var body : List.of("", "<html>", "{}", "{\"products\":[{}]}")) {
            tests.add("answers 503 when the catalog answers '" + body + "'", () -> with(200, body, world ->
                    equal(503, world.get("/api/recommendations?sku=atoll").statusCode())));
        }

        tests.add("answers 503 when the catalog fails, and stays ready", () -> with(500, "", world -> {
            equal(503, world.get("/api/recommendations?sku=atoll").statusCode());
            equal(200, world.get("/readyz").statusCode());
        }));

        tests.add("finishes what is under way before it stops", ServiceTest::stopsAfterTheRequest);
    }

    private static void stopsAfterTheRequest() throws Exception {
        var asked = new CountDownLatch(1);
        var answer = new CountDownLatch(1);
        var service = new Service(ANY, trace -> {
            asked.countDown();
            await(answer);
            return List.of(new Product("atoll", 1000, 1));
        });
        service.start();
        var uri = URI.create("http://127.0.0.1:" + service.port() + "/api/recommendations?sku=atoll");
        var response = CLIENT.sendAsync(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
        await(asked);

        var stopping = new Thread(service::stop);
        stopping.start();
        answer.countDown();
        equal(200, response.get(5, TimeUnit.SECONDS).statusCode());
        stopping.join(Duration.ofSeconds(5).toMillis());
        equal(false, stopping.isAlive());
    }

    private static void await(CountDownLatch latch) {
        try {
            equal(true, latch.await(5, TimeUnit.SECONDS));
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    private record World(int port, AtomicReference<String> seenTrace) {
        static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        HttpResponse<String> get(String path) throws Exception {
            var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).header("traceparent", TRACE);
            return CLIENT.send(request.build(), BodyHandlers.ofString());
        }
    }

    private interface Check {
        void run(World world) throws Exception;
    }

    private static void with(int catalogStatus, String catalogBody, Check check) throws Exception {
        var seenTrace = new AtomicReference<String>();
        var catalog = HttpServer.create(ANY, 0);
        catalog.createContext("/api/catalog/products", exchange -> {
            seenTrace.set(exchange.getRequestHeaders().getFirst("traceparent"));
            var body = catalogBody.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(catalogStatus, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        catalog.start();
        var service = new Service(ANY, new HttpCatalog(URI.create("http://127.0.0.1:" + catalog.getAddress().getPort())));
        service.start();
        try {
            check.run(new World(service.port(), seenTrace));
        } finally {
            service.stop();
            catalog.stop(0);
        }
    }
}
