import type { SystemStatus } from '@islet/client';
import {
  type ApplyParts,
  createDoorkeeper,
  createHandlers,
  createSystem,
  type Database,
  type Decisions,
  IN_MEMORY,
  openApplied,
  openDatabase,
  openDecisions,
  openEvidence,
  openPorts,
  openSessions,
  type Secrets,
  type State,
  type System,
  VirtualClock,
} from '@islet/control-plane/testing';
import type { ComputeDriver, DataDriver, TrafficChange, TrafficDriver } from '@islet/driver';
import { createFakeCompute, createFakeData, createFakeMachine, FakeTraffic } from '@islet/driver/fake';
import type { RoutingTable } from '@islet/policy';
import { pino } from 'pino';
import { Auditor, type Broken } from './auditor.ts';
import type { Dice } from './dice.ts';
import { Ground } from './ground.ts';
import { type Known, keptGeneration } from './kept.ts';
import { Killed, Life, unlessKilled } from './life.ts';
import { Requests } from './requests.ts';
import { isOfWeather, Weather } from './weather.ts';

export interface WorldOptions {
  readonly dice: Dice;
  /** Of a call going wrong while the weather is foul. */
  readonly risk: number;
  readonly onBroken: (broken: Broken) => void;
  readonly tell: (what: string) => void;
  /** Something comes true. */
  readonly note: (what: string) => void;
}

const SILENT = pino({ level: 'silent' });

/** One system, all of it: what outlives the control plane, and the incarnation that is alive now. */
export class World {
  readonly clock: VirtualClock;
  readonly machine = createFakeMachine();
  readonly ground: Ground;
  readonly traffic = new FakeTraffic();
  readonly requests: Requests;
  readonly weather: Weather;
  readonly auditor: Auditor;
  readonly #options: WorldOptions;
  readonly #database: Database = openDatabase(IN_MEMORY);
  readonly #compute: ReturnType<typeof createFakeCompute>;
  readonly #data: ReturnType<typeof createFakeData>;
  #table: RoutingTable | undefined;
  #life: Life | undefined;
  #system: System | undefined;
  #known: Known | undefined;
  deaths = 0;
  /** Turns of the loop, of all incarnations. */
  turns = 0;

  constructor(options: WorldOptions) {
    const { dice, risk, tell, note } = options;
    this.#options = options;
    this.clock = new VirtualClock({ dice: () => dice.next() });
    this.requests = new Requests(this.traffic, this.clock);
    const now = () => new Date(this.clock.now());
    this.ground = new Ground(this.machine, this.clock);
    this.#compute = createFakeCompute({ now, machine: this.machine });
    this.#data = createFakeData({ engine: 'sqlite', now });
    this.weather = new Weather({ clock: this.clock, dice: dice.fork(), risk, tell, note });
    this.auditor = new Auditor({
      ground: this.ground,
      elapsed: () => this.clock.elapsed(),
      table: () => this.#table,
      inFlight: (instance) => this.requests.inFlight(instance),
      kept: (service) => this.kept(service),
      onBroken: options.onBroken,
    });
  }

  get compute() {
    return this.#compute;
  }

  get table(): RoutingTable | undefined {
    return this.#table;
  }

  /** The generation of which a service keeps instances warm; undefined: of none. */
  kept(service: string): string | undefined {
    return this.#known && keptGeneration(this.#known, service, this.clock.now());
  }

  /** The incarnation that is alive; undefined: none is. */
  get system(): System | undefined {
    return this.#life?.alive ? this.#system : undefined;
  }

  get status(): SystemStatus | undefined {
    return this.system?.status.latest();
  }

  /** Kills the control plane at its n-th step from now on. */
  killIn(steps: number): void {
    this.#life?.dieIn(steps);
  }

  /** The keeper starts a control plane, on what the last one left. */
  open(): void {
    const life = new Life(() => this.#onDeath());
    const drivers = this.#driversFor(life);
    const state = this.#stateFor(life);
    this.#life = life;
    const system = createSystem({
      folder: '/simulated',
      state,
      ...drivers,
      clock: life.clock(this.clock),
      log: SILENT,
      machine: {
        nodeBin: '/usr/bin',
        tools: '/tools',
        servicePath: (path) => path,
        missingTools: () => [],
        listeningPorts: async () => [],
      },
      guarantees: () => [],
      check: async (_target, { port }) => (this.ground.healthyByPort(port) ? undefined : 'it is sick'),
      version: '0.0.0',
      operatorSocket: '/operator.sock',
      keeperPid: () => undefined,
      stats: async () => this.requests.counters(),
      requests: async () => [],
      explainToken: async () => '',
      purge: async () => 0,
      onDown: () => {},
    });
    this.#system = system;
    void this.#countTurns(system, life);
    const poke = () => life.alive && system.reconciler.poke();
    const onTraffic = (change: TrafficChange) => {
      if (life.alive && change.kind === 'wanted') system.autoscaler.wake();
      poke();
    };
    const { weather } = this;
    this.#compute.watch(() => weather.hear('the processes', () => unlessKilled(poke)));
    this.#data.watch(() => weather.hear('the stores', () => unlessKilled(poke)));
    this.traffic.watch((change) => weather.hear('the proxy', () => unlessKilled(() => onTraffic(change))));
    poke();
  }

  /**
   * Asks the living one for something. Returns whether it was acknowledged: where it dies in between, nobody answers, and
   * what was asked for may be kept or not.
   */
  async ask(
    act: (parts: { readonly applying: ApplyParts; readonly system: System }) => Promise<void>,
  ): Promise<boolean> {
    const { system } = this;
    const life = this.#life;
    if (system === undefined || life === undefined) return false;
    const died = life.ended.then(() => 'died' as const);
    const answer = act({ applying: system.applying, system }).then(
      () => 'acknowledged' as const,
      (error: unknown) => {
        if (error instanceof Killed) return 'died' as const;
        // Who has never seen what is there says so, and does nothing.
        if (isOfWeather(error)) return 'refused' as const;
        throw error;
      },
    );
    const said = await Promise.race([answer, died]);
    if (said === 'acknowledged' && life.alive) system.reconciler.poke();
    return said === 'acknowledged';
  }

  handlers(system: System) {
    return createHandlers(system);
  }

  async #countTurns({ status }: System, life: Life): Promise<void> {
    const { signal } = new AbortController();
    for await (const _status of status.follow(signal)) if (life.alive) this.turns++;
  }

