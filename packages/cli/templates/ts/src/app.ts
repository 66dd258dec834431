import { createServer, type Server, type ServerResponse } from 'node:http';

export function createApp({ name }: { name: string }): Server {
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET') return send(response, 405, { error: 'method not allowed' });
    switch (pathname) {
      case '/':
        return send(response, 200, { service: name, message: `Hello from ${name}` });
      // Ready to take traffic. Check here what every request needs, such as the database.
      case '/readyz':
        return send(response, 200, { status: 'ready' });
      // Running at all. Must not ask anything else, or one broken database restarts everything.
      case '/livez':
        return send(response, 200, { status: 'live' });
      default:
        return send(response, 404, { error: 'not found' });
    }
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
