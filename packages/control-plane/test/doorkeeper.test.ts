import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createDoorkeeper, INVITATION_MS, SESSION_MS } from '../src/dashboard/doorkeeper.ts';
import { isLoopbackHost, isSameOrigin } from '../src/dashboard/origin.ts';
import { IN_MEMORY, openDatabase } from '../src/store/database.ts';
import { openSessions } from '../src/store/sessions.ts';
import { VirtualClock } from '../src/testing/index.ts';

function house() {
  const database = openDatabase(IN_MEMORY);
  const sessions = openSessions(database);
  const clock = new VirtualClock();
  const open = () => createDoorkeeper({ sessions, clock });
  return { doorkeeper: open(), reopen: open, database, wait: (ms: number) => clock.pass(ms) };
}

it('lets somebody in once for each invitation', () => {
  const { doorkeeper } = house();
  const { code } = doorkeeper.invite();
  assert.ok(doorkeeper.enter(code, 'a browser'));
  assert.equal(doorkeeper.enter(code, 'another'), undefined);
  assert.equal(doorkeeper.enter('guessed', 'another'), undefined);
});

it('forgets an invitation after its minutes', async () => {
  const { doorkeeper, wait } = house();
  const { code } = doorkeeper.invite();
  await wait(INVITATION_MS);
  assert.equal(doorkeeper.enter(code, 'late'), undefined);
});

it('keeps the last invitations alone, however many are asked for', () => {
  const { doorkeeper } = house();
  const codes = Array.from({ length: 17 }, () => doorkeeper.invite().code);
  assert.equal(doorkeeper.enter(codes[0]!, ''), undefined);
  assert.ok(doorkeeper.enter(codes[1]!, ''));
});

it('knows a session by both of its halves, and by neither alone', () => {
  const { doorkeeper } = house();
  const first = doorkeeper.enter(doorkeeper.invite().code, '')!;
  const second = doorkeeper.enter(doorkeeper.invite().code, '')!;
  assert.ok(doorkeeper.find(first));
  assert.equal(doorkeeper.find({ cookie: first.cookie, key: undefined }), undefined);
  assert.equal(doorkeeper.find({ cookie: undefined, key: first.key }), undefined);
  assert.equal(doorkeeper.find({ cookie: first.cookie, key: second.key }), undefined);
});

it('keeps sessions over a restart, and nothing of them that could be used', () => {
  const { doorkeeper, reopen, database } = house();
  const { cookie, key } = doorkeeper.enter(doorkeeper.invite().code, 'a browser')!;
  assert.ok(reopen().find({ cookie, key }));
  const stored = JSON.stringify(database.prepare('SELECT * FROM dashboard_sessions').all());
  assert.ok(!stored.includes(cookie) && !stored.includes(key));
});

it('ends a session after its days, and when it is asked to, with what it listens to', async () => {
  const { doorkeeper, wait } = house();
  const old = doorkeeper.enter(doorkeeper.invite().code, '')!;
  const { ended } = doorkeeper.find(old)!;
  await wait(SESSION_MS - 1);
  assert.equal(ended.aborted, false);
  await wait(1);
  assert.equal(ended.aborted, true);
  assert.equal(doorkeeper.find(old), undefined);
  const one = doorkeeper.enter(doorkeeper.invite().code, '')!;
  const other = doorkeeper.enter(doorkeeper.invite().code, '')!;
  const [admitted, stays] = [doorkeeper.find(one)!, doorkeeper.find(other)!];
  assert.equal(doorkeeper.end(admitted.id), 1);
  assert.deepEqual([admitted.ended.aborted, stays.ended.aborted], [true, false]);
  assert.equal(doorkeeper.find(one), undefined);
  assert.equal(doorkeeper.end(undefined), 1);
  assert.deepEqual(doorkeeper.list(), []);
});

it('ends what a session listens to that newer ones push out', async () => {
  const { doorkeeper, wait } = house();
  const { ended } = doorkeeper.find(doorkeeper.enter(doorkeeper.invite().code, '')!)!;
  await wait(1);
  for (let n = 0; n < 63; n++) doorkeeper.enter(doorkeeper.invite().code, '');
  assert.equal(ended.aborted, false);
  doorkeeper.enter(doorkeeper.invite().code, '');
  assert.equal(ended.aborted, true);
});

for (const [host, allowed] of [
  ['127.0.0.1:4711', true],
  ['localhost:9000', true],
  ['[::1]:4711', true],
  ['LOCALHOST', true],
  ['rebound.example:4711', false],
  ['127.0.0.1.example:4711', false],
  ['localhost.example', false],
  ['127.0.0.1:4711@example', false],
  ['', false],
  [undefined, false],
] as const) {
  it(`${allowed ? 'answers' : 'refuses'} the name ${host ?? '(none)'}`, () =>
    assert.equal(isLoopbackHost(host), allowed));
}

for (const [provenance, allowed] of [
  [{ host: 'localhost:1', origin: 'http://localhost:1', fetchSite: 'same-origin' }, true],
  [{ host: 'localhost:1', origin: undefined, fetchSite: undefined }, true],
  [{ host: 'localhost:1', origin: 'http://localhost:2', fetchSite: 'same-site' }, false],
  [{ host: 'localhost:1', origin: 'http://localhost:2', fetchSite: undefined }, false],
  [{ host: 'localhost:1', origin: 'null', fetchSite: undefined }, false],
  [{ host: 'localhost:1', origin: undefined, fetchSite: 'none' }, false],
  [{ host: 'rebound.example', origin: 'http://rebound.example', fetchSite: 'same-origin' }, false],
] as const) {
  it(`${allowed ? 'trusts' : 'refuses'} ${JSON.stringify(provenance)}`, () =>
    assert.equal(isSameOrigin(provenance), allowed));
}
