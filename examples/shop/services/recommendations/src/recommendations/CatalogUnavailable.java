package recommendations;

/** The catalog could not be asked, or gave no usable answer. */
final class CatalogUnavailable extends RuntimeException {
    CatalogUnavailable(Throwable cause) {
        super(cause);
    }
}
