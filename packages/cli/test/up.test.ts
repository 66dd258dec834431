import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ApiError, type SystemStatus } from '@islet/client';
import {
  type Answers,
  aService,
  aStatus,
  type FakeControlPlane,
  startFake,
  writeControlFiles,
} from '@islet/client/testing';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

const accepted = { revision: 2, changed: true, warnings: [] };
const building = aStatus(
  [aService('web', { state: 'progressing', why: 'building', instances: { ready: 0, desired: 1 } })],
  {
    revision: 2,
    settled: false,
  },
);
const ready = aStatus([aService('web')], { revision: 2 });

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

async function fakeWith(status: SystemStatus, answers: Answers = {}): Promise<FakeControlPlane> {
  const fake = await startFake({
    status,
    stateFolder: join(folder, '.islet'),
    answers: { apply: () => accepted, ...answers },
  });
  fakes.push(fake);
  return fake;
}

describe('up', () => {
  test('a mistake in a file starts no control plane and is printed as check prints it', async () => {
    removeFolder(folder);
    folder = tempFolder({ ...SYSTEM, 'services/web/service.yaml': 'run: { comand: node main.js }\n' });
    const up = await islet(['up'], { cwd: folder, controlPlane: '/nowhere/main.js' });
    const check = await islet(['check'], { cwd: folder });
    assert.equal(up.code, 2);
    assert.equal(up.stderr, check.stderr);
    assert.match(up.stderr, /services\/web\/service\.yaml:1:8 {2}.*comand/);
    assert.match(up.stderr, /\| run: \{ comand: node main\.js \}\n +\^/);
  });

  test('mistakes that the control plane finds are printed the same way', async () => {
    const place = { file: 'services/web/service.yaml', line: 1, column: 8 };
    const mistake = {
      place,
      path: 'run',
      rule: 'value' as const,
      message: 'is wrong',
      found: undefined,
      hint: undefined,
    };
    await fakeWith(ready, {
      apply: () => {
        throw new ApiError('invalid-spec', '1 mistake', { errors: [mistake] });
      },
    });
    const { code, stderr } = await islet(['up'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /service\.yaml:1:8 {2}value {2}run: is wrong\n.*\| run: \{ command: node main\.js \}\n +\^/);
  });

  test('a service that failed: exit 1, and standard error says which step with the last lines', async () => {
    const failure = { step: 'build', reason: 'exit 1', at: 0, log: ['no such module'] };
    await fakeWith(aStatus([aService('web', { state: 'failed', why: 'x', failure })], { revision: 2 }));
    const { code, stdout, stderr } = await islet(['up'], { cwd: folder });
    assert.equal(code, 1);
    assert.match(stdout, /web .*failed/);
    assert.equal(stderr, 'web: build failed: exit 1\n  | no such module\n');
  });

  test('a blocked service: exit 3, and what it lacks', async () => {
    await fakeWith(
      aStatus([aService('web'), aService('api', { state: 'blocked', blocked: ['go is missing'] })], { revision: 2 }),
    );
    const { code, stderr } = await islet(['up'], { cwd: folder });
    assert.equal(code, 3);
    assert.equal(stderr, 'api: blocked: go is missing\n');
  });

  test('a wait that runs out: exit 4, and what was not finished', async () => {
    await fakeWith(building);
    const { code, stderr } = await islet(['up', '--timeout', '300ms'], { cwd: folder });
    assert.equal(code, 4);
    assert.match(stderr, /not settled within 300 ms.*\n {2}web: progressing: building/);
  });

  test('a wrong token: exit 4, and no second control plane', async () => {
    const fake = await fakeWith(ready);
    writeControlFiles(join(folder, '.islet'), { url: fake.url, token: 'wrong', pid: process.pid, version: '0.1.0' });
    const { code, stderr } = await islet(['up'], { cwd: folder, controlPlane: '/nowhere/main.js' });
    assert.equal(code, 4);
    assert.match(stderr, /token/);
  });

  test('Ctrl-C: exit 130', async () => {
    await fakeWith(building);
    const controller = new AbortController();
    const onWrite = () => controller.abort(new DOMException('interrupted', 'AbortError'));
    const { code } = await islet(['up'], { cwd: folder, signal: controller.signal, onWrite });
    assert.equal(code, 130);
  });

  test('waits past a status that is settled but older than what was asked', async () => {
    const fake = await fakeWith(aStatus([aService('web')], { revision: 1 }), {
      apply: () => {
        setImmediate(() => fake.show(building));
        return accepted;
      },
    });
    const onWrite = (text: string) => text.includes('building') && fake.show(ready);
    const { code, stdout, stderr } = await islet(['up'], { cwd: folder, onWrite });
    assert.equal(code, 0);
    assert.match(stderr, /web {2}progressing: building/);
    assert.match(stdout, /web +TypeScript +3f9a2c1d04 +1\/1/);
    assert.match(stdout, /shop is at http:\/\/127\.0\.0\.1:8080\n$/);
  });

  test('a control plane that dies in mid-wait is waited for', async () => {
    const fake = await fakeWith(building);
    let died = false;
    const onWrite = (text: string) => {
      if (died || !text.includes('building')) return;
      died = true;
      void fake.kill().then(() => fakeWith(ready));
    };
    const { code, stderr } = await islet(['up'], { cwd: folder, onWrite });
    assert.equal(code, 0);
    assert.match(stderr, /control plane went away/);
  });

  test('sends the environment and a PATH that holds a Node', async () => {
    const fake = await fakeWith(ready);
    await islet(['up', '--env', 'production'], { cwd: folder, env: { PATH: '/usr/bin' } });
    const apply = fake.calls.find(({ name }) => name === 'apply');
    assert.equal(apply?.input.environment, 'production');
    assert.match(String(apply?.input.path), /^\/.+:\/usr\/bin$/);
  });

  test('a guarantee that does not hold here is said', async () => {
    await fakeWith({ ...ready, warnings: ['no isolation between services: not root'] });
    const { code, stderr } = await islet(['up'], { cwd: folder });
    assert.deepEqual([code, stderr], [0, 'warning: no isolation between services: not root\n']);
  });

  test('--json prints one document with outcome and status', async () => {
    await fakeWith(ready);
    const { code, stdout, stderr } = await islet(['up', '--json'], { cwd: folder });
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { outcome: 'ready', exitCode: 0, status: ready });
    assert.equal(stderr, '');
  });

  test('on a terminal the progress is redrawn in place and taken away at the end', async () => {
    const fake = await fakeWith(building);
    const onWrite = (text: string) => text.includes('building') && fake.show(ready);
    const { stderr } = await islet(['up'], { cwd: folder, onWrite, terminal: { columns: 80, rows: 24 } });
    assert.match(stderr, /SERVICE +STATE.*\nweb.*building\n/);
    assert.ok(stderr.endsWith('\x1b[2A\x1b[0J'), JSON.stringify(stderr));
  });
});

describe('restart and scale', () => {
  test('only the service that was asked for decides the exit code', async () => {
    const other = aService('api', { state: 'failed', why: 'broken before' });
    const fake = await fakeWith(aStatus([aService('web'), other], { revision: 3 }), {
      restart: () => ({ ...accepted, revision: 3 }),
    });
    const { code } = await islet(['restart', 'web'], { cwd: folder });
    assert.equal(code, 0);
    assert.deepEqual(fake.calls.find(({ name }) => name === 'restart')?.input, { service: 'web' });
  });

  test('a number of instances that is none is bad usage', async () => {
    assert.equal((await islet(['scale', 'web', 'many'], { cwd: folder })).code, 2);
  });

  test('an unknown service is bad usage, with those that there are', async () => {
    await fakeWith(ready, {
      scale: () => {
        throw new ApiError('not-found', 'no service is called wbe', { hint: 'there are web' });
      },
    });
    const { code, stderr } = await islet(['scale', 'wbe', '2'], { cwd: folder });
    assert.equal(code, 2);
    assert.equal(stderr, 'error: no service is called wbe\nhint:  there are web\n');
  });
});
