package recommendations;

import java.util.List;

/** Where the products come from. */
interface Catalog {
    /**
     * Gives every product.
     *
     * @param traceparent the trace which the question belongs to, or null
     * @throws CatalogUnavailable when there is no answer
     */
    List<Product> products(String traceparent);
}
