import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../../../../scripts/test/free-port.ts';
import { type Instance, serve } from '../world.ts';

/** Answers each request with what it has read: `<method>|<target>|<body>`. */
export function echoingNode(t: TestContext): Promise<Instance> {
  return serve(
    t,
    createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const body = `${request.method}|${request.url}|${Buffer.concat(pieces).toString('latin1')}`;
        response.end(Buffer.from(body, 'latin1'));
      });
    }),
  );
}

export function hasNginx(): boolean {
  return spawnSync('nginx', ['-v']).status === 0;
}

/** The same from nginx, which reads HTTP with another parser. Debian: nginx and libnginx-mod-http-echo. */
export async function echoingNginx(t: TestContext): Promise<{ readonly port: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-nginx-'));
  const port = await freePort();
  await writeFile(join(folder, 'nginx.conf'), configuration(port));
  const nginx = spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  nginx.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  t.after(async () => {
    if (nginx.exitCode === null) {
      const ended = new Promise((resolve) => nginx.once('exit', resolve));
      nginx.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true });
  });
  while (!(await listens(port))) {
    if (nginx.exitCode !== null) throw new Error(`nginx did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { port };
}

/** `master_process off`: one process, which is ended by its pid. */
function configuration(port: number): string {
  return `
load_module /usr/share/nginx/modules/ngx_http_echo_module.so;
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  client_body_buffer_size 64k;
  client_header_timeout 2s;
  client_body_timeout 2s;
  merge_slashes off;
  server {
    listen 127.0.0.1:${port};
    location / {
      echo_read_request_body;
      echo -n "$request_method|$request_uri|";
      echo_request_body;
    }
  }
}
`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Sends bytes in a few pieces, ends its side, and gives back all that comes. A reset ends it like any end. */
export function converse(port: number, pieces: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    let received = '';
    socket.setEncoding('latin1');
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('data', (text: string) => {
      received += text;
    });
    socket.on('end', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
    const sendFrom = (index: number) => {
      const piece = pieces[index];
      if (piece === undefined) socket.end();
      else socket.write(Buffer.from(piece, 'latin1'), () => setImmediate(() => sendFrom(index + 1)));
    };
    sendFrom(0);
  });
}

/** What Node's client makes of the answer to `GET /<mark>`; undefined where it takes it for broken. */
export function readByNode(
  port: number,
  mark: string,
): Promise<{ readonly status: number | undefined; readonly body: string } | undefined> {
  return new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', path: `/${mark}`, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('error', () => resolve(undefined));
      response.on('end', () => resolve(response.complete ? { status: response.statusCode, body } : undefined));
    });
    request.on('error', () => resolve(undefined));
  });
}
