import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { SystemStatus } from '@islet/client';
import { ApiError } from '@islet/client/errors';
import { type Answers, aService, aStatus, type FakeControlPlane, startFake } from '@islet/client/testing';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

let folder = '';
let fakes: FakeControlPlane[] = [];

beforeEach(() => {
  folder = tempFolder(SYSTEM);
});

afterEach(async () => {
  for (const fake of fakes) await fake.kill();
  fakes = [];
  removeFolder(folder);
});

async function fakeWith(
  answers: Answers = {},
  status: SystemStatus = aStatus([aService('web')]),
): Promise<FakeControlPlane> {
  const fake = await startFake({ status, stateFolder: join(folder, '.islet'), answers });
  fakes.push(fake);
  return fake;
}

describe('status', () => {
  test('of a system that is down is asked of a control plane that ends again', async () => {
    const { code, stdout } = await islet(['status', '--json'], { cwd: folder });
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).folder, folder);
  });

  test('of a service that is not there is bad usage, with those that there are', async () => {
    await fakeWith();
    const { code, stderr } = await islet(['status', 'wbe'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /no service is called wbe\nhint: {2}there are web/);
  });

  test('--watch needs a system that runs', async () => {
    const { code, stderr } = await islet(['status', '--watch'], { cwd: folder });
    assert.equal(code, 4);
    assert.match(stderr, /is not running\nhint: {2}`islet up` starts it/);
  });

  test('--watch tells each change until Ctrl-C', async () => {
    const fake = await fakeWith();
    const controller = new AbortController();
    const onWrite = (written: string) => {
      if (written.includes('degraded')) controller.abort(new DOMException('interrupted', 'AbortError'));
      else fake.show(aStatus([aService('web', { state: 'degraded', why: 'exit 1' })]));
    };
    const { code, stdout } = await islet(['status', '-w'], { cwd: folder, signal: controller.signal, onWrite });
    assert.deepEqual([code, stdout], [130, 'web  ready\nweb  degraded: exit 1\n']);
  });

  test('a control plane of another version is warned of', async () => {
    await fakeWith({}, aStatus([aService('web')], { version: '0.0.1' }));
    const { code, stderr } = await islet(['status'], { cwd: folder });
    assert.equal(code, 0);
    assert.match(stderr, /warning: the control plane is 0\.0\.1, this command 0\.1\.0/);
  });
});

describe('logs of a system without a store', () => {
  const logRecords = () => {
    throw new ApiError('unavailable', 'no telemetry is gathered here');
  };
  const line = (said: string) => ({ service: 'web', instance: 'web-1.0-0', line: said });

  test('asks for the last lines of one service and prints them with its name', async () => {
    const fake = await fakeWith({ logRecords, logs: () => [line('one'), line('two')] });
    const { code, stdout } = await islet(['logs', 'web', '-n', '2'], { cwd: folder });
    assert.deepEqual([code, stdout], [0, 'web.0        | one\nweb.0        | two\n']);
    assert.deepEqual(fake.calls.at(-1)?.input, { service: 'web', lines: '2' });
  });

  test('-f goes on with the next control plane, and prints nothing twice', async () => {
    const controller = new AbortController();
    const first = await fakeWith({
      logRecords,
      logs: async function* logs() {
        yield line('before');
        await new Promise(() => {});
      },
    });
    let died = false;
    const onWrite = (written: string) => {
      if (written.includes('after')) controller.abort(new DOMException('interrupted', 'AbortError'));
      if (died || !written.includes('before')) return;
      died = true;
      void first
        .kill()
        .then(() =>
          fakeWith({ logRecords, logs: ({ lines }) => (lines === '0' ? [line('after')] : [line('before')]) }),
        );
    };
    const { code, stdout } = await islet(['logs', '-f'], { cwd: folder, signal: controller.signal, onWrite });
    assert.deepEqual([code, stdout], [130, 'web.0        | before\nweb.0        | after\n']);
  });
});

