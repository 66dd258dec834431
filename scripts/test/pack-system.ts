import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.ts';

const LOOK_MS = 50;
const DEADLINE_MS = 30_000;

/** A system of one service without dependencies, as a user might begin; returns its address. */
export async function writeSystem(folder: string): Promise<string> {
  const port = await freePort();
  mkdirSync(join(folder, 'services/hello'), { recursive: true });
  writeFileSync(join(folder, 'islet.yaml'), `system: packed\ngateway: { port: ${port} }\n`);
  writeFileSync(
    join(folder, 'services/hello/service.yaml'),
    'name: hello\nrun: { command: node main.mjs }\napi: { expose: / }\ndatabase: sqlite\n',
  );
  writeFileSync(
    join(folder, 'services/hello/main.mjs'),
    "import { createServer } from 'node:http';\n" +
      'const server = createServer((_, response) => response.end(`hello from ${process.pid}`));\n' +
      'server.listen(Number(process.env.PORT), process.env.HOST);\n',
  );
  return `http://127.0.0.1:${port}/`;
}

export function controlPlanePid(folder: string): number {
  return JSON.parse(readFileSync(join(folder, '.islet/control.json'), 'utf8')).pid;
}

/** Until another control plane than `pid` says where it is. */
export async function untilRevived(folder: string, pid: number): Promise<void> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  while (controlPlanePid(folder) === pid) {
    deadline.throwIfAborted();
    await pause(LOOK_MS);
  }
}
