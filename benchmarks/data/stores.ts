import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Context } from '../context.ts';
import { type Claim, medianFigure } from '../measure/claim.ts';
import { timed } from '../measure/interleave.ts';
import { treeCpuMs, treePssMb } from '../support/proc.ts';
import { Shop } from '../support/shop.ts';

const SYSTEM = fileURLToPath(new URL('./system', import.meta.url));
const SERVICES = 30;
/** Starting leaves work behind that soon ends. */
const SETTLE_MS = 10_000;

/** What a database for each service costs, where there are thirty. */
export async function* stores({ signal, times, progress }: Context): AsyncIterable<Claim> {
  await using shop = await Shop.copy(SYSTEM);
  await multiply(shop);
  progress(`${SERVICES} databases are made`);
  const firstMs = await timed(() => shop.up({ signal }));
  await pause(SETTLE_MS, undefined, { signal });

  progress('they rest');
  const { services, processes } = await shop.status();
  const servers = services.flatMap(({ database }) => database?.pid ?? []);
  if (servers.length !== SERVICES) throw new Error(`${servers.length} of ${SERVICES} databases run`);
  const windowMs = times(30_000, 15_000);
  const cpu = () => [sum(servers.map(treeCpuMs)), treeCpuMs(processes.controlPlane.pid)] as const;
  const [before, since] = [cpu(), performance.now()];
  await pause(windowMs, undefined, { signal });
  const [after, tookMs] = [cpu(), performance.now() - since];
  const percent = (index: 0 | 1) => ((after[index] - before[index]) / tookMs) * 100;
  const memory = servers.map(treePssMb);

  const startsMs: number[] = [];
  for (let round = 0; round < times(2, 1); round += 1) {
    progress(`start ${round + 1}`);
    await shop.down({ signal });
    startsMs.push(await timed(() => shop.up({ signal })));
  }
  const what = `${SERVICES} services, each with a PostgreSQL of its own and one small Node process`;
  yield {
    claim: 'data.stores.memory',
    unit: 'MB',
    better: 'less',
    islet: medianFigure(memory),
    peers: {},
    method: `PSS of each of the ${SERVICES} servers with all of its processes, at rest; all together ${sum(memory).toFixed(0)} MB. No peer: any PostgreSQL with these settings takes as much.`,
  };
  yield {
    claim: 'data.stores.idle-cpu',
    unit: '% of a core',
    better: 'less',
    islet: medianFigure([percent(0)]),
    peers: {},
    method: `All ${SERVICES} servers together in one window of ${windowMs / 1000} s in which nobody asks them anything; its grain is 10 ms. The control plane that watches them took ${percent(1).toFixed(2)} %.`,
  };
  yield {
    claim: 'data.stores.start',
    unit: 's',
    better: 'less',
    islet: medianFigure(startsMs.map(inSeconds)),
    peers: {},
    method: `Wall time of \`islet up\` after \`down\`: ${what}, until all of them serve.`,
  };
  yield {
    claim: 'data.stores.first',
    unit: 's',
    better: 'less',
    islet: medianFigure([inSeconds(firstMs)]),
    peers: {},
    method: `The same where nothing was ever started: users, clusters and passwords are made.`,
  };
}

/** The one service of the system, under thirty names. */
async function multiply(shop: Shop): Promise<void> {
  const services = join(shop.folder, 'services');
  for (let number = 1; number <= SERVICES; number += 1) {
    const name = `store-${number}`;
    await cp(join(services, 'ledger'), join(services, name), { recursive: true });
    await shop.edit(`services/${name}/service.yaml`, (text) =>
      text.replace('name: ledger', `name: ${name}`).replace('expose: /', `expose: /${name}`),
    );
  }
  await rm(join(services, 'ledger'), { recursive: true });
}

function sum(values: readonly number[]): number {
  return values.reduce((some, value) => some + value, 0);
}

function inSeconds(ms: number): number {
  return ms / 1000;
}
