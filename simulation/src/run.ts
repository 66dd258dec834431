import { generationOf } from '@islet/plan';
import { Broken, type Invariant } from './auditor.ts';
import { Dice } from './dice.ts';
import { Killed } from './life.ts';
import { Workload } from './workload.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  /** Undefined: every invariant held. */
  readonly broken: { readonly invariant: Invariant | 'a defect'; readonly message: string } | undefined;
  readonly turns: number;
  readonly deaths: number;
  readonly faults: number;
  readonly asks: number;
  readonly checks: number;
  /** What happened, line by line; the same for the same seed. */
  readonly trace: readonly string[];
}

const TICK_MS = 250;
/** How long it may take until everything is as asked, once the faults have stopped. */
const CONVERGE_MS = 40 * 60_000;
const REQUESTS_END_MS = 10_000;

/** What a dead control plane was awaiting ends in nobody's hands; anything else there is a defect of the living. */
const defects: unknown[] = [];
process.on('unhandledRejection', (error) => {
  if (!(error instanceof Killed)) defects.push(error);
});

process.on('rejectionHandled', () => {});

/** One seed, from the first `up` to rest: a time of faults, then a time without, in which all must come right. */
export async function runSeed(seed: number): Promise<Outcome> {
  const dice = new Dice(seed);
  const trace: string[] = [];
  let broken: Outcome['broken'];
  let faults = 0;
  const told = (what: string) => trace.push(`${((world.clock.elapsed() - start) / 1000).toFixed(2)} ${what}`);
  const fault = (what: string) => {
    faults++;
    told(what);
  };
  const onBroken = (error: Broken) => {
    broken ??= { invariant: error.invariant, message: error.message };
  };
  const world: World = new World({
    dice: dice.fork(),
    risk: dice.pick([0, 0.02, 0.08, 0.2]) ?? 0,
    onBroken,
    tell: fault,
    note: told,
  });
  const start = world.clock.elapsed();
  const workload = new Workload({ world, dice: dice.fork(), tell: told, onDefect: (error) => defects.push(error) });
  try {
    world.open();
    workload.up();
    await foul(world, { workload, dice: dice.fork(), fault, isBroken: () => broken !== undefined });
    if (broken === undefined) await calm(world, workload, told);
    const [defect] = defects.splice(0);
    if (defect !== undefined) throw defect;
  } catch (thrown) {
    // What nobody foresaw explains the rest.
    const error: unknown = defects.splice(0)[0] ?? thrown;
    if (error instanceof Broken) onBroken(error);
    else
      broken ??= {
        invariant: 'a defect',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
  }
  const { deaths, auditor, turns } = world;
  return { seed, broken, turns, deaths, faults, asks: workload.asks, checks: auditor.checks, trace };
}

interface Foul {
  readonly workload: Workload;
  readonly dice: Dice;
  readonly fault: (what: string) => void;
  readonly isBroken: () => boolean;
}

async function foul(world: World, { workload, dice, fault, isBroken }: Foul): Promise<void> {
  const forMs = dice.between(30, 120) * 1_000;
  for (let at = 0; at < forMs && !isBroken(); at += TICK_MS) {
    workload.tick(TICK_MS);
    if (dice.chance(0.02)) workload.act();
    if (dice.chance(0.02)) strike(world, dice, fault);
    for (const { name } of workload.asked) {
      if (world.kept(name) !== undefined && dice.chance(0.05)) endAll(world, name, fault);
      world.auditor.onRequest(name);
    }
    await world.clock.pass(TICK_MS);
  }
}

const STRIKES = [
  ...(['instance dies', 'instance is sick', 'instance hangs'] as const),
  ...(['kill', 'kill', 'proxy dies', 'clock jumps'] as const),
] as const;

/** Something bad happens, as bad things do: by itself. */
function strike(world: World, dice: Dice, fault: (what: string) => void): void {
  const kind = dice.pick(STRIKES);
  const running = [...world.machine.instances.values()].filter(({ process }) => process.kind === 'running');
  const instance = dice.pick(running)?.id;
  switch (kind) {
    case 'instance dies':
      if (instance !== undefined) fault(`${instance} dies`);
      if (instance !== undefined) world.compute.crash(instance, 'SIGKILL');
      return;
    case 'instance is sick':
      if (instance !== undefined) fault(`${instance} is sick`);
      if (instance !== undefined) world.ground.makeSick(instance, dice.between(1, 20) * 1_000);
      return;
    case 'instance hangs':
      if (instance !== undefined) fault(`${instance} hangs`);
      if (instance !== undefined) world.ground.makeHang(instance);
      return;
    case 'kill':
      world.killIn(dice.between(1, 40));
      return;
    case 'proxy dies':
      fault('the proxy dies');
      world.requests.killProxy(dice.between(50, 2_000));
      return;
    case 'clock jumps': {
      const byMs = dice.pick([-3_600_000, -5_000, 5_000, 3_600_000]) ?? 0;
      fault(`the clock jumps by ${byMs / 1000} s`);
      world.clock.jump(byMs);
      world.auditor.onClockJump();
      world.ground.onClockJump();
      return;
    }
    case undefined:
      return;
  }
}

/** What a bug of the revision that bakes does: who serves ends at one instant. */
function endAll(world: World, service: string, fault: (what: string) => void): void {
  const endpoints = world.table?.services[service]?.endpoints ?? [];
  if (endpoints.length > 0) fault(`all of ${service} dies`);
  for (const { instance } of endpoints) world.compute.crash(instance, 'SIGKILL');
}

/** The faults stop, and what was broken is repaired: now everything must become as it was asked for. */
async function calm(world: World, workload: Workload, tell: (what: string) => void): Promise<void> {
  tell('calm');
  world.weather.foul = false;
  workload.quiet();
  await world.clock.pass(REQUESTS_END_MS);
  // What hangs is given up by its deadline; a person who was not answered asks again.
  const before = workload.asks;
  for (let attempt = 0; attempt < 60 && workload.asks === before; attempt++) {
    workload.repair();
    await world.clock.pass(5_000);
  }
  await rest(world, workload);
  // One more end, when all is well: that it is mended proves that it would have been.
  const [last] = [...world.machine.instances.keys()].slice(-1);
  if (last === undefined) return;
  tell(`${last} dies`);
  world.compute.crash(last, 'SIGKILL');
  await rest(world, workload);
}

async function rest(world: World, workload: Workload): Promise<void> {
  for (let passed = 0; passed < CONVERGE_MS; passed += 5_000) {
    await world.clock.pass(5_000);
    if (isAtRest(world, workload)) return;
    workload.goOn();
  }
  const why = (world.status?.services ?? []).map(({ name, state, why }) => `${name} is ${state}: ${why}`).join('; ');
  throw new Broken(findOpenRollout(world, workload) ? 'every rollout ends' : 'it converges', why);
}

/** Everything is as asked, and what is there says the same. */
function isAtRest(world: World, workload: Workload): boolean {
  const { system, status } = world;
  const applied = system?.hands.applied.current();
  if (system === undefined || status === undefined || applied === undefined || !status.settled) return false;
  const names = applied.services.map(({ spec }) => spec.name);
  const asked = workload.asked.map(({ name }) => name);
  if ([...names].sort().join() !== [...asked].sort().join()) {
    throw new Broken('nothing acknowledged is lost', `asked for ${asked.join()}, and there are ${names.join()}`);
  }
  return applied.services.every((service) => {
    const { name } = service.spec;
    const generation = generationOf(service.revision, service.restarts);
    // What somebody took out of traffic runs on beside those that are asked for.
    const out = service.spec.rollout.strategy === 'recreate' ? [] : (service.drained ?? []);
    const own = [...world.machine.instances.values()].filter((one) => one.service === name && !out.includes(one.id));
    const routed = world.table?.services[name]?.endpoints.map(({ instance }) => instance) ?? [];
    const ready = own.filter(({ id }) => world.ground.isHealthy(id)).map(({ id }) => id);
    return (
      own.every((one) => one.generation === generation) &&
      ready.length === own.length &&
      ready.length === system.autoscaler.instances(service) &&
      ready.length >= workload.leastOf(name) &&
      [...routed].sort().join() === [...ready].sort().join()
    );
  });
}

function findOpenRollout(world: World, workload: Workload): boolean {
  const { hands } = world.system ?? {};
  return workload.asked.some(({ name }) => {
    const service = hands?.applied.current()?.services.find(({ spec }) => spec.name === name);
    if (service === undefined || hands === undefined) return false;
    const generation = generationOf(service.revision, service.restarts);
    const { stable, failed } = hands.decisions.rollouts(name);
    return stable?.generation !== generation && !failed.has(generation);
  });
}
