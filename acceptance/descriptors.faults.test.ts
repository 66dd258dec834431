import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { audit } from './support/faults/audit.ts';
import { withoutDescriptors } from './support/faults/descriptors.ts';
import { BrokenSystem, end } from './support/faults/system.ts';
import { until } from './support/faults/until.ts';
import { Work } from './support/faults/work.ts';

describe('out of file descriptors', () => {
  let system: BrokenSystem;
  let work: Work;

  before(async () => {
    system = await BrokenSystem.make();
    system.rewrite('services/pair/main.mjs', (text) =>
      text
        .replace('serve(async () =>', `${HOARD}serve(async (request) =>`)
        .replace('({ ledger', '(hoard(request), { ledger'),
    );
    work = new Work(system);
    await work.setSecret('first');
    await work.up();
  });
  after(() => system[Symbol.asyncDispose]());

  const instances = async () =>
    (await system.status()).services.find(({ name }) => name === 'pair')?.instanceList ?? [];
  const ask = () => fetch(system.url('/pair'), { signal: AbortSignal.timeout(10_000) }).then(({ status }) => status);

  test('an instance can open nothing: it leaves traffic, is ended and started again, and no request fails', async () => {
    const { pid } = (await (await fetch(system.url('/pair/hoard'))).json()) as { pid: number };
    const answers: number[] = [];
    await until('another process is there for it', async () => {
      answers.push(await ask());
      const now = await instances();
      return (now.length === 2 && now.every((one) => one.state === 'ready' && one.pid !== pid)) || undefined;
    });
    assert.deepEqual([...new Set(answers)], [200]);
    assert.match((await system.insist(['decisions', 'pair'])).stdout, /it fails its liveness probe/);
    await audit(system, await work.expected());
  });

  test('the proxy can open nothing: connections that are there go on, and new ones are served again, by the same process', async () => {
    const pid = await system.pid('proxy');
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    const askKept = () => statusOf(system.url('/pair'), kept);
    const strangers = Array.from({ length: 20 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    // With a connection to each instance, which the proxy keeps.
    for (let count = 0; count < 20; count += 1) assert.equal(await askKept(), 200);
    {
      using _limit = withoutDescriptors(pid, { spare: 2 });
      const answers = await Promise.all(strangers.map((agent) => statusOf(system.url('/pair'), agent)));
      assert.ok(
        answers.some((status) => status !== 200),
        'not all of them get in',
      );
      assert.equal(await askKept(), 200);
    }
    for (const agent of strangers) agent.destroy();
    await until('strangers are served', async () =>
      (await statusOf(system.url('/pair'), new Agent())) === 200 ? true : undefined,
    );
    kept.destroy();
    assert.equal(await system.pid('proxy'), pid);
    await audit(system, await work.expected());
  });

  test('the control plane can open nothing: traffic goes on, and what died meanwhile is started afterwards', async () => {
    const pid = await system.pid('control-plane');
    const [{ pid: victim } = { pid: undefined }] = await instances();
    assert.ok(victim !== undefined);
    {
      using _limit = withoutDescriptors(pid);
      end(victim);
      for (let count = 0; count < 50; count += 1) assert.equal(await ask(), 200);
    }
    await until('it is started again', async () => {
      const now = await instances();
      return (now.length === 2 && now.every((one) => one.state === 'ready' && one.pid !== victim)) || undefined;
    });
    await audit(system, await work.expected());
  });
});

/** Opens files, once it is told to, as long as there is a descriptor left, also such as the end of a connection gives back. */
const HOARD = `
import { openSync } from 'node:fs';
const held = [];
let hoarding;
const hoard = ({ url }) => {
  if (!url.startsWith('/hoard')) return;
  hoarding ??= setInterval(() => {
    try {
      for (;;) held.push(openSync('/dev/null'));
    } catch {
      // There is none left.
    }
  }, 5);
};
`;

/** 0: no answer. */
function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent, timeout: 5_000 }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', () => resolve(0));
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(0));
  });
}
