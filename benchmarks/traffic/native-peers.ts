import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contender, Rig } from './contender.ts';
import { freePort, PROXY_CORE, type Server, startServer } from './server.ts';

const exec = promisify(execFile);

/** The proxies that people use, each on one core, with connections to the service kept. */
export async function nativePeers(): Promise<readonly Contender[]> {
  const [haproxy, nginx, caddy] = await Promise.all([
    versionOf('haproxy', ['-v'], /version (\d+\.\d+\.\d+)/),
    versionOf('nginx', ['-v'], /nginx\/([\d.]+)/),
    versionOf('caddy', ['version'], /v?(\d+\.\d+\.\d+)/),
  ]);
  return [
    {
      name: `HAProxy ${haproxy}`,
      features: 'timeouts, retries with redispatch, least connections, counters; no access log, ids or trace context',
      start: startHaproxy,
    },
    {
      name: `nginx ${nginx}`,
      features: 'timeouts; no retries, counters, access log, ids or trace context',
      start: startNginx,
    },
    {
      name: `Caddy ${caddy}`,
      features: 'its defaults; no retries, access log, ids or trace context',
      start: startCaddy,
    },
  ];
}

async function startHaproxy({ folder, backendPort, signal }: Rig): Promise<Server> {
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
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
  bind 127.0.0.1:${port} backlog 4096
  default_backend service
backend service
  balance leastconn
  option forwardfor
  server one 127.0.0.1:${backendPort}
`,
  );
  const argv = ['haproxy', '-db', '-f', file];
  return await startServer({ argv, cwd: folder, cores: PROXY_CORE, port, signal });
}

async function startNginx({ folder, backendPort, signal }: Rig): Promise<Server> {
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr error;
events { worker_connections 8000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 75s; tcp_nodelay on;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream service { server 127.0.0.1:${backendPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 500ms; proxy_read_timeout 15s;
    }
  }
}
`,
  );
  const argv = ['nginx', '-p', folder, '-c', file, '-e', 'stderr'];
  return await startServer({ argv, cwd: folder, cores: PROXY_CORE, port, signal });
}

async function startCaddy({ folder, backendPort, signal }: Rig): Promise<Server> {
  const port = await freePort();
  const file = join(folder, 'Caddyfile');
  const site = `http://127.0.0.1:${port} {\n  reverse_proxy 127.0.0.1:${backendPort}\n}\n`;
  await writeFile(file, `{\n  admin off\n}\n${site}`);
  const argv = ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'];
  const env = { GOMAXPROCS: '1', XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return await startServer({ argv, cwd: folder, env, cores: PROXY_CORE, port, signal });
}

async function versionOf(program: string, args: readonly string[], pattern: RegExp): Promise<string> {
  const { stdout, stderr } = await exec(program, args).catch(() => {
    throw new Error(`${program} is not there: apt-get install haproxy nginx-light caddy wrk nghttp2-client`);
  });
  return pattern.exec(stdout + stderr)?.[1] ?? '';
}
