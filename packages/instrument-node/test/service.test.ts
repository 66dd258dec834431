import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it, type TestContext } from 'node:test';
import { bundlePreload, withPreload } from '../src/index.ts';
import { askable, collect } from './collector.ts';

/** Real services, in processes of their own, that know nothing of being traced. */
const MODULES = join(import.meta.dirname, '../../../node_modules');
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

const BODY = `
  const server = createServer(async (request, response) => {
    if (request.url === '/readyz') return void response.end('ready');
    await fetch(process.env.NEXT_URL).then((answer) => answer.text());
    await new Promise((done) => get(process.env.NEXT_URL, (answer) => answer.resume().on('end', done)));
    const client = new pg.Client('postgres://nobody:none@127.0.0.1:1/none');
    await client.connect().catch(() => {});
    logger.info('asked');
    response.end('done');
  });
  server.listen(0, '127.0.0.1', () => console.log('port ' + server.address().port));
`;
const SERVICES = {
  'esm.mjs': `import { createServer, get } from 'node:http'; import pg from 'pg'; import { pino } from 'pino'; const logger = pino();${BODY}`,
  'esm.ts': `import { createServer, get } from 'node:http'; import pg from 'pg'; import pino from 'pino'; const logger: pino.Logger = pino();${BODY}`,
  'commonjs.cjs': `const { createServer, get } = require('http'); const pg = require('pg'); const logger = require('pino')();${BODY}`,
  'talks.mjs': `
    import { createServer } from 'node:http';
    createServer(async (request, response) => {
      if (request.url === '/crash') setTimeout(() => { throw new Error('on purpose'); }, 1);
      if (request.url === '/exit') process.exit(3);
      await new Promise((done) => setTimeout(done, request.url === '/crash' ? 60_000 : 1));
      console.log('paid %d', 7);
      console.error(new RangeError('odd'));
      console.log(JSON.stringify({ msg: 'in JSON' }));
      console.table([{ sku: 'pine' }]);
      process.stdout.write('raw\\n');
      response.end();
    }).listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port); });
  `,
  'deaf.mjs': `
    import { createServer } from 'node:http';
    const { HANDLER } = process.env;
    const server = createServer((request, response) => response.end()).listen(0, '127.0.0.1', function () { console.log('port ' + this.address().port); });
    const say = (when) => console.log(when + process.listenerCount('SIGTERM'));
    const bye = () => {
      say('heard by ');
      setTimeout(say, 1, 'then ');
      if (HANDLER === 'on') server.close();
    };
    if (HANDLER !== undefined) setTimeout(say, 1, 'counted ', process[HANDLER]('SIGTERM', bye));
  `,
  'crash.mjs': `setTimeout(() => { throw new Error('on purpose'); }, 10);`,
  'quiet.mjs': `console.log('through');`,
};

let folder = '';
let preload = '';

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'islet instrument-'));
  symlinkSync(MODULES, join(folder, 'node_modules'));
  for (const [name, code] of Object.entries(SERVICES)) writeFileSync(join(folder, name), code);
  preload = await bundlePreload(join(folder, 'preload'));
});

after(() => rmSync(folder, { recursive: true }));

