import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, Context } from './context.ts';
import { type Claim, medianFigure, p99Figure } from './measure/claim.ts';
import { interleave } from './measure/interleave.ts';
import type { Pm2 } from './support/pm2.ts';
import { answers, until } from './support/poll.ts';
import { ProxyWatch } from './support/proxy-state.ts';
import { type Replica, replicate } from './support/replica.ts';
import { READY_PATH, type Shop } from './support/shop.ts';

/** How soon the death of an instance is known, and another one serves. */
export const detection: Benchmark = { name: 'detection', claims };

/** It starts in milliseconds, so that what is measured is the supervisor. */
const SERVICE = 'shipping';
/** Each is killed once a round: one that ends again and again is started later each time, by design. */
const INSTANCES = 10;
const LOOK_MS = 1;
/** Between two kills. */
const PAUSE_MS = 300;

async function* claims(context: Context): AsyncIterable<Claim> {
  const [shop, pm2] = [await context.shop(), await context.pm2()];
  const { signal, progress, times } = context;
  await shop.edit(FILE, (text) => `${text}\n${SCALE}`);
  try {
    await shop.up({ signal });
    const whole = await replicate(await shop.status(), pm2.folder);
    const replica: Replica = {
      services: whole.services.filter(({ env }) => env.ISLET_SERVICE === SERVICE),
      databases: [],
    };
    await shop.down({ signal });
    const rounds = await interleave(times(4, 1), {
      islet: async () => {
        progress(`${INSTANCES} kills below Islet`);
        return await killsInIslet(shop, signal);
      },
      pm2: async () => {
        progress(`${INSTANCES} kills below ${pm2.name}`);
        return await killsInPm2(pm2, replica, signal);
      },
    });
    const islet = rounds.islet.flat();
    const peer = rounds.pm2.flat();
    yield* twice(
      'gone',
      islet.map(({ goneMs }) => goneMs),
      {},
      GONE,
    );
    yield* twice(
      'answers',
      islet.map(({ answersMs }) => answersMs),
      { [pm2.name]: peer },
      ANSWERS,
    );
    yield* twice(
      'serves',
      islet.map(({ servesMs }) => servesMs),
      {},
      SERVES,
    );
  } finally {
    await shop.edit(FILE, (text) => text.replace(`\n${SCALE}`, ''));
  }
}

const FILE = `services/${SERVICE}/service.yaml`;
const SCALE = `scale: { min: ${INSTANCES}, max: ${INSTANCES} }\n`;

const KILL = `Milliseconds after kill -9 of the process of an instance (${SERVICE}, Go, one of ${INSTANCES})`;
const GONE = `${KILL} until the proxy's routing table no longer has it, asked every ${LOOK_MS} ms. No peer: pm2 carries no traffic.`;
const ANSWERS = `${KILL} until the same port answers the ready path again, asked every ${LOOK_MS} ms. Both supervisors see the process end and start it again at once.`;
const SERVES = `${KILL} until the proxy's routing table has it again: probed, found ready, acknowledged. No peer: pm2 has neither probes nor traffic.`;

interface Kill {
  readonly goneMs: number;
  readonly answersMs: number;
  readonly servesMs: number;
}

async function killsInIslet(shop: Shop, signal: AbortSignal): Promise<Kill[]> {
  await shop.up({ signal });
  const { services } = await shop.status();
  const instances = services.find(({ name }) => name === SERVICE)?.instanceList ?? [];
  using proxy = new ProxyWatch(shop.state);
  const kills: Kill[] = [];
  for (const { id, pid = 0, port = 0 } of instances) {
    await pause(PAUSE_MS, undefined, { signal });
    const patience = { everyMs: LOOK_MS, signal };
    const since = performance.now();
    process.kill(pid, 'SIGKILL');
    const route = async () => {
      await until(`${id} to leave the routing table`, async () => !(await proxy.routesTo(id)), patience);
      const goneMs = performance.now() - since;
      await until(`${id} to be back in the routing table`, () => proxy.routesTo(id), patience);
      return { goneMs, servesMs: performance.now() - since };
    };
    const [routed, answersMs] = await Promise.all([route(), untilBack(port, { since, signal })]);
    kills.push({ ...routed, answersMs });
  }
  await shop.down({ signal });
  return kills;
}

async function killsInPm2(pm2: Pm2, replica: Replica, signal: AbortSignal): Promise<number[]> {
  await pm2.start(replica, signal);
  const pids = await pm2.pids();
  const samples: number[] = [];
  for (const { name, port } of replica.services) {
    await pause(PAUSE_MS, undefined, { signal });
    const since = performance.now();
    process.kill(pids.get(name) ?? 0, 'SIGKILL');
    samples.push(await untilBack(port, { since, signal }));
  }
  await pm2.stop();
  return samples;
}

/** A killed process may take a moment to go: only what answers after a refusal is the new one. */
async function untilBack(port: number, { since, signal }: { since: number; signal: AbortSignal }): Promise<number> {
  const patience = { everyMs: LOOK_MS, signal };
  const ready = () => answers({ port, path: READY_PATH });
  await until(`port ${port} to be silent`, async () => !(await ready()), patience);
  await until(`port ${port} to answer again`, ready, patience);
  return performance.now() - since;
}

async function* twice(
  what: string,
  islet: readonly number[],
  peers: Readonly<Record<string, readonly number[]>>,
  method: string,
): AsyncIterable<Claim> {
  for (const [suffix, figure] of [
    ['median', medianFigure],
    ['p99', p99Figure],
  ] as const) {
    yield {
      claim: `detection.${what}.${suffix}`,
      unit: 'ms',
      better: 'less',
      islet: figure(islet),
      peers: Object.fromEntries(Object.entries(peers).map(([name, samples]) => [name, figure(samples)])),
      method,
    };
  }
}
