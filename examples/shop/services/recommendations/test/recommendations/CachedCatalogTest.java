package recommendations;

import static recommendations.Tests.equal;
import static recommendations.Tests.fails;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;

final class CachedCatalogTest {
    static void addTo(Tests tests) {
        tests.add("asks once while the list is fresh", () -> {
            var world = new World();
            world.cached.products(null);
            world.pass(CachedCatalog.FRESH.minusMillis(1));
            world.cached.products(null);
            equal(1, world.asked);
        });

        tests.add("asks again when the list is stale", () -> {
            var world = new World();
            world.cached.products(null);
            world.pass(CachedCatalog.FRESH);
            equal(2, world.cached.products(null).get(0).stock());
        });

        tests.add("serves the last list while the catalog is away, and asks for it only now and then", () -> {
            var world = new World();
            world.cached.products(null);
            world.away = true;
            world.pass(CachedCatalog.FRESH);
            equal(1, world.cached.products(null).get(0).stock());
            equal(1, world.cached.products(null).get(0).stock());
            equal(2, world.asked);
        });

        tests.add("fails while there never was a list, and recovers", () -> {
            var world = new World();
            world.away = true;
            fails(CatalogUnavailable.class, () -> world.cached.products(null));
            world.away = false;
            equal(2, world.cached.products(null).get(0).stock());
        });
    }

    /** A clock that is set by hand, and a catalog whose only stock is the number of times it was asked. */
    private static final class World extends Clock implements Catalog {
        final CachedCatalog cached = new CachedCatalog(this, this);
        boolean away;
        int asked;
        private Instant now = Instant.EPOCH;

        void pass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public List<Product> products(String traceparent) {
            asked++;
            if (away) {
                throw new CatalogUnavailable(null);
            }
            return List.of(new Product("atoll", 1000, asked));
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
