import { createServer } from 'node:http';

/* It has a database, and leaves it to the benchmark. */
createServer((_request, response) => response.end('ok')).listen(process.env.PORT, process.env.HOST);
