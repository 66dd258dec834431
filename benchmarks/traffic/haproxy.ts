import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender, Rig, Spoken } from './contender.ts';
import { freePort, PROXY_CORE, type Server, startServer } from './server.ts';
import { versionOf } from './version.ts';

export async function haproxy(): Promise<Contender> {
  return {
    name: `HAProxy ${await versionOf('haproxy', ['-v'], /version (\d+\.\d+\.\d+)/)}`,
    features: 'timeouts, retries with redispatch, least connections, counters; no access log, ids or trace context',
    speaks: ['plain', 'tls', 'grpc'],
    compiles: false,
    start,
  };
}

async function start({ folder, backendPort, grpcPort, certificate, signal }: Rig, spoken: Spoken): Promise<Server> {
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  const bind = { plain: '', tls: `ssl crt ${certificate.both} alpn h2,http/1.1`, grpc: 'proto h2' }[spoken];
  const server = spoken === 'grpc' ? `127.0.0.1:${grpcPort} proto h2` : `127.0.0.1:${backendPort}`;
  await writeFile(
    file,
    `global
  nbthread 1
  maxconn 8000
defaults
  mode http
  option redispatch
  retries 1
  http-reuse always
  timeout connect 500ms
  timeout client 75s
  timeout server 15s
frontend public
  bind 127.0.0.1:${port} backlog 4096 ${bind}
  default_backend service
backend service
  balance leastconn
  option forwardfor
  server one ${server}
`,
  );
  return await startServer({ argv: ['haproxy', '-db', '-f', file], cwd: folder, cores: PROXY_CORE, port, signal });
}
