import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startLoad } from './support/load.ts';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/* Every verb against one running system. */

let system: System;
before(async () => {
  const front = { file: { uses: ['back'] } };
  system = await makeSystem({ services: { front, back: { file: { api: {} } } } });
  await system.up();
});
after(async () => {
  await system[Symbol.asyncDispose]();
});

test('restart replaces every instance of one service, and no request fails', async () => {
  const [front, back] = [await system.pids('front'), await system.pids('back')];
  const { revision } = await system.service('back');
  using load = await startLoad(`${system.url}/front/from/back/`);
  const { code, stderr } = await system.islet('restart', 'back');
  assert.equal(code, 0, stderr);
  assert.deepEqual((await load.stop()).others, {});
  assert.notDeepEqual(await system.pids('back'), back);
  assert.deepEqual(await system.pids('front'), front);
  assert.equal((await system.service('back')).revision, revision);
});

test('scale starts and ends instances without a failed request, and holds over the next up', async () => {
  const [before] = await system.pids('back');
  using load = await startLoad(`${system.url}/front/from/back/`);
  assert.equal((await system.islet('scale', 'back', '3')).code, 0);
  const three = await system.pids('back');
  assert.equal(three.length, 3);
  assert.ok(before !== undefined && three.includes(before));
  await system.up();
  assert.deepEqual(await system.pids('back'), three);
  assert.equal((await system.islet('scale', 'back', '1')).code, 0);
  assert.equal((await system.pids('back')).length, 1);
  assert.deepEqual((await load.stop()).others, {});
});

test('drain takes an instance out of traffic without a failed request, leaves it alive, and takes it back', async () => {
  const [first] = (await system.service('back')).instanceList;
  assert.ok(first !== undefined);
  const stateOf = async () => (await system.service('back')).instanceList.find(({ id }) => id === first.id)?.state;
  using load = await startLoad(`${system.url}/front/from/back/`);
  const out = await system.islet('drain', 'back');
  assert.equal(out.code, 0, out.stderr);
  assert.match(out.stderr, new RegExp(`${first.id} is out of traffic`));
  assert.equal(await stateOf(), 'drained');
  const { instances, instanceList } = await system.service('back');
  assert.deepEqual([instances, instanceList.length], [{ ready: 1, desired: 1 }, 2]);
  assert.equal((await fetch(`http://127.0.0.1:${first.port}/readyz`)).status, 200);
  const { instance } = JSON.parse((await system.islet('call', 'back', '/')).stdout) as { instance: string };
  assert.notEqual(instance, first.id);

  // Whatever else is asked for, it stays out.
  await system.up();
  assert.equal(await stateOf(), 'drained');
  const again = await system.islet('drain', first.id);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /is drained already[\s\S]*--back/);

  const back = await system.islet('drain', first.id, '--back');
  assert.equal(back.code, 0, back.stderr);
  assert.deepEqual(
    (await system.service('back')).instanceList.map(({ id, state }) => [id, state]),
    [[first.id, 'ready']],
  );
  assert.equal((await system.islet('drain', first.id, '--back')).code, 1);
  assert.equal((await system.islet('drain', 'nobody')).code, 2);
  assert.deepEqual((await load.stop()).others, {});
});

test('call reaches a service that the gateway does not, and exits by its answer', async () => {
  assert.equal((await system.get('/back/')).status, 404);
  const good = await system.islet('call', 'back', '/hello?x=1');
  assert.equal(good.code, 0, good.stderr);
  const { service, path } = JSON.parse(good.stdout);
  assert.deepEqual({ service, path }, { service: 'back', path: '/hello?x=1' });
  const bad = await system.islet('call', 'front', '/from/nobody/', '-i');
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /^HTTP\/1\.1 500 /);
  assert.equal((await system.islet('call', 'nobody', '/')).code, 2);
});

