/** Orders. Islet gives PORT, HOST, DATABASE_URL and where the used services are, and has applied the migrations. */
import { randomUUID } from 'node:crypto';
import { connect } from './http-services.ts';
import { log } from './log.ts';
import { openPostgresStore } from './postgres-store.ts';
import { routes } from './routes.ts';
import { createService } from './server.ts';
import { keepSweeping } from './sweep.ts';

const { PORT = '8080', HOST = '127.0.0.1', DATABASE_URL, CATALOG_URL, PAYMENTS_URL, SHIPPING_URL } = process.env;
if (DATABASE_URL === undefined) throw new Error('DATABASE_URL is not set: orders are kept in PostgreSQL');

const shop = {
  store: openPostgresStore(DATABASE_URL),
  services: connect({ catalog: CATALOG_URL, payments: PAYMENTS_URL, shipping: SHIPPING_URL }),
  newId: randomUUID,
};
const server = createService(routes(shop));
const stopping = new AbortController();
const sweeping = keepSweeping(shop, stopping.signal);

server.listen(Number(PORT), HOST, () => log('info', 'listening', { host: HOST, port: Number(PORT) }));

process.once('SIGTERM', () => {
  log('info', 'stopping');
  stopping.abort();
  server.close(() => void sweeping.then(() => shop.store.close()));
});
