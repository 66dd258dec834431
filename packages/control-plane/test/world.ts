import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { SystemStatus } from '@islet/client';
import { createFakeCompute, createFakeData, createFakeMachine, type FakeData, FakeTraffic } from '@islet/driver/fake';
import type { RequestRecord } from '@islet/policy';
import { pino } from 'pino';
import { createHandlers } from '../src/api/handlers.ts';
import type { Handlers } from '../src/api/server.ts';
import { apply } from '../src/apply.ts';
import { systemClock } from '../src/clock.ts';
import type { EdgeCounters } from '../src/scale/load.ts';
import { openState } from '../src/state.ts';
import { createSystem, type System } from '../src/system.ts';

/** A system on drivers in memory: everything but the effects is real, the files and the database included. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'islet-world-'));
  readonly machine = createFakeMachine();
  readonly compute = createFakeCompute({ now: () => new Date(), machine: this.machine });
  readonly data: FakeData;
  readonly redis = createFakeData({ engine: 'redis', now: () => new Date() });
  readonly traffic = new FakeTraffic();
  /** The proxy's counters, as the autoscaler reads them. */
  edges: readonly EdgeCounters[] = [];
  /** Instances whose probes fail, by service. */
  readonly sick = new Set<string>();
  system!: System;
  down = 0;
  /** How far the clock is put forward, or back. */
  offsetMs = 0;
  #close: () => Promise<void> = async () => {};

  /** What the proxy has recorded. */
  readonly records: RequestRecord[] = [];

  constructor(files: Readonly<Record<string, string>>, engine: 'sqlite' | 'postgres' | 'external' = 'sqlite') {
    this.data = createFakeData({ engine, now: () => new Date() });
    this.write(files);
    this.open();
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), text);
    }
  }

  /** A control plane begins on what the last one left. */
  open(): void {
    const state = openState(join(this.folder, '.islet'));
    const { compute, data, traffic } = this;
    this.system = createSystem({
      folder: this.folder,
      state,
      compute,
      traffic,
      data: [data, this.redis],
      clock: { ...systemClock, now: () => systemClock.now() + this.offsetMs },
      machine: {
        nodeBin: '/usr/bin',
        tools: '/tools',
        servicePath: (path) => path,
        missingTools: () => [],
        listeningPorts: async () => [],
      },
      guarantees: () => [],
      check: async (_target, { port }) => (this.#isSick(port) ? 'it is sick' : undefined),
      log: pino({ level: 'silent' }),
      version: '0.0.0',
      operatorSocket: '/operator.sock',
      keeperPid: () => undefined,
      stats: async () => ({ edges: this.edges, holds: [] }),
      requests: async (id) => this.records.filter((record) => record.id === id),
      explainToken: async () => 'token',
      purge: async () => 3,
      onDown: () => {
        this.down++;
      },
    });
    const { reconciler, status } = this.system;
    const watches = [compute, data, this.redis, traffic].map((driver) => driver.watch(() => reconciler.poke()));
    this.#close = async () => {
      for (const watch of watches) watch[Symbol.dispose]();
      status.close();
      await reconciler.close();
      this.system.close();
      state.close();
    };
    reconciler.poke();
  }

  /** As if it were killed: what it was doing is left as it is. */
  async reopen(): Promise<void> {
    await this.#close();
    this.open();
  }

  async up(): Promise<SystemStatus> {
    const asked = { environment: undefined, path: '/usr/bin', mode: 'revisions', changed: [] } as const;
    await apply(asked, this.system.applying);
    this.system.reconciler.poke();
    return this.settled();
  }

  get api(): Handlers {
    return createHandlers(this.system);
  }

  /** The first status from now on that holds; fails after a minute, which is no measure of speed. */
  async until(holds: (status: SystemStatus) => boolean): Promise<SystemStatus> {
    const signal = AbortSignal.timeout(60_000);
    // What is there now may have been posted before what was just asked for was seen.
    await new Promise((resume) => setImmediate(resume));
    for await (const status of this.system.status.follow(signal)) if (holds(status)) return status;
    throw new Error(`never came: ${JSON.stringify(this.system.status.latest(), undefined, 1)}`);
  }

  settled(): Promise<SystemStatus> {
    const { applied } = this.system.parts.state;
    return this.until(({ settled, revision }) => settled && revision === applied.seq());
  }

  pids(): Record<string, number> {
    const running = [...this.machine.instances.values()].flatMap(({ id, process }) =>
      process.kind === 'running' ? [[id, process.pid] as const] : [],
    );
    return Object.fromEntries(running);
  }

  async close(): Promise<void> {
    await this.#close();
    rmSync(this.folder, { recursive: true });
  }

  #isSick(port: number): boolean {
    const instance = [...this.machine.instances.values()].find((candidate) => candidate.port === port);
    return instance !== undefined && (this.sick.has(instance.service) || this.sick.has(instance.id));
  }
}

export const TWO = {
  'islet.yaml': 'system: two\nservices: [services/*]\ngateway: { port: 28080 }\n',
  'services/catalog/service.yaml': 'run: { command: serve }\n',
  'services/web/service.yaml': 'run: { command: serve }\nuses: [catalog]\napi: { expose: / }\n',
};

/** For services that need not be replaced with care. */
export const QUICK = 'rollout: { minHealthy: 0s, bake: 0s }\n';

export function world(t: TestContext, files: Readonly<Record<string, string>> = TWO): World {
  const made = new World(files);
  t.after(() => made.close());
  return made;
}

export function stateOf(status: SystemStatus, name: string): string | undefined {
  return status.services.find((service) => service.name === name)?.state;
}
