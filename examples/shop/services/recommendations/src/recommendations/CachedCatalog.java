package recommendations;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A catalog that is asked at most every few seconds. While the list is renewed, or cannot be, the last one serves: for a
 * recommendation, old is better than none, and a slow catalog slows only the one request that renews.
 */
final class CachedCatalog implements Catalog {
    static final Duration FRESH = Duration.ofSeconds(5);

    private record Entry(List<Product> products, Instant askedAt) {}

    private final Catalog origin;
    private final Clock clock;
    private final ReentrantLock renewing = new ReentrantLock();
    private volatile Entry entry;

    CachedCatalog(Catalog origin, Clock clock) {
        this.origin = origin;
        this.clock = clock;
    }

    @Override
    public List<Product> products(String traceparent) {
        var known = entry;
        if (known == null) {
            return first(traceparent);
        }
        if (isStale(known) && renewing.tryLock()) {
            try {
                renew(known, traceparent);
            } finally {
                renewing.unlock();
            }
        }
        return entry.products();
    }

    /** Nothing is known yet: one asks, the others wait for what it learns. */
    private List<Product> first(String traceparent) {
        renewing.lock();
        try {
            if (entry == null) {
                entry = new Entry(origin.products(traceparent), clock.instant());
            }
            return entry.products();
        } finally {
            renewing.unlock();
        }
    }

    private boolean isStale(Entry known) {
        return !clock.instant().isBefore(known.askedAt().plus(FRESH));
    }

    /** A failure counts as asked too, so that a catalog in trouble is not asked by every request. */
    private void renew(Entry known, String traceparent) {
        try {
            entry = new Entry(origin.products(traceparent), clock.instant());
        } catch (CatalogUnavailable unavailable) {
            Log.write("warn", "catalog unavailable, the last list serves", "error", String.valueOf(unavailable.getCause()));
            entry = new Entry(known.products(), clock.instant());
        }
    }
}
