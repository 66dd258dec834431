import { createServer } from 'node:http';

/*
 * A service that does nothing else: what its instrument costs is all that differs. `/cpu` tells its processor time in
 * microseconds since it began; `/print` prints a line for the request.
 */
const server = createServer((request, response) => {
  if (request.url === '/print') console.log('order %d placed', 7);
  if (request.url !== '/cpu') return void response.end('{"ok":true}');
  const { user, system } = process.cpuUsage();
  response.end(String(user + system));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : 0}\n`);
});
