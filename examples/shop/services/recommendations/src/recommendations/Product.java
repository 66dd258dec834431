package recommendations;

/** What a recommendation needs to know of a product. */
record Product(String sku, int priceCents, int stock) {}
