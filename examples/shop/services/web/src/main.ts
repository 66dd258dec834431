/** Web: the shop's pages. Islet gives PORT, HOST, CATALOG_URL and RECOMMENDATIONS_URL. */
import { loadAssets } from './assets.ts';
import { log } from './log.ts';
import { routes } from './routes.ts';
import { createService } from './server.ts';
import { connect } from './services.ts';

const { PORT = '8080', HOST = '127.0.0.1', CATALOG_URL, RECOMMENDATIONS_URL } = process.env;

const services = connect({ catalog: CATALOG_URL, recommendations: RECOMMENDATIONS_URL });
const server = createService(routes({ services, assets: loadAssets() }));

server.listen(Number(PORT), HOST, () => log('info', 'listening', { host: HOST, port: Number(PORT) }));

process.once('SIGTERM', () => {
  log('info', 'stopping');
  server.close();
});
