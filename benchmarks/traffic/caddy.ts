import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender, Rig, Spoken } from './contender.ts';
import { freePort, PROXY_CORE, type Server, startServer } from './server.ts';
import { versionOf } from './version.ts';

export async function caddy(): Promise<Contender> {
  return {
    name: `Caddy ${await versionOf('caddy', ['version'], /v?(\d+\.\d+\.\d+)/)}`,
    features: 'its defaults; no retries, access log, ids or trace context',
    speaks: ['plain', 'tls', 'grpc'],
    compiles: false,
    start,
  };
}

async function start({ folder, backendPort, grpcPort, certificate, signal }: Rig, spoken: Spoken): Promise<Server> {
  const port = await freePort();
  const file = join(folder, 'Caddyfile');
  const { cert, key } = certificate;
  const protocols = spoken === 'grpc' ? 'h1 h2c' : 'h1 h2';
  const site = `${spoken === 'tls' ? 'https' : 'http'}://127.0.0.1:${port}`;
  const to = spoken === 'grpc' ? `h2c://127.0.0.1:${grpcPort}` : `127.0.0.1:${backendPort}`;
  await writeFile(
    file,
    `{
  admin off
  auto_https off
  servers {
    protocols ${protocols}
  }
}
${site} {
  ${spoken === 'tls' ? `tls ${cert} ${key}` : ''}
  reverse_proxy ${to}
}
`,
  );
  const argv = ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'];
  const env = { GOMAXPROCS: '1', XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return await startServer({ argv, cwd: folder, env, cores: PROXY_CORE, port, signal });
}