  #driversFor(life: Life): { compute: ComputeDriver; traffic: TrafficDriver; data: DataDriver[] } {
    const { weather } = this;
    const seen = this.auditor.watch({
      ...this.#compute,
      start: async (request, options) => {
        const before = this.#pidOf(request.instance);
        await this.#compute.start(request, options);
        if (this.#pidOf(request.instance) !== before)
          this.ground.onStarted(request.instance, request.command, this.#compute);
      },
    });
    const compute: ComputeDriver = {
      ...seen,
      build: (request, options) => weather.effect(`build ${request.revision}`, () => seen.build(request, options)),
      start: (request, options) =>
        weather.effect(`start ${request.instance}`, () => unlessDead(life, () => seen.start(request, options))),
      stop: (request, options) =>
        weather.effect(`stop ${request.instance}`, () => unlessDead(life, () => seen.stop(request, options))),
      kill: (request, options) =>
        weather.repeating(`kill ${request.instance}`, () => unlessDead(life, () => seen.kill(request, options))),
      forget: (request, options) =>
        weather.effect(`forget ${request.revision}`, () => unlessDead(life, () => seen.forget(request, options))),
      observe: () => weather.look('the processes', () => seen.observe()),
    };
    const traffic: TrafficDriver = {
      publish: (table) =>
        weather.effect(`publish ${tableText(table)}`, () => unlessDead(life, () => this.#publish(table))),
      observe: () => weather.look('the proxy', () => this.traffic.observe()),
      revisions: () => this.traffic.revisions(),
      watch: (onChange) => this.traffic.watch(onChange),
      close: async () => {},
    };
    const data: DataDriver = {
      ...this.#data,
      provision: (request, options) =>
        weather.effect('provision', () => unlessDead(life, () => this.#data.provision(request, options))),
      observe: () => weather.look('the stores', () => this.#data.observe()),
    };
    return { compute: life.over(compute), traffic: life.over(traffic), data: [life.over(data)] };
  }

  async #publish(table: RoutingTable): Promise<void> {
    await this.traffic.publish(table);
    this.auditor.onPublished(table);
    this.#table = table;
  }

  #stateFor(life: Life): State {
    const database = this.#database;
    const known = { applied: openApplied(database), decisions: openDecisions(database) };
    this.#known = known;
    return {
      id: 'simulated',
      layout: { state: '/simulated/.islet', runtime: '/simulated/.islet' },
      token: '',
      applied: life.over(known.applied),
      decisions: life.over(this.#audited(known.decisions)),
      secrets: NO_SECRETS,
      doorkeeper: createDoorkeeper({ sessions: openSessions(database), clock: this.clock }),
      evidence: life.over(openEvidence(database)),
      ports: life.over(openPorts(database, 'simulated', async (port) => !this.ground.isTaken(port))),
      withholdSpace: () => ({ [Symbol.dispose]: () => {} }),
      close: () => {},
    };
  }

  #audited(decisions: Decisions): Decisions {
    return {
      ...decisions,
      record: (decision, now) => {
        decisions.record(decision, now);
        this.auditor.onDecided(decision);
      },
    };
  }

  #pidOf(instance: string): number | undefined {
    const process = this.machine.instances.get(instance)?.process;
    return process?.kind === 'running' ? process.pid : undefined;
  }

  #onDeath(): void {
    this.deaths++;
    this.#options.tell('the control plane is killed');
    const after = this.#options.dice.between(100, 3_000);
    this.clock.after(after, () => this.open());
  }
}

function tableText({ version, services }: RoutingTable): string {
  const routed = Object.values(services).flatMap(({ endpoints }) => endpoints.map(({ instance }) => instance));
  return `${version}: ${routed.join(' ')}`;
}

/** Its process is gone before the effect: there is none. */
function unlessDead<T>(life: Life, act: () => Promise<T>): Promise<T> {
  return life.alive ? act() : new Promise<never>(() => {});
}

const NO_SECRETS: Secrets = {
  set: (name) => ({ name, version: 0, setAt: 0 }),
  get: () => undefined,
  version: () => 0,
  list: () => [],
  remove: () => false,
  values: () => [],
  changes: () => 0,
  changedAt: () => 0,
};