describe('a service that is traced', () => {
  for (const script of ['esm.mjs', 'esm.ts', 'commonjs.cjs']) {
    it(`passes its trace on, and tells what it asked for: ${script}`, async (t) => {
      const collector = await collect(t);
      const next = await askable(t);
      const service = await start(t, script, { endpoint: collector.url, next: next.url });
      assert.equal(await ask(service, '/', { traceparent: TRACEPARENT }), 'done');

      const spans = await collector.until((seen) => seen.some(({ kind }) => kind === SERVER) && seen.length >= 4);
      const server = spans.find(({ kind }) => kind === SERVER);
      assert.equal(server?.parentSpanId, '00f067aa0ba902b7');
      assert.ok(spans.every(({ traceId }) => traceId === TRACE));
      const below = spans.filter(({ parentSpanId }) => parentSpanId === server?.spanId).map(({ name }) => name);
      assert.deepEqual(below.toSorted(), ['GET', 'GET', 'pg.connect']);
      assert.deepEqual(collector.resource, { 'service.name': 'orders', 'service.version': 'r1' });
      // Both ways of asking told the next service which span asks.
      assert.equal(next.traceparents.length, 2);
      assert.ok(next.traceparents.every((traceparent) => traceparent?.startsWith(`00-${TRACE}-`)));
      // What it logs says of which trace it is.
      await service.until((output) => output.includes('asked'));
      assert.match(service.output(), new RegExp(`"trace_id":"${TRACE}"`));
    });
  }

  it('is not traced for a probe, which comes past the proxy', async (t) => {
    const collector = await collect(t);
    const service = await start(t, 'esm.mjs', { endpoint: collector.url, next: collector.url });
    await ask(service, '/readyz');
    await ask(service, '/readyz', { traceparent: TRACEPARENT });
    const spans = await collector.until((seen) => seen.length > 0);
    assert.equal(spans.length, 1);
  });

  it('serves on when nobody takes its spans, and says so once', async (t) => {
    const next = await askable(t);
    const service = await start(t, 'esm.mjs', { endpoint: 'http://127.0.0.1:1', next: next.url });
    for (let n = 0; n < 2; n++) assert.equal(await ask(service, '/', { traceparent: TRACEPARENT }), 'done');
    await service.until((output) => output.includes('islet: some of its traces are lost'));
    assert.equal(await ask(service, '/', { traceparent: TRACEPARENT }), 'done');
    assert.equal(service.output().split('islet:').length, 2);
  });

  it('starts when it is told nonsense', () => {
    const { status, stdout } = runOnce('quiet.mjs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: ':::',
      OTEL_RESOURCE_ATTRIBUTES: '%%%=,,',
    });
    assert.deepEqual([status, stdout], [0, 'through\n']);
  });

  it('ends when it has nothing more to do, and with its own code when it crashes', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    assert.equal(runOnce('quiet.mjs', endpoint).status, 0);
    const { status, stderr } = runOnce('crash.mjs', endpoint);
    assert.equal(status, 1);
    assert.match(stderr, /Error: on purpose/);
  });
});

describe('what a service prints', () => {
  const MARK = `[trace_id=${TRACE} span_id=`;

  it('for a request says for which, and everything is there once', async (t) => {
    const collector = await collect(t);
    const service = await start(t, 'talks.mjs', { endpoint: collector.url, next: collector.url });
    await ask(service, '/', { traceparent: TRACEPARENT });
    await service.until((output) => output.includes('raw') && output.includes('pine') && output.includes('RangeError'));
    const lines = service.output().split('\n');
    const [span] = await collector.until((seen) => seen.length > 0);
    const only = (word: string) => {
      const found = lines.filter((line) => line.includes(word));
      assert.equal(found.length, 1, `${word}: ${found.join(' | ')}`);
      return found[0];
    };
    assert.equal(only('paid'), `paid 7 ${MARK}${span?.spanId}]`);
    assert.equal(only('RangeError'), `RangeError: odd ${MARK}${span?.spanId}]`);
    assert.deepEqual(JSON.parse(only('in JSON') ?? ''), { trace_id: TRACE, span_id: span?.spanId, msg: 'in JSON' });
    assert.equal(only('raw'), 'raw');
    assert.match(only('port ') ?? '', /^port \d+$/);
    assert.doesNotMatch(only('pine') ?? '', /trace_id/);
  });

  it('stays as it is where the service says so', async (t) => {
    const collector = await collect(t);
    const options = { endpoint: collector.url, next: collector.url, env: { ISLET_MARK_CONSOLE: 'off' } };
    const service = await start(t, 'talks.mjs', options);
    await ask(service, '/', { traceparent: TRACEPARENT });
    await service.until((output) => output.includes('paid 7\n'));
  });
});

describe('a process that ends in the middle of a request', () => {
  for (const { path, code } of [
    { path: '/crash', code: 1 },
    { path: '/exit', code: 3 },
  ]) {
    it(`tells what it was doing, and ends as it would have: ${path}`, async (t) => {
      const collector = await collect(t);
      const service = await start(t, 'talks.mjs', { endpoint: collector.url, next: collector.url });
      await assert.rejects(ask(service, path, { traceparent: TRACEPARENT }));
      const [span] = await collector.until((seen) => seen.length > 0);
      assert.deepEqual([span?.traceId, span?.parentSpanId], [TRACE, '00f067aa0ba902b7']);
      assert.deepEqual(span?.status, { code: 2, message: 'its process ended' });
      assert.equal(await service.ended, code);
    });
  }
});

