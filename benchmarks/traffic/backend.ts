import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, OTHER_CORES, type Server, startServer } from './server.ts';

/** What is asked for: the bodies are the same whoever carries them. */
export const PATHS = { small: '/api/small', large: '/api/large', call: '/api/Unary' } as const;

const SMALL_BYTES = 1_024;
const LARGE_BYTES = 100 * 1_024;
/** What a unary call says and is answered. */
const ASKED_BYTES = 64;
const TOLD_BYTES = 256;

export interface Backend extends Server {
  /** Where it answers gRPC calls. */
  readonly grpcPort: number;
}

/**
 * The service behind every proxy: nginx, which answers from memory and is never what limits. A gRPC call gets a message
 * and `grpc-status: 0` in its trailers, which is all that there is to a call that goes well.
 */
export async function startBackend(folder: string, signal: AbortSignal): Promise<Backend> {
  const [port, grpcPort] = [await freePort(), await freePort()];
  const home = join(folder, 'backend');
  await mkdir(join(home, 'api'), { recursive: true });
  await writeFile(join(home, PATHS.large), Buffer.alloc(LARGE_BYTES, 'x'));
  await writeFile(join(home, PATHS.call), grpcMessage(TOLD_BYTES));
  await writeFile(join(home, 'nginx.conf'), configOf(home, { port, grpcPort }));
  const argv = ['nginx', '-p', home, '-c', join(home, 'nginx.conf'), '-e', 'stderr'];
  return { ...(await startServer({ argv, cwd: home, cores: OTHER_CORES, port, signal })), grpcPort };
}

/** What whoever calls sends. */
export const askedMessage = (): Buffer => grpcMessage(ASKED_BYTES);

/** A message as gRPC frames it: not compressed, and how long it is. */
function grpcMessage(bytes: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes, 1);
  return Buffer.concat([head, Buffer.alloc(bytes, 'x')]);
}

function configOf(home: string, { port, grpcPort }: { readonly port: number; readonly grpcPort: number }): string {
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
  server {
    listen 127.0.0.1:${grpcPort} http2 backlog=4096;
    http2_max_concurrent_streams 1024; default_type application/grpc;
    # A file is not there to be POSTed to, says nginx, and may then be made to answer with it all the same.
    location / { root ${home}; error_page 405 =200 $uri; add_trailer grpc-status 0; }
  }
}
`;
}

function jsonOf(bytes: number): string {
  const [before, after] = ['{"id":"a1b2c3","name":"', '"}'];
  return before + 'x'.repeat(bytes - before.length - after.length) + after;
}