test('exec runs in the service’s place, with its environment, as its user, and passes its exit code on', async () => {
  const { stdout, code } = await system.islet(
    'exec',
    'front',
    '--',
    'sh',
    '-c',
    'echo $ISLET_SERVICE $BACK_URL; cat reply; id -u; exit 5',
  );
  assert.equal(code, 5);
  const [who, reply, uid] = stdout.split('\n');
  assert.match(who ?? '', /^front http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(reply, 'I am front');
  if (process.getuid?.() === 0) assert.notEqual(uid, '0');
  else assert.equal(uid, `${process.getuid?.()}`);
});

test('logs shows the last lines, and follows what comes', async () => {
  await system.get('/front/print/first');
  await system.get('/front/print/second');
  const one = await until('both are written', async () => {
    const { stdout } = await system.islet('logs', 'front', '-n', '1');
    return stdout.includes('second') ? stdout : undefined;
  });
  assert.equal(one.trimEnd().split('\n').length, 1);
  using following = system.start('logs', 'front', '-f', '-n', '1');
  await following.printed(/second/);
  await system.get('/front/print/third');
  await following.printed(/third/);
  following.child.kill('SIGINT');
  const { code } = await following.ended;
  assert.ok(code === 0 || code === 130, `it ended with ${code}`);
});

test('describe tells every effective value and the line or default that it comes from', async () => {
  const { code, stdout } = await system.islet('describe', 'front');
  assert.equal(code, 0);
  assert.match(stdout, /run\.command +node server\.mjs +services\/front\/service\.yaml:\d+/);
  assert.match(stdout, /rollout\.maxSurge +1 +default/);
});

test('plan shows what up would do after an edit, and changes nothing', async () => {
  const [before, files] = [await system.status(), filesOf(system)];
  system.write('services/back/reply', 'I am edited');
  const { code, stdout } = await system.islet('plan');
  assert.equal(code, 0);
  assert.match(stdout, /back/);
  const preview = JSON.parse((await system.islet('plan', '--json')).stdout);
  assert.deepEqual(preview.unchanged, ['front']);
  const kinds = new Set(preview.steps.map(({ kind }: { kind: string }) => kind));
  for (const kind of ['build', 'start', 'stop', 'promote']) assert.ok(kinds.has(kind), `no ${kind} in ${stdout}`);
  assert.deepEqual(await system.status(), before);
  assert.deepEqual(filesOf(system), files);
  await system.up();
  assert.deepEqual(JSON.parse((await system.islet('plan', '--json')).stdout).steps, []);
});

function filesOf({ state }: System): readonly string[] {
  const files = readdirSync(state, { recursive: true, encoding: 'utf8' }).map((name) => join(state, name));
  // A log that is written to is rotated by itself, and the database has its own.
  return files.filter((path) => !/\/logs\/|control\.db|\.lock/.test(path)).sort();
}

test('decisions tell what was asked, and what became of it', async () => {
  const { stdout } = await system.islet('decisions');
  for (const text of [
    /was asked: islet up/,
    /was asked: islet restart back/,
    /was asked: islet scale back 3/,
    /revision \w+ works/,
  ])
    assert.match(stdout, text);
  const own = JSON.parse((await system.islet('decisions', 'front', '--json')).stdout);
  assert.ok(own.every(({ service }: { service: string }) => service === 'front'));
});

test('doctor tells which guarantees hold here, and which toolchains are found', async () => {
  const { code, stdout } = await system.islet('doctor', '--json');
  assert.equal(code, 0);
  const { guarantees, toolchains } = JSON.parse(stdout);
  const isolation = guarantees.find(({ name }: { name: string }) => name === 'isolation between services');
  assert.equal(isolation.held, process.getuid?.() === 0);
  assert.deepEqual(
    toolchains.map(({ program, neededBy }: { program: string; neededBy: string[] }) => [program, neededBy.sort()]),
    [['node', ['back', 'front']]],
  );
});

const PRINT_JSON = [
  ['status', '--json'],
  ['status', 'front', '--json'],
  ['check', '--json'],
  ['describe', '--json'],
  ['describe', 'front', '--json'],
  ['plan', '--json'],
  ['up', '--json'],
  ['restart', 'back', '--json'],
  ['scale', 'back', '1', '--json'],
  ['decisions', '--json'],
  ['doctor', '--json'],
  ['secret', 'list', '--json'],
  ['version', '--json'],
];

test('whatever prints JSON prints one value and nothing else', async () => {
  for (const words of PRINT_JSON) {
    const { code, stdout, stderr } = await system.islet(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
    assert.doesNotThrow(() => JSON.parse(stdout), `islet ${words.join(' ')} prints ${stdout}`);
  }
  const { stdout } = await system.islet('logs', '--json', '-n', '2');
  for (const line of stdout.trimEnd().split('\n')) assert.equal(typeof JSON.parse(line).text, 'string');
});

const REFUSED = [
  ['restart', 'nobody'],
  ['scale', 'nobody', '2'],
  ['scale', 'back', 'many'],
  ['logs', 'nobody'],
  ['exec', 'nobody', '--', 'true'],
  ['status', 'nobody'],
  ['describe', 'nobody'],
  ['nonsense'],
  ['up', '--nonsense'],
  ['up', '/nowhere'],
];

test('a service, verb, option or folder that there is not is bad usage, and said to be', async () => {
  const before = await system.status();
  for (const words of REFUSED) {
    const { code, stderr } = await system.islet(...words);
    assert.equal(code, 2, `islet ${words.join(' ')}: ${stderr}`);
    assert.match(stderr, /^error: /m);
  }
  assert.deepEqual(await system.status(), before);
});
