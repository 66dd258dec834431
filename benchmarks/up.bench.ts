import type { Benchmark, Context } from './context.ts';
import { type Claim, medianFigure } from './measure/claim.ts';
import { interleave, timed } from './measure/interleave.ts';
import { replicate } from './support/replica.ts';

/** Bringing the whole shop up and down: six services in four languages, with two PostgreSQL servers. */
export const up: Benchmark = { name: 'up', claims };

const ASK = { unit: 'ms', better: 'less' } as const;
const WALL = 'Wall time of the command, from its start to its exit.';

async function* claims(context: Context): AsyncIterable<Claim> {
  const { signal, progress, times } = context;
  const shop = await context.shop();

  const cold: number[] = [];
  for (let round = 0; round < times(2, 1); round += 1) {
    progress('a first up');
    await shop.purge({ signal });
    cold.push((await shop.up({ signal })).ms);
  }
  yield {
    ...ASK,
    claim: 'up.cold',
    islet: medianFigure(cold),
    peers: {},
    method: `${WALL} On empty state: users, databases, builds of all six services with their own empty caches (packages come from the registry, through the network), migrations, start, until all are ready. No peer: a process manager builds nothing.`,
  };

  progress('up where nothing changed');
  const unchanged: number[] = [];
  for (let round = 0; round < times(10, 5); round += 1) unchanged.push((await shop.up({ signal })).ms);
  yield {
    ...ASK,
    claim: 'up.unchanged',
    islet: medianFigure(unchanged),
    peers: {},
    method: `${WALL} Everything runs as asked; each file is read and keyed again, and nothing restarts. No peer: pm2 keys no files, and its start of what runs restarts it.`,
  };

  const pm2 = await context.pm2();
  const replica = await replicate(await shop.status(), pm2.folder);
  await shop.down({ signal });
  const turns = await interleave(times(5, 2), {
    islet: async () => {
      progress('islet up, islet down');
      const start = (await shop.up({ signal })).ms;
      return { start, stop: (await shop.down({ signal })).ms };
    },
    pm2: async () => {
      progress('pm2 start, pm2 kill');
      const start = await timed(() => pm2.start(replica, signal));
      return { start, stop: await timed(() => pm2.stop()) };
    },
  });
  const same = `${pm2.name} runs the same bytes with the same environment, users and data, and the same PostgreSQL servers beside it, in turns with Islet.`;
  yield {
    ...ASK,
    claim: 'up.warm',
    islet: medianFigure(turns.islet.map(({ start }) => start)),
    peers: { [pm2.name]: medianFigure(turns.pm2.map(({ start }) => start)) },
    method: `${WALL} After a down: nothing is built. Islet starts its own processes, databases and services in the order of uses, proves each ready and routes to it. ${same} pm2 starts all services at once, and is done when all six answer their ready path; it has neither proxy nor probes.`,
  };
  yield {
    ...ASK,
    claim: 'down',
    islet: medianFigure(turns.islet.map(({ stop }) => stop)),
    peers: { [pm2.name]: medianFigure(turns.pm2.map(({ stop }) => stop)) },
    method: `${WALL} Until every process is gone, with SIGTERM for each service and a fast shutdown of each database. Islet takes callers from the traffic and stops them before what they call. ${same}`,
  };
}
