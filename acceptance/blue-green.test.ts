import assert from 'node:assert/strict';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { startLoad } from './support/load.ts';
import { makeSystem } from './support/system.ts';

/*
 * A new revision runs whole beside the old one, can be tried at an address of its own, and gets everything at once, or nothing, as
 * a person or its requests say. Whatever is decided, no request fails.
 */
const ROLLOUT = {
  strategy: 'blue-green',
  autoPromote: false,
  hold: '0s',
  minHealthy: '0s',
  healthyDeadline: '30s',
  bake: '1h',
  preview: { host: 'next.test' },
  analysis: { requests: 0 },
};
const EXPOSED = { expose: { path: '/web', strip: true } };

const system = await makeSystem({
  name: 'blue',
  services: { web: { file: { api: EXPOSED, scale: 2, rollout: ROLLOUT } } },
});
after(() => system[Symbol.asyncDispose]());

/** What the gateway answers to who asks for that host. */
async function replyAt(host: string): Promise<string> {
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    get({ port: system.port, path: '/web/', headers: { host }, agent: false }, resolve).once('error', reject);
  });
  return (JSON.parse(await text(response)) as { reply: string }).reply;
}

async function both(): Promise<readonly [string, string]> {
  return [await replyAt('localhost'), await replyAt(`next.test:${system.port}`)];
}

async function deploy(reply: string): Promise<string> {
  system.write('services/web/reply', reply);
  const { code, stdout, stderr } = await system.islet('deploy', 'web', '--json');
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { outcome: string }).outcome;
}

async function rollout(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await system.islet('rollout', ...words);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('it is tried at its own address while everybody gets the old one, waits for a person, and is promoted', async () => {
  await system.up();
  assert.deepEqual(await both(), ['I am web', 'I am web']);
  using load = await startLoad(`${system.url}/web/`);
  assert.equal(await deploy('I am new'), 'paused');
  assert.deepEqual(await both(), ['I am web', 'I am new']);
  const told = await rollout('status', 'web');
  assert.match(told, new RegExp(`preview +http://next\\.test:${system.port}/web$`, 'm'));
  assert.match(told, /steps +\[0 %\] → 100 %/);
  assert.equal((await system.service('web')).instanceList.length, 4);

  await rollout('promote', 'web');
  assert.deepEqual(await both(), ['I am new', 'I am new']);
  // The old one is kept warm: the way back is one routing table.
  const warm = (await system.service('web')).instanceList.filter(({ state }) => state === 'warm');
  assert.equal(warm.length, 2);
  assert.deepEqual((await load.stop()).others, {});
});

test('a rollout that is aborted while it bakes goes back to the instances that were kept, and is not tried again', async () => {
  const warm = (await system.service('web')).instanceList.filter(({ state }) => state === 'warm').map(({ pid }) => pid);
  using load = await startLoad(`${system.url}/web/`);
  await rollout('abort', 'web');
  assert.deepEqual(await both(), ['I am web', 'I am web']);
  const { state, failure, instanceList } = await system.service('web');
  assert.deepEqual([state, failure?.reason], ['failed', 'was aborted by hand']);
  assert.deepEqual(
    instanceList.filter(({ state }) => state === 'ready').map(({ pid }) => pid),
    warm,
  );
  assert.deepEqual((await load.stop()).others, {});
  assert.match(await rollout('history', 'web'), /was aborted by hand/);
});

test('one that is paused takes no step until it is resumed, and one that is aborted before its promotion was never asked', async () => {
  assert.equal(await deploy('I am third'), 'paused');
  await rollout('pause', 'web');
  assert.match(await rollout('status', 'web'), /its rollout is paused: `islet rollout resume` goes on with it/);
  // What waits for a person after that, too, is said by the next word.
  await rollout('resume', 'web');
  assert.match(await rollout('status', 'web'), /can be previewed/);
  await rollout('resume', 'web');
  assert.deepEqual(await both(), ['I am third', 'I am third']);

  assert.equal(await deploy('I am fourth'), 'paused');
  await rollout('abort', 'web');
  assert.deepEqual(await both(), ['I am third', 'I am third']);
  const refused = await system.islet('rollout', 'promote', 'web');
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /no rollout of web is under way/);
});

test('another value of a secret is a revision like any other, and so is another value of its environment', async () => {
  const file = (env: object) =>
    system.write(
      'services/web/service.yaml',
      JSON.stringify({
        name: 'web',
        run: { command: 'node server.mjs', env },
        api: EXPOSED,
        scale: 2,
        health: { ready: { http: '/readyz', period: '200ms' } },
        rollout: ROLLOUT,
      }),
    );
  const secret = async (value: string) => {
    const set = await system.isletWith(value, 'secret', 'set', 'key');
    assert.equal(set.code, 0, set.stderr);
  };
  const seen = async (name: string) => (await (await system.get(`/web/env/${name}`)).text()).trim();
  await secret('one');
  file({ KEY: { secret: 'key' }, LEVEL: 'info' });
  assert.equal(await deploy('I am fifth'), 'paused');
  await rollout('promote', 'web');

  await secret('two');
  assert.equal(await deploy('I am fifth'), 'paused');
  assert.equal(await seen('KEY'), 'one');
  await rollout('promote', 'web');
  assert.equal(await seen('KEY'), 'two');

  file({ KEY: { secret: 'key' }, LEVEL: 'debug' });
  assert.equal(await deploy('I am fifth'), 'paused');
  assert.equal(await seen('LEVEL'), 'info');
  await rollout('abort', 'web');
  assert.deepEqual([await seen('LEVEL'), await seen('KEY')], ['info', 'two']);
});
