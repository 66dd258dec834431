import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Alert, Slo } from '@islet/client';
import { type Answers, aService, aStatus, type FakeControlPlane, startFake } from '@islet/client/testing';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

let folder = '';
let fake: FakeControlPlane | undefined;

beforeEach(() => {
  folder = tempFolder(SYSTEM);
});

afterEach(async () => {
  await fake?.kill();
  fake = undefined;
  removeFolder(folder);
});

async function answering(answers: Answers): Promise<FakeControlPlane> {
  fake = await startFake({ status: aStatus([aService('web')]), stateFolder: join(folder, '.islet'), answers });
  return fake;
}

const ALERT: Alert = {
  id: 'abcd1234',
  service: 'web',
  rule: 'slo',
  severity: 'page',
  state: 'firing',
  since: 0,
  summary: 'web fails too many requests',
  why: '60 of 100 failed',
  help: 'islet errors web',
  link: '/alerts/abcd1234',
};

describe('alerts', () => {
  test('that fire come with why and what to do, the worst first, and exit 1', async () => {
    await answering({ alerts: () => [{ ...ALERT, severity: 'ticket', summary: 'less' }, ALERT] });
    const { code, stdout } = await islet(['alerts'], { cwd: folder });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^page {3}web fails too many requests {2}abcd1234\n {7}firing for .*\n {7}why: {2}60 of 100 failed\n {7}help: islet errors web\n\nticket less/,
    );
  });

  test('that are over are shown when asked for, and nothing is wrong then', async () => {
    await answering({ alerts: () => [{ ...ALERT, state: 'resolved', endedAt: 60_000 }] });
    const quiet = await islet(['alerts'], { cwd: folder });
    assert.deepEqual([quiet.code, quiet.stdout], [0, 'Nothing fires.\n']);
    const all = await islet(['alerts', '--all', '--json'], { cwd: folder });
    assert.equal(all.code, 0);
    assert.equal(JSON.parse(all.stdout)[0].endedAt, 60_000);
  });

  test('are acknowledged, or silenced for a while', async () => {
    const { calls } = await answering({ alerts: () => [], markAlert: () => ({ ...ALERT, state: 'acknowledged' }) });
    const before = Date.now();
    assert.equal((await islet(['alerts', '--ack', 'abcd1234'], { cwd: folder })).code, 0);
    assert.equal((await islet(['alerts', '--silence', 'abcd1234', '--for', '2h'], { cwd: folder })).code, 0);
    const [ack, silence] = calls.filter(({ name }) => name === 'markAlert').map(({ input }) => input);
    assert.deepEqual(ack, { id: 'abcd1234', acknowledge: true });
    assert.ok(Number(silence?.silenceUntil) >= before + 7_200_000);
  });

  test('can not be acknowledged and silenced at once', async () => {
    await answering({});
    const { code, stderr } = await islet(['alerts', '--ack', 'a', '--silence', 'a'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /exclude each other/);
  });
});

const BURN = { window: '1h', rate: 0.5, shortRate: 0, threshold: 14.4, severity: 'page', firing: false } as const;
const SLO: Slo = {
  service: 'web',
  name: 'availability',
  objective: 99.9,
  windowMs: 1,
  good: 999,
  total: 1000,
  budgetLeft: 0.25,
  burn: [BURN],
};

describe('slo', () => {
  test('says what is left of the budget and how fast it is spent', async () => {
    await answering({ slos: () => [SLO, { ...SLO, name: 'latency', objective: 99, withinMs: 300 }] });
    const { code, stdout } = await islet(['slo'], { cwd: folder });
    assert.equal(code, 0);
    assert.match(stdout, /web +99\.9 % answered +99\.900 % +1 +1000 +25 % +0\.5/);
    assert.match(stdout, /web +99 % within 300 ms/);
  });

  test('exits 1 while one is spent too fast', async () => {
    await answering({ slos: () => [{ ...SLO, burn: [{ ...BURN, rate: 20, firing: true }] }] });
    const { code, stdout } = await islet(['slo', 'web'], { cwd: folder });
    assert.equal(code, 1);
    assert.match(stdout, /20\.0 fires/);
  });

  test('of a service that promises nothing is bad usage, with those that do', async () => {
    await answering({ slos: () => [SLO] });
    const { code, stderr } = await islet(['slo', 'wbe'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /there are web/);
  });
});
