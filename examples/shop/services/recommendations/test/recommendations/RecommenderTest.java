package recommendations;

import static recommendations.Tests.equal;

import java.util.List;
import java.util.Optional;

final class RecommenderTest {
    private static final List<Product> PRODUCTS = List.of(
            new Product("atoll", 1000, 5),
            new Product("beacon", 1300, 5),
            new Product("cay", 1100, 5),
            new Product("dune", 1100, 5),
            new Product("sold-out", 1001, 0));

    static void addTo(Tests tests) {
        tests.add("recommends what is closest in price first, and by sku where that is equal", () ->
                equal(Optional.of(List.of("cay", "dune", "beacon")), Recommender.recommend("atoll", PRODUCTS, 4)));

        tests.add("recommends no more than it is asked for", () ->
                equal(Optional.of(List.of("cay")), Recommender.recommend("atoll", PRODUCTS, 1)));

        tests.add("recommends for a product that is sold out", () ->
                equal(Optional.of(List.of("atoll")), Recommender.recommend("sold-out", PRODUCTS, 1)));

        tests.add("recommends nothing for a product that is not", () ->
                equal(Optional.empty(), Recommender.recommend("nowhere", PRODUCTS, 4)));
    }
}
