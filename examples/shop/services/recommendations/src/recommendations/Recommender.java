package recommendations;

import static java.util.Comparator.comparingInt;

import java.util.List;
import java.util.Optional;

/** Chooses what goes with a product. */
final class Recommender {
    private Recommender() {}

    /** The products in stock whose price is closest, closest first; empty when the product is unknown. */
    static Optional<List<String>> recommend(String sku, List<Product> products, int atMost) {
        return products.stream()
                .filter(product -> product.sku().equals(sku))
                .findFirst()
                .map(chosen -> products.stream()
                        .filter(other -> other.stock() > 0 && !other.sku().equals(sku))
                        .sorted(comparingInt((Product other) -> Math.abs(other.priceCents() - chosen.priceCents()))
                                .thenComparing(Product::sku))
                        .limit(atMost)
                        .map(Product::sku)
                        .toList());
    }
}
