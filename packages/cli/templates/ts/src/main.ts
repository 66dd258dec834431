import { createApp } from './app.ts';

const name = process.env['ISLET_SERVICE'] ?? 'my-service';
const port = Number(process.env['PORT'] ?? 3000);
const host = process.env['HOST'] ?? '127.0.0.1';

const server = createApp({ name });
server.listen(port, host, () => console.log(`${name} listens on http://${host}:${port}`));

// No new requests arrive by now: finish those in flight, then end.
process.on('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});
