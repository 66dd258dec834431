import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender, Rig, Spoken } from './contender.ts';
import { freePort, PROXY_CORE, type Server, startServer } from './server.ts';
import { versionOf } from './version.ts';

export async function nginx(): Promise<Contender> {
  return {
    name: `nginx ${await versionOf('nginx', ['-v'], /nginx\/([\d.]+)/)}`,
    features: 'timeouts; no retries, counters, access log, ids or trace context',
    speaks: ['plain', 'tls', 'grpc'],
    compiles: false,
    start,
  };
}

async function start({ folder, backendPort, grpcPort, certificate, signal }: Rig, spoken: Spoken): Promise<Server> {
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  const { cert, key } = certificate;
  const listen = { plain: '', tls: 'ssl http2', grpc: 'http2' }[spoken];
  const pass =
    spoken === 'grpc'
      ? 'grpc_pass grpc://service; grpc_connect_timeout 500ms; grpc_read_timeout 15s;'
      : `proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 500ms; proxy_read_timeout 15s;`;
  await writeFile(
    file,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr error;
events { worker_connections 8000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 75s; tcp_nodelay on;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream service {
    server 127.0.0.1:${spoken === 'grpc' ? grpcPort : backendPort}; keepalive 256; keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} ${listen} backlog=4096;
    ${spoken === 'tls' ? `ssl_certificate ${cert}; ssl_certificate_key ${key};` : ''}
    location / {
      ${pass}
    }
  }
}
`,
  );
  const argv = ['nginx', '-p', folder, '-c', file, '-e', 'stderr'];
  return await startServer({ argv, cwd: folder, cores: PROXY_CORE, port, signal });
}