describe('SIGTERM', () => {
  const started = async (t: TestContext, env: Record<string, string>) => {
    const collector = await collect(t);
    const service = await start(t, 'deaf.mjs', { endpoint: collector.url, next: collector.url, env });
    await ask(service, '/', { traceparent: TRACEPARENT });
    return { collector, service };
  };

  it('ends a service that does not listen for it, and what it had not sent yet is there', async (t) => {
    const { collector, service } = await started(t, {});
    service.kill('SIGTERM');
    assert.equal(await service.ended, 'SIGTERM');
    assert.deepEqual(
      collector.seen.map(({ traceId }) => traceId),
      [TRACE],
    );
  });

  it('ends it though nobody takes what it had not sent', async (t) => {
    const service = await start(t, 'deaf.mjs', { endpoint: 'http://127.0.0.1:1', next: '' });
    await ask(service, '/', { traceparent: TRACEPARENT });
    service.kill('SIGTERM');
    assert.equal(await service.ended, 'SIGTERM');
  });

  it('is left to a service that listens for it, which finds no listener but its own', async (t) => {
    const { collector, service } = await started(t, { HANDLER: 'on' });
    await service.until((output) => output.includes('counted 1\n'));
    service.kill('SIGTERM');
    assert.equal(await service.ended, 0);
    assert.match(service.output(), /heard by 1\n/);
    assert.equal(collector.seen.length, 1);
  });

  it('ends a service that has listened for it once, the next time', async (t) => {
    const { collector, service } = await started(t, { HANDLER: 'once' });
    service.kill('SIGTERM');
    await service.until((output) => output.includes('then 1\n'));
    service.kill('SIGTERM');
    assert.equal(await service.ended, 'SIGTERM');
    assert.equal(collector.seen.length, 1);
  });
});

describe('the preload', () => {
  it('is one file, the same for the same version, that every user can read', async () => {
    assert.equal(await bundlePreload(join(folder, 'preload')), preload);
  });
});

const SERVER = 2;

interface Service {
  readonly port: number;
  readonly output: () => string;
  readonly until: (holds: (output: string) => boolean) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Its exit code, or what has killed it. */
  readonly ended: Promise<number | string | null>;
}

async function start(
  t: TestContext,
  script: string,
  { endpoint, next, env = {} }: { endpoint: string; next: string; env?: Record<string, string> },
): Promise<Service> {
  const child = spawn(process.execPath, [script], {
    cwd: folder,
    env: environment({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, NEXT_URL: next, ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string | null);
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  const { output, until } = watch(child);
  await until((said) => said.includes('port '));
  return { port: Number(/port (\d+)/.exec(output())?.[1]), output, until, kill, ended };
}

function watch(child: ChildProcess) {
  let said = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      for (const look of waiting) look();
    });
  }
  const until = (holds: (output: string) => boolean) =>
    new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`it ended: ${said}`)));
      const look = () => holds(said) && resolve();
      waiting.add(look);
      look();
    });
  return { output: () => said, until };
}

function runOnce(script: string, env: Readonly<Record<string, string>>) {
  return spawnSync(process.execPath, [script], { cwd: folder, env: environment(env), encoding: 'utf8' });
}

function environment(own: Readonly<Record<string, string>>): Record<string, string> {
  return {
    NODE_OPTIONS: withPreload(preload, undefined),
    OTEL_SERVICE_NAME: 'orders',
    OTEL_RESOURCE_ATTRIBUTES: 'service.version=r1',
    ...own,
  };
}

async function ask({ port }: Service, path: string, headers: Record<string, string> = {}): Promise<string> {
  const { request } = await import('node:http');
  const asking = request({ host: '127.0.0.1', port, path, headers });
  asking.end();
  const [response] = await once(asking, 'response');
  return text(response);
}
