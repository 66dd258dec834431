import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, OTHER_CORES, type Server, startServer } from './server.ts';

/** What is asked for: the bodies are the same whoever carries them. */
export const PATHS = { small: '/api/small', large: '/api/large' } as const;

const SMALL_BYTES = 1_024;
const LARGE_BYTES = 100 * 1_024;

/** The service behind every proxy: nginx, which answers from memory and is never what limits. */
export async function startBackend(folder: string, signal: AbortSignal): Promise<Server> {
  const port = await freePort();
  const home = join(folder, 'backend');
  await mkdir(join(home, 'api'), { recursive: true });
  await writeFile(join(home, 'api', 'large'), Buffer.alloc(LARGE_BYTES, 'x'));
  await writeFile(join(home, 'nginx.conf'), configOf(home, port));
  const argv = ['nginx', '-p', home, '-c', join(home, 'nginx.conf'), '-e', 'stderr'];
  return await startServer({ argv, cwd: home, cores: OTHER_CORES, port, signal });
}

function configOf(home: string, port: number): string {
  return `
daemon off; master_process off; pid ${home}/nginx.pid; error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; client_max_body_size 1m;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi; tcp_nodelay on; sendfile on; default_type application/json;
  open_file_cache max=10;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location ${PATHS.small} { return 200 '${jsonOf(SMALL_BYTES)}'; }
    location ${PATHS.large} { root ${home}; }
    location / { return 200 '{}'; }
  }
}
`;
}

function jsonOf(bytes: number): string {
  const [before, after] = ['{"id":"a1b2c3","name":"', '"}'];
  return before + 'x'.repeat(bytes - before.length - after.length) + after;
}
