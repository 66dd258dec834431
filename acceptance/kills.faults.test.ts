import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { audit, auditDown } from './support/faults/audit.ts';
import type { FixtureService } from './support/faults/fixture.ts';
import { SERVICES } from './support/faults/fixture.ts';
import { type Dice, dice } from './support/faults/random.ts';
import { BrokenSystem, end } from './support/faults/system.ts';
import { until } from './support/faults/until.ts';
import { Work } from './support/faults/work.ts';

/*
 * The control plane is killed at random instants while it carries out random verbs. After each, what was asked for comes
 * about, and the auditor finds nothing lost, doubled or orphaned.
 *
 * ISLET_FAULT_RUNS=<kills> bounds it; ISLET_FAULT_SEED=<seed> says the same verbs and instants again.
 */
const KILLS = Number(process.env.ISLET_FAULT_RUNS ?? 200);
/** Kills in the life of one system; then another begins. */
const KILLS_PER_LIFE = 25;
/** One life in so many keeps its rows in PostgreSQL. */
const POSTGRES_EVERY = 4;
/** Verbs take about that long here; a kill comes at any instant of it, or a little after. */
const LONGEST_WAIT_MS = 1_200;

const first = Number(process.env.ISLET_FAULT_SEED ?? Date.now() % 1_000_000);
const lives = process.env.ISLET_FAULT_SEED === undefined ? Math.ceil(KILLS / KILLS_PER_LIFE) : 1;

for (let life = 0; life < lives; life++) {
  const seed = first + life;
  const kills = Math.min(KILLS_PER_LIFE, KILLS - life * KILLS_PER_LIFE);
  test(`killed ${kills} times in a random workload, it converges each time (ISLET_FAULT_SEED=${seed})`, async (t) => {
    const engine = seed % POSTGRES_EVERY === 0 ? 'postgres' : 'sqlite';
    await using system = await BrokenSystem.make({ engine });
    const random = dice(seed);
    const work = new Work(system);
    await work.setSecret('first');
    await work.up();
    for (let kill = 0; kill < kills; kill++) {
      const verb = random.pick(VERBS);
      const afterMs = random.below(LONGEST_WAIT_MS);
      const said = `kill ${kill} of ISLET_FAULT_SEED=${seed}: ${verb.name}, killed after ${afterMs} ms, on ${engine}`;
      try {
        const done = verb.say({ system, work, random });
        await Promise.all([done, pause(afterMs).then(() => killLiving(system))]);
        if (verb.name === 'down') {
          if (system.pids('control-plane').length === 0) auditDown(system);
          await work.up();
        }
        await audit(system, await work.expected());
      } catch (error) {
        t.diagnostic(`${said}\n${system.log()}`);
        throw new Error(said, { cause: error });
      }
    }
  });
}

interface Saying {
  readonly system: BrokenSystem;
  readonly work: Work;
  readonly random: Dice;
}

interface Verb {
  readonly name: string;
  readonly say: (saying: Saying) => Promise<void>;
}

const VERBS: readonly Verb[] = [
  { name: 'up after an edit', say: ({ work, random }) => work.change(random.pick(SERVICES)) },
  { name: 'up after edits', say: ({ work }) => work.changeAll() },
  { name: 'up', say: ({ work }) => work.up() },
  { name: 'restart', say: ({ work, random }) => work.restart(random.pick(SERVICES)) },
  { name: 'scale', say: ({ work, random }) => work.scale('pair', 1 + random.below(3)) },
  {
    name: 'secret set, up',
    say: async ({ work, random }) => {
      await work.setSecret(`word${random.below(1_000)}`);
      await work.up();
    },
  },
  { name: 'an instance is killed', say: ({ system, random }) => killInstance(system, random.pick(SERVICES)) },
  { name: 'down', say: ({ work }) => work.down() },
];

/** Until whichever control plane lives then has heard of it: before that all is well by what it knows. */
async function killInstance(system: BrokenSystem, service: FixtureService): Promise<void> {
  const pids = async () => {
    const { services } = await system.status();
    return services.find(({ name }) => name === service)?.instanceList.map(({ pid }) => pid) ?? [];
  };
  const [pid] = await pids();
  if (pid === undefined) return;
  end(pid);
  await until(`the end of ${service} is noticed`, async () => ((await pids()).includes(pid) ? undefined : true));
}

/** Whichever control plane lives now; after a `down` none may. */
async function killLiving(system: BrokenSystem): Promise<void> {
  for (const pid of system.pids('control-plane')) end(pid);
}
