import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Desired, type Observed, plan, unseen } from '@islet/plan';
import { auditDown } from './support/faults/audit.ts';
import type { Fixture } from './support/faults/fixture.ts';
import { BrokenSystem } from './support/faults/system.ts';

/** Services on one machine. */
const SERVICES = Number(process.env.ISLET_SCALE_SERVICES ?? 100);
/** How long the idle control plane is watched. */
const IDLE_MS = 10_000;
/** Of Linux, on every machine that Node runs on. */
const TICKS_PER_S = 100;

describe(`${SERVICES} services on one machine`, () => {
  let system: BrokenSystem;
  before(async () => {
    system = await BrokenSystem.make({ write: writeMany });
  });
  after(() => system[Symbol.asyncDispose]());

  test('`up` makes all of them ready', async (t) => {
    const took = await timed(() => system.up());
    const { services } = await system.settled();
    assert.equal(services.filter(({ state }) => state === 'ready').length, SERVICES);
    t.diagnostic(`up: ${took}; ${memory(system)}`);
  });

  test('each answers at the gateway', async () => {
    for (let index = 0; index < SERVICES; index++) {
      const response = await fetch(system.url(`/s${index}`));
      assert.match(await response.text(), /^\d+$/);
    }
  });

  test('`up` again changes nothing', async (t) => {
    const pids = async () =>
      (await system.settled()).services.flatMap(({ instanceList }) => instanceList.map(({ pid }) => pid));
    const before = await pids();
    const seq = system.sql('SELECT max(seq) FROM decisions');
    t.diagnostic(`up again: ${await timed(() => system.up())}`);
    assert.deepEqual(await pids(), before);
    assert.deepEqual(system.sql('SELECT max(seq) FROM decisions'), seq, 'nothing was decided');
  });

  test('the control plane is all but idle when nothing changes', async (t) => {
    const pid = await system.pid('control-plane');
    const before = cpuTicks(pid);
    await pause(IDLE_MS);
    const percent = ((cpuTicks(pid) - before) / TICKS_PER_S / (IDLE_MS / 1_000)) * 100;
    t.diagnostic(`idle: ${percent.toFixed(1)} % of one core; ${memory(system)}`);
  });

  test('`down` ends all of them', async (t) => {
    t.diagnostic(`down: ${await timed(() => system.insist(['down']))}`);
    auditDown(system);
  });
});

test('a turn of 1,000 services with 5 instances each is planned', (t) => {
  const desired = manyDesired(1_000);
  const start = performance.now();
  const first = plan(desired, { services: {}, traffic: NO_TRAFFIC, held: {} }, 0);
  const firstMs = performance.now() - start;
  assert.equal(first.filter(({ kind }) => kind === 'build').length, 1_000);
  const settled = manyObserved(desired);
  const again = performance.now();
  const rest = plan(desired, settled, 1_000_000);
  t.diagnostic(
    `plan: ${firstMs.toFixed(1)} ms at first, ${(performance.now() - again).toFixed(1)} ms when all is well`,
  );
  assert.deepEqual(rest, [], 'nothing is left to do');
});

async function timed(act: () => Promise<unknown>): Promise<string> {
  const start = performance.now();
  await act();
  return `${((performance.now() - start) / 1_000).toFixed(1)} s`;
}

function memory(system: BrokenSystem): string {
  const programs = ['control-plane', 'proxy', 'keeper'] as const;
  const sizes = programs.map((program) => {
    const [pid] = system.pids(program);
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return `${program} ${Math.round(Number(kilobytes) / 1_024)} MB`;
  });
  return sizes.join(', ');
}

/** User and system time of a process. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function writeMany({ folder, port }: Fixture): void {
  writeFileSync(join(folder, 'islet.yaml'), `system: many\ngateway: { port: ${port} }\n`);
  const program = buildTiny(folder);
  for (let index = 0; index < SERVICES; index++) {
    const service = join(folder, 'services', `s${index}`);
    mkdirSync(service, { recursive: true });
    copyFileSync(program.path, join(service, program.name));
    writeFileSync(
      join(service, 'service.yaml'),
      `name: s${index}\nrun: { command: ${program.command} }\napi: { expose: /s${index} }\nrollout: { minHealthy: 0s, bake: 0s }\n`,
    );
  }
  rmSync(program.path);
}

interface Program {
  readonly path: string;
  readonly name: string;
  readonly command: string;
}

/** A static binary of a few megabytes of memory; Node where no Go is. */
function buildTiny(folder: string): Program {
  const path = join(folder, 'tiny');
  const source = fileURLToPath(new URL('./support/faults/tiny/main.go', import.meta.url));
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod', GO111MODULE: 'off' };
  const { status } = spawnSync('go', ['build', '-ldflags=-s -w', '-o', path, source], { env, stdio: 'ignore' });
  if (status === 0) return { path, name: 'tiny', command: './tiny' };
  writeFileSync(
    path,
    "require('node:http').createServer((_, response) => response.end(`${process.pid}`)).listen(Number(process.env.PORT), process.env.HOST);\n",
  );
  return { path, name: 'main.cjs', command: 'node main.cjs' };
}

const NO_TRAFFIC = {
  acknowledged: { routes: '', endpoints: {}, warm: {}, splits: {} },
  inFlight: {},
  longLived: {},
  removedAt: {},
} as const;
const INSTANCES = 5;

function manyDesired(services: number): Desired {
  return {
    routes: '',
    services: Array.from({ length: services }, (_, index) => ({
      kind: 'present',
      name: `s${index}`,
      revision: 'r1',
      generation: 'r1.0',
      instances: INSTANCES,
      drained: [],
      after: index === 0 ? [] : [`s${index - 1}`],
      blocked: [],
      hasStore: false,
      migrates: false,
      exclusive: false,
      rollout: { maxSurge: 1, maxUnavailable: 0, minHealthyMs: 0, healthyDeadlineMs: 60_000, steps: [], bakeMs: 0 },
      wave: undefined,
      drainMs: 30_000,
      longLivedMs: 300_000,
      stopGraceMs: 10_000,
      keep: [],
      since: 0,
    })),
  };
}

/** All of it ready and routed. */
function manyObserved({ services }: Desired): Observed {
  const instances = (name: string) =>
    Array.from({ length: INSTANCES }, (_, index) => ({
      id: `${name}-r1.0-${index}`,
      revision: 'r1',
      generation: 'r1.0',
      index,
      exits: 0,
      firstStartedAt: 0,
      state: { kind: 'ready', since: 0 } as const,
    }));
  const stable = { revision: 'r1', generation: 'r1.0' };
  const seen = services.map(({ name }) => [
    name,
    { ...unseen(name), built: ['r1'], stable, instances: instances(name), hasFiles: true },
  ]);
  const endpoints = services.map(({ name }) => [
    name,
    instances(name)
      .map(({ id }) => id)
      .sort(),
  ]);
  const acknowledged = { routes: '', endpoints: Object.fromEntries(endpoints), warm: {}, splits: {} };
  return {
    services: Object.fromEntries(seen),
    traffic: { acknowledged, inFlight: {}, longLived: {}, removedAt: {} },
    held: {},
  };
}
