/** Catalog: products and stock. Islet gives PORT, HOST and DATABASE_URL, and has applied the migrations. */
import { log } from './log.ts';
import { openPostgresStore } from './postgres-store.ts';
import { routes } from './routes.ts';
import { createService } from './server.ts';

const { PORT = '8080', HOST = '127.0.0.1', DATABASE_URL } = process.env;
if (DATABASE_URL === undefined)
  throw new Error('DATABASE_URL is not set: the catalog keeps its products in PostgreSQL');

const store = openPostgresStore(DATABASE_URL);
const server = createService(routes(store));

server.listen(Number(PORT), HOST, () => log('info', 'listening', { host: HOST, port: Number(PORT) }));

process.once('SIGTERM', () => {
  log('info', 'stopping');
  server.close(() => void store.close());
});
