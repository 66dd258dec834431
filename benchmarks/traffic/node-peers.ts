import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../support/program.ts';
import type { Contender, Rig } from './contender.ts';
import { freePort, PROXY_CORE, type Server, startServer } from './server.ts';

interface NodeGateway {
  readonly packages: Readonly<Record<string, string>>;
  /** A module that listens on `PORT` and passes all on to `BACKEND`. */
  readonly source: string;
}

/** The gateways that Node projects use, as their own front pages say to use them, with connections kept. */
const GATEWAYS: Readonly<Record<string, NodeGateway>> = {
  '@fastify/http-proxy': {
    packages: { fastify: '5.12.8', '@fastify/http-proxy': '11.6.3' },
    source: `import Fastify from 'fastify';
import proxy from '@fastify/http-proxy';
const app = Fastify();
app.register(proxy, { upstream: process.env.BACKEND, undici: { connections: 128, pipelining: 1 } });
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
`,
  },
  'http-proxy-3': {
    packages: { 'http-proxy-3': '2.0.1' },
    source: `import { Agent } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
createProxyServer({ target: process.env.BACKEND, agent }).listen(Number(process.env.PORT), '127.0.0.1');
`,
  },
  'http-proxy-middleware': {
    packages: { 'http-proxy-middleware': '4.2.2', express: '5.3.0' },
    source: `import { Agent } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const app = express();
app.use(createProxyMiddleware({ target: process.env.BACKEND, agent }));
app.listen(Number(process.env.PORT), '127.0.0.1');
`,
  },
  'express-http-proxy': {
    packages: { 'express-http-proxy': '2.1.2', express: '5.3.0' },
    source: `import { Agent } from 'node:http';
import express from 'express';
import proxy from 'express-http-proxy';
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const app = express();
// By itself it asks for each connection to be closed.
const keep = ({ headers, ...options }) => ({ ...options, agent, headers: { ...headers, connection: 'keep-alive' } });
app.use(proxy(process.env.BACKEND, { proxyReqOptDecorator: keep }));
app.listen(Number(process.env.PORT), '127.0.0.1');
`,
  },
  'fast-proxy': {
    packages: { 'fast-proxy': '2.2.0' },
    source: `import { createServer } from 'node:http';
import fastProxy from 'fast-proxy';
const { proxy } = fastProxy({ base: process.env.BACKEND });
createServer((request, response) => proxy(request, response, request.url, {})).listen(Number(process.env.PORT), '127.0.0.1');
`,
  },
};

const INSTALL_MS = 180_000;

/** Installs them from npm into a temporary folder, once for the run. */
export async function nodePeers(folder: string, signal: AbortSignal): Promise<readonly Contender[]> {
  const peers: Contender[] = [];
  for (const [name, gateway] of Object.entries(GATEWAYS)) {
    const home = join(folder, 'node-peers', String(peers.length));
    const file = await install(home, gateway, signal);
    peers.push({
      name: `${name} ${gateway.packages[name]}`,
      features: 'its defaults, with connections kept; no retries, limits, breaker, access log or trace context',
      speaks: ['plain'],
      compiles: true,
      start: (rig) => start(rig, file),
    });
  }
  return peers;
}

/** Each has a folder of its own, so that none gets another's version of what both need. */
async function install(home: string, { packages, source }: NodeGateway, signal: AbortSignal): Promise<string> {
  const file = join(home, 'gateway.js');
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'package.json'), '{ "type": "module", "private": true }');
  await writeFile(file, source);
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const argv = ['npm', 'install', ...flags, ...wanted];
  await run({ argv, cwd: home, env: process.env, deadlineMs: INSTALL_MS, signal });
  return file;
}

async function start({ folder, backendPort, signal }: Rig, file: string): Promise<Server> {
  const port = await freePort();
  const env = { PORT: String(port), BACKEND: `http://127.0.0.1:${backendPort}`, NODE_ENV: 'production' };
  return await startServer({ argv: [process.execPath, file], cwd: folder, env, cores: PROXY_CORE, port, signal });
}
