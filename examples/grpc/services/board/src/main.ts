/** Board: what people ask over HTTP, answered by calls of gRPC. Islet gives PORT, HOST and TIDES_URL. */
import { createBoard } from './board.ts';
import { connectGauges } from './gauges.ts';
import { log } from './log.ts';

const { PORT = '8080', HOST = '127.0.0.1', TIDES_URL } = process.env;
if (TIDES_URL === undefined) throw new Error('TIDES_URL is not set: the board asks the gauges there');

const server = createBoard(connectGauges(TIDES_URL));
server.listen(Number(PORT), HOST, () => log('info', 'listening', { host: HOST, port: Number(PORT) }));

process.once('SIGTERM', () => {
  log('info', 'stopping');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
