package recommendations;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The catalog service. */
final class HttpCatalog implements Catalog {
    private static final Duration TIMEOUT = Duration.ofSeconds(1);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();
    private final URI products;

    HttpCatalog(URI catalog) {
        products = catalog.resolve("/api/catalog/products");
    }

    @Override
    public List<Product> products(String traceparent) {
        var request = HttpRequest.newBuilder(products).timeout(TIMEOUT);
        if (traceparent != null) {
            request.header("traceparent", traceparent);
        }
        try {
            var response = client.send(request.build(), BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new IOException("the catalog answered " + response.statusCode());
            }
            return parse(response.body());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CatalogUnavailable(interrupted);
        } catch (IOException | RuntimeException failure) {
            throw new CatalogUnavailable(failure);
        }
    }

    private static List<Product> parse(String body) {
        var list = (List<?>) ((Map<?, ?>) Json.parse(body)).get("products");
        return list.stream().map(HttpCatalog::product).toList();
    }

    private static Product product(Object entry) {
        var fields = (Map<?, ?>) entry;
        return new Product(
                (String) fields.get("sku"),
                ((Number) fields.get("priceCents")).intValue(),
                ((Number) fields.get("stock")).intValue());
    }
}