describe('call', () => {
  const socket = () => join(folder, 'operator.sock');
  const service = createServer(async (request, response) => {
    const body = await text(request);
    response.writeHead(request.url === '/missing' ? 404 : 200, {
      'x-answer': 'yes',
      'x-request-id': '4bf92f3577b34da6',
    });
    const { host, 'content-type': type, 'x-one': one } = request.headers;
    response.end(JSON.stringify({ method: request.method, url: request.url, host, type, one, body }));
  });

  beforeEach(async () => {
    await new Promise<void>((done) => service.listen(socket(), done));
    await fakeWith({ operator: () => ({ socket: socket() }) });
  });

  afterEach(async () => {
    service.closeAllConnections();
    await new Promise((done) => service.close(done));
  });

  test('an answer of 400 or above is printed and exits 1', async () => {
    const { code, stdout, stderr } = await islet(['call', 'web', '/missing'], { cwd: folder });
    assert.equal(code, 1);
    assert.equal(JSON.parse(stdout).url, '/missing');
    assert.equal(stderr, 'web answers 404 Not Found; `islet explain 4bf92f3577b34da6` tells more\n');
  });

  test('of a service that is not there is bad usage, with those that there are', async () => {
    const { code, stderr } = await islet(['call', 'wbe', '/'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /no service is called wbe\nhint: {2}there are web/);
  });

  test('a path that is none is bad usage', async () => {
    assert.equal((await islet(['call', 'web', 'orders'], { cwd: folder })).code, 2);
  });

  test('names the service in the Host header and prints the body', async () => {
    const { code, stdout } = await islet(['call', 'web', '/x?y=1'], { cwd: folder });
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { method: 'GET', url: '/x?y=1', host: 'web', body: '' });
  });

  test('a body makes it a POST of JSON; headers and method may be given', async () => {
    const posted = await islet(['call', 'web', '/x', '-d', '{"a":1}', '-H', 'X-One: 1'], { cwd: folder });
    assert.deepEqual(JSON.parse(posted.stdout), {
      method: 'POST',
      url: '/x',
      host: 'web',
      type: 'application/json',
      one: '1',
      body: '{"a":1}',
    });
    const put = await islet(['call', 'web', '/x', '-X', 'put', '-d', '@-', '-H', 'Content-Type: text/plain'], {
      cwd: folder,
      stdin: 'from standard input',
    });
    const { method, type, body } = JSON.parse(put.stdout);
    assert.deepEqual([method, type, body], ['PUT', 'text/plain', 'from standard input']);
  });

  test('-i prints the head too', async () => {
    const { stdout } = await islet(['call', 'web', '/', '-i'], { cwd: folder });
    assert.match(stdout, /^HTTP\/1\.1 200 OK\nx-answer: yes\n[\s\S]*\n\n\{/);
  });
});

describe('exec', () => {
  const place = { env: { PATH: process.env.PATH ?? '', GREETING: 'hello' }, prefix: [] };

  test("runs in the service's folder with its environment, and passes the exit code on", async () => {
    await fakeWith({ environment: () => ({ ...place, cwd: folder }) });
    const script = `test "$GREETING" = hello && test "$PWD" = "${folder}" && exit 7`;
    assert.equal((await islet(['exec', 'web', '--', 'sh', '-c', script], { cwd: folder })).code, 7);
  });

  test('flags behind the service belong to the command', async () => {
    await fakeWith({ environment: () => ({ ...place, cwd: folder }) });
    assert.equal((await islet(['exec', 'web', 'sh', '-c', 'exit 3'], { cwd: folder })).code, 3);
  });

  test('a command that is not there is bad usage', async () => {
    await fakeWith({ environment: () => ({ ...place, cwd: folder }) });
    const { code, stderr } = await islet(['exec', 'web', '--', 'no-such-program'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /no-such-program is not on the service's PATH/);
  });
});

describe('secret', () => {
  const info = { name: 'key', version: 2, setAt: 0, usedBy: ['web'] };

  test('a value on the command line is refused', async () => {
    const { code } = await islet(['secret', 'set', 'key', folder, 'value'], { cwd: folder });
    assert.equal(code, 2);
  });

  test('is read from standard input without the line end that echo adds', async () => {
    const fake = await fakeWith({ setSecret: () => info });
    const { code, stdout } = await islet(['secret', 'set', 'key'], { cwd: folder, stdin: 'two\nlines\n' });
    assert.equal(code, 0);
    assert.deepEqual(fake.calls.at(-1)?.input, { name: 'key', value: 'two\nlines' });
    assert.doesNotMatch(stdout, /lines/);
  });

  test('an empty value is refused', async () => {
    await fakeWith();
    assert.equal((await islet(['secret', 'set', 'key'], { cwd: folder, stdin: '\n' })).code, 2);
  });

  test('is listed without its value', async () => {
    await fakeWith({ secrets: () => [info] });
    const { stdout } = await islet(['secret', 'list'], { cwd: folder });
    assert.equal(
      stdout,
      'NAME  VERSION  SET                       USED BY\nkey   2        1970-01-01T00:00:00.000Z  web\n',
    );
  });

  test('removing what is not there is bad usage', async () => {
    await fakeWith({ removeSecret: () => ({ removed: false }) });
    assert.equal((await islet(['secret', 'rm', 'key'], { cwd: folder })).code, 2);
  });
});

test('decisions are told newest last, doctor with what is missing', async () => {
  await fakeWith({
    decisions: () => [{ seq: 1, at: 0, service: 'web', kind: 'promoted', text: 'revision 3f9a works' }],
    diagnose: () => ({
      guarantees: [{ name: 'isolation', held: false, reason: 'not root' }],
      toolchains: [{ program: 'go', neededBy: ['shipping'], hint: 'install Go' }],
      notes: ['a note'],
    }),
  });
  assert.match(
    (await islet(['history'], { cwd: folder })).stdout,
    /1970-01-01T00:00:00.000Z {2}web +promoted +revision/,
  );
  const { stdout } = await islet(['doctor'], { cwd: folder });
  assert.match(stdout, /go +no +shipping +install Go\n\n.*\nisolation +no +not root\n\na note\n/);
});

describe('rollback', () => {
  test('takes a word for a revision, also where it looks like none, unless it can only be a folder', async () => {
    const asked: unknown[] = [];
    await fakeWith({
      rollback: ({ revision }) => {
        asked.push(revision);
        throw new ApiError('not-found', `${revision ?? 'nothing'} never worked here`, {
          hint: 'revisions that worked: none',
        });
      },
    });
    for (const words of [['nosuch'], ['3f9a2c1'], ['.'], ['3f9a2c1', '.']]) {
      const { code } = await islet(['rollback', 'web', ...words], { cwd: folder });
      assert.equal(code, 2);
    }
    assert.deepEqual(asked, ['nosuch', '3f9a2c1', undefined, '3f9a2c1']);
  });
});
