import assert from 'node:assert/strict';
import { isAbsolute } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { BuildRequest, ComputeChange, ComputeDriver, StartRequest } from '../compute.ts';
import { DriverError } from '../errors.ts';
import { type ComputeHarness, startRequest } from './compute-harness.ts';

const DEADLINE_MS = 30_000;

/** The rules that every compute driver keeps. */
export function computeConformance(name: string, make: () => Promise<ComputeHarness>): void {
  describe(`${name} keeps the contract of a compute driver`, () => {
    let harness: ComputeHarness;
    let driver: ComputeDriver;
    const options = () => ({ signal: AbortSignal.timeout(DEADLINE_MS) });
    const build = async (change: Partial<BuildRequest> = {}) => {
      const service = change.service ?? 'orders';
      const folder = await harness.folder(service);
      const { path } = harness;
      const usual = {
        service,
        revision: 'r1',
        folder,
        inputs: [folder],
        command: undefined,
        path,
        inPlace: false,
        named: undefined,
      };
      return driver.build({ ...usual, deadlineMs: DEADLINE_MS, ...change }, options());
    };
    const start = (change: Partial<StartRequest> = {}) =>
      driver.start({ ...startRequest(harness.path), ...change }, options());
    const observed = async (service: string) => (await driver.observe()).services[service];
    const instance = async (id: string) => {
      const found = (await observed('orders'))?.instances.find((candidate) => candidate.id === id);
      assert.ok(found, `${id} is observed`);
      return found;
    };
    const exited = async (id: string) => {
      const change = Promise.withResolvers<void>();
      using _watch = driver.watch((told) => {
        if (told.kind === 'exited' && told.instance === id) change.resolve();
      });
      const before = await instance(id);
      if (before.process.kind !== 'exited') await deadline(change.promise, `${id} exits`);
      return instance(id);
    };

    beforeEach(async () => {
      harness = await make();
      driver = harness.driver;
    });

    afterEach(async () => {
      for (const [service, { instances }] of Object.entries((await driver.observe()).services)) {
        for (const { id } of instances) await driver.stop({ instance: id, graceMs: 0 }, options());
        await driver.purge({ service }, options());
      }
      await harness.close();
    });

    it('runs a task to its end, as an instance runs, and tells how it ended', async () => {
      const task = async (command: string, until = new AbortController().signal) => {
        const { env, resources } = startRequest(harness.path);
        const request = { service: 'orders', revision: 'r1', task: 'migrate', command, env, resources, until };
        const outcome = await driver.run({ ...request, deadlineMs: DEADLINE_MS }, options());
        return outcome.kind === 'failed' ? outcome.reason : outcome.kind;
      };
      await assert.rejects(task('exit 0'), { code: 'not-found' });
      await build();
      assert.match(await task('exit 3'), /exit 3/);
      assert.equal(await task('exit 0'), 'done');
      assert.equal(await task('sleep 600', AbortSignal.timeout(100)), 'it was ended');
      assert.deepEqual((await observed('orders'))?.instances, []);
    });

    it('tells a failed build as an outcome, keeps nothing of it, and can build again', async () => {
      const failed = await build({ command: 'exit 3' });
      assert.equal(failed.kind, 'failed');
      assert.match(failed.kind === 'failed' ? failed.reason : '', /exit 3/);
      assert.deepEqual((await observed('orders'))?.built ?? [], []);
      assert.deepEqual(await build(), { kind: 'built' });
      assert.deepEqual((await observed('orders'))?.built, ['r1']);
    });

    it('never builds a complete revision again', async () => {
      await build();
      assert.deepEqual(await build({ command: 'exit 3' }), { kind: 'built' });
    });

    it('refuses to build when the call is off already', async () => {
      const folder = await harness.folder('orders');
      const request = {
        service: 'orders',
        revision: 'r1',
        folder,
        inputs: [folder],
        command: 'exit 0',
        inPlace: false,
        named: undefined,
      };
      const off = { signal: AbortSignal.abort() };
      await assert.rejects(driver.build({ ...request, path: harness.path, deadlineMs: DEADLINE_MS }, off));
      assert.deepEqual((await observed('orders'))?.built ?? [], []);
    });

    it('starts nothing of a revision that is not built', async () => {
      await assert.rejects(start(), isFailure('not-found'));
      assert.deepEqual((await observed('orders'))?.instances ?? [], []);
    });

    it('starts once, however often it is asked', async () => {
      await build();
      await Promise.all([start(), start()]);
      const before = await instance('orders-r1.0-0');
      await start();
      assert.deepEqual(await instance('orders-r1.0-0'), before);
      assert.equal(before.process.kind, 'running');
      assert.equal(before.starts, 1);
    });

    it('observes an instance as it was asked for', async () => {
      await build();
      await start({ index: 2, instance: 'orders-r1.0-2', port: 4711 });
      const { process: _, firstStartedAt, ...rest } = await instance('orders-r1.0-2');
      const asked = { id: 'orders-r1.0-2', service: 'orders', revision: 'r1', generation: 'r1.0', index: 2 };
      assert.deepEqual(rest, { ...asked, host: '127.0.0.1', port: 4711, starts: 1 });
      assert.equal(typeof firstStartedAt, 'number');
    });

    it('tells of a death, and how it came', async () => {
      await build();
      await start();
      const dead = exited('orders-r1.0-0');
      await harness.kill(await instance('orders-r1.0-0'));
      const { process } = await dead;
      assert.equal(process.kind === 'exited' && process.how, 'SIGKILL');
    });

    it('tells the exit status of an instance that ends at once', async () => {
      await build();
      await start({ command: 'exit 7' });
      const { process } = await exited('orders-r1.0-0');
      assert.equal(process.kind === 'exited' && process.how, 'exit 7');
    });

    it('starts an exited instance again, and counts it', async () => {
      await build();
      await start({ command: 'exit 7' });
      const first = await exited('orders-r1.0-0');
      await start();
      const second = await instance('orders-r1.0-0');
      assert.equal(second.process.kind, 'running');
      assert.deepEqual([second.starts, second.firstStartedAt], [2, first.firstStartedAt]);
    });

    it('has forgotten an instance when stop returns, and stops nothing twice', async () => {
      await build();
      await start();
      const stop = () => driver.stop({ instance: 'orders-r1.0-0', graceMs: 5_000 }, options());
      await Promise.all([stop(), stop()]);
      await stop();
      assert.deepEqual((await observed('orders'))?.instances, []);
    });

    it('ends an instance that hangs, which can then be started again', async () => {
      await build();
      await start({ command: 'trap "" TERM; while :; do sleep 0.05; done' });
      const kill = () => driver.kill({ instance: 'orders-r1.0-0' }, options());
      await kill();
      await kill();
      const { process } = await instance('orders-r1.0-0');
      assert.equal(process.kind === 'exited' && process.how, 'SIGKILL');
      await start();
      assert.equal((await instance('orders-r1.0-0')).process.kind, 'running');
    });

    it('ends the process that is meant, and no later one', async () => {
      await build();
      await start();
      const startedAt = async () => {
        const { process } = await instance('orders-r1.0-0');
        assert.ok(process.kind === 'running');
        return process.startedAt;
      };
      const first = await startedAt();
      const kill = () => driver.kill({ instance: 'orders-r1.0-0', startedAt: first }, options());
      await kill();
      assert.equal((await instance('orders-r1.0-0')).process.kind, 'exited');
      await start();
      await kill();
      assert.notEqual(await startedAt(), first);
    });

    it('tells where a revision lies once it is built', async () => {
      const folder = () => driver.folder({ service: 'orders', revision: 'r1' });
      await assert.rejects(folder(), isFailure('not-found'));
      await build();
      assert.ok(isAbsolute(await folder()));
    });

    it('refuses to forget a revision that an instance uses, and forgets it afterwards', async () => {
      await build();
      await start();
      const forget = () => driver.forget({ service: 'orders', revision: 'r1' }, options());
      await assert.rejects(forget(), isFailure('refused'));
      await driver.stop({ instance: 'orders-r1.0-0', graceMs: 0 }, options());
      await forget();
      await forget();
      assert.deepEqual((await observed('orders'))?.built, []);
    });

    it('refuses to purge a service that runs, and leaves nothing of one that does not', async () => {
      await build();
      await build({ service: 'catalog' });
      await start();
      const purge = () => driver.purge({ service: 'orders' }, options());
      await assert.rejects(purge(), isFailure('refused'));
      await driver.stop({ instance: 'orders-r1.0-0', graceMs: 0 }, options());
      await purge();
      await purge();
      assert.deepEqual(Object.keys((await driver.observe()).services), ['catalog']);
    });

    it('adopts what an earlier driver left, with the same process', async () => {
      await build();
      await start();
      await start({ instance: 'orders-r1.0-1', index: 1, command: 'exit 7' });
      await exited('orders-r1.0-1');
      const before = await driver.observe();
      driver = await harness.reopen();
      assert.deepEqual(await driver.observe(), before);
      await start();
      assert.deepEqual(await driver.observe(), before);
      const dead = exited('orders-r1.0-0');
      await harness.kill(await instance('orders-r1.0-0'));
      assert.equal((await dead).process.kind, 'exited');
    });

    it('says what running instances use, and only those', async () => {
      await build();
      await start();
      await start({ instance: 'orders-r1.0-1', index: 1, command: 'exit 7' });
      await exited('orders-r1.0-1');
      const usage = await driver.usage();
      assert.deepEqual(Object.keys(usage), ['orders-r1.0-0']);
      assert.ok(Object.values(usage).every(({ cpuMs, memoryBytes }) => cpuMs >= 0 && memoryBytes >= 0));
    });

    it('suspends an instance without ending it, and lets a suspended one be stopped', async () => {
      await build();
      await start();
      const before = await instance('orders-r1.0-0');
      await driver.suspend({ instance: 'orders-r1.0-0', suspended: true });
      await driver.suspend({ instance: 'orders-r1.0-0', suspended: false });
      await driver.suspend({ instance: 'no-such', suspended: true });
      assert.deepEqual(await instance('orders-r1.0-0'), before);
      await driver.suspend({ instance: 'orders-r1.0-0', suspended: true });
      await driver.stop({ instance: 'orders-r1.0-0', graceMs: 2_000 }, options());
      assert.deepEqual((await observed('orders'))?.instances, []);
    });

    it('calls back no more when the watch is disposed', async () => {
      const told: ComputeChange[] = [];
      driver.watch((change) => told.push(change))[Symbol.dispose]();
      await build();
      await start({ command: 'exit 0' });
      await exited('orders-r1.0-0');
      assert.deepEqual(told, []);
    });
  });
}

function isFailure(code: DriverError['code']): (error: unknown) => boolean {
  return (error) => error instanceof DriverError && error.code === code;
}

async function deadline(promise: Promise<void>, what: string): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`never: ${what}`)), DEADLINE_MS);
  try {
    await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
