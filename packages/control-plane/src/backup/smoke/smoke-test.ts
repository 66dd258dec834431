import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type CallOptions, type DataDriver, DriverError, type TaskOutcome } from '@islet/driver';
import type { RevisionId } from '@islet/plan';
import { probesOfSmoke } from '@islet/spec/probes';
import { declaredStores } from '../../declared-stores.ts';
import { commandOf, environmentOf, type InstanceFacts } from '../../environment.ts';
import { type Hands, wantedOf } from '../../execute.ts';
import { gatherFacts, HOST, volumePaths } from '../../facts.ts';
import { poolShare } from '../../pool-share.ts';
import type { Check, ProbeSite } from '../../probe/check.ts';
import type { LaunchSpec } from '../../store/applied.ts';
import { type Forget, removeWhole } from '../aside.ts';
import { askRequests } from './ask-requests.ts';
import { isHttpFile, planSmoke, type SmokePlan } from './plan-smoke.ts';

/*
 * A store that its engine finds sound may still be one that its service can't serve from. So a drill starts the service once
 * more, on the restored store, and asks it what its own smoke test says.
 *
 * It is the revision that serves now, with the environment of an instance, in a task beside the instances: no plan counts it,
 * the proxy has no endpoint of it, and its telemetry goes nowhere. It must not act on the living: what it `uses` answers
 * nobody (a port where nobody listens), and what of its stores is not backed up is an empty one that goes with it. It is told by `ISLET_DRILL`, since
 * what lies outside of the system it can still reach, with the secrets that it can't start without.
 */

export interface SmokeParts {
  readonly hands: Hands;
  readonly check: Check;
  readonly forget: Forget;
}

export interface SmokeRequest {
  readonly service: string;
  /** What its restored stores are called. */
  readonly as: string;
}

/** Each a sentence. `told`: where it did not fail; undefined: there is no smoke test. */
export interface SmokeOutcome {
  readonly told: string | undefined;
  readonly problems: readonly string[];
}

export type SmokeTest = (request: SmokeRequest, options: CallOptions) => Promise<SmokeOutcome>;

const SMOKE_MS = 5 * 60_000;
/** Of what the instance printed last, in a sentence. */
const LINES_TOLD = 3;

export function smokeTester(parts: SmokeParts): SmokeTest {
  return async (request, options) => {
    const { service } = request;
    const revision = parts.hands.decisions.rollouts(service).stable?.revision;
    const spec = revision === undefined ? undefined : specOf(service, revision, parts.hands);
    const plan = await planned(service, { revision, spec }, parts.hands);
    switch (plan.kind) {
      case 'none':
        return { told: undefined, problems: [] };
      case 'left out':
        return { told: `its smoke test is left out: ${plan.why}`, problems: [] };
      default: {
        if (spec === undefined || revision === undefined) throw new DriverError('internal', 'nothing to serve with');
        const problem = await serveAndAsk({ ...request, spec, revision, plan }, parts, options);
        if (problem !== undefined) return { told: undefined, problems: [`its smoke test fails: ${problem}`] };
        return { told: `its smoke test passes: ${describe(plan)}`, problems: [] };
      }
    }
  };
}

type Doable = Extract<SmokePlan, { kind: 'command' | 'requests' }>;

function describe(plan: Doable): string {
  if (plan.kind === 'command') return plan.command;
  const { requests, file } = plan;
  return `${requests.length} ${requests.length === 1 ? 'request' : 'requests'} of ${file}`;
}

interface Serving extends SmokeRequest {
  readonly spec: LaunchSpec;
  readonly revision: RevisionId;
  readonly plan: Doable;
}

/** As the file says now, where the revision is the one asked for. */
function specOf(service: string, revision: RevisionId, { applied }: Hands): LaunchSpec | undefined {
  const wanted = wantedOf(service, { applied });
  return wanted?.revision === revision ? wanted.spec : applied.launch(service, revision);
}

async function planned(
  service: string,
  { revision, spec }: { readonly revision: RevisionId | undefined; readonly spec: LaunchSpec | undefined },
  { compute }: Hands,
): Promise<SmokePlan> {
  const built = (await compute.observe()).services[service]?.built ?? [];
  const isBuilt = revision !== undefined && built.includes(revision);
  const { smoke } = spec?.test ?? {};
  if (!isBuilt || smoke === undefined || !isHttpFile(smoke))
    return planSmoke({ spec, revision, isBuilt, requests: [] });
  const text = await readFile(join(await compute.folder({ service, revision }), smoke), 'utf8').catch(
    (error: Error) => {
      throw new DriverError('refused', `its smoke test can't be read: ${error.message}`, { hint: 'see test.smoke' });
    },
  );
  return planSmoke({ spec, revision, isBuilt, requests: probesOfSmoke(text) });
}

/** Undefined: it passed. */
async function serveAndAsk(serving: Serving, parts: SmokeParts, { signal }: CallOptions): Promise<string | undefined> {
  const { service, as, spec, revision } = serving;
  const { hands } = parts;
  const made: DataDriver[] = [];
  const [port, nobody] = [`drill ${service}`, `drill ${service} nobody`];
  try {
    for (const { engine, settings } of declaredStores(spec)) {
      const driver = hands.driverOf(engine);
      if (driver === undefined || engine === 'external') continue;
      if ((await driver.observe())[as] === undefined) {
        made.push(driver);
        await driver.provision({ service: as, url: undefined, settings }, { signal });
      }
      await driver.backups?.lend?.({ service: as, to: service }, { signal });
    }
    const identity = { instance: `${service}-drill`, revision, port: await hands.ports.take(port) };
    const facts = await factsOf({ ...serving, nobody: await hands.ports.take(nobody) }, identity, hands);
    const env = { ISLET_DRILL: 'restore', ...environmentOf(spec, facts) };
    return await whileServing({ ...serving, command: commandOf(spec, facts), env, port: identity.port }, parts, signal);
  } finally {
    for (const driver of made) await removeWhole(driver, as, parts.forget);
    for (const name of [port, nobody]) hands.ports.release(name);
  }
}

async function factsOf(
  { spec, as, nobody }: Serving & { readonly nobody: number },
  identity: { readonly instance: string; readonly revision: RevisionId; readonly port: number },
  hands: Hands,
): Promise<InstanceFacts> {
  const alone = { ...hands, instrument: undefined, telemetryOf: () => ({}) };
  // All of the living: nothing of it is handed on.
  const { database: _of, redis: _and, volumes: _too, ...storeless } = spec;
  const facts = await gatherFacts({ ...storeless, database: undefined, redis: undefined }, identity, alone);
  const restored = async (engine: DataDriver['engine'] | undefined) =>
    engine === undefined || engine === 'external' ? undefined : hands.driverOf(engine)?.connection({ service: as });
  const database = await restored(spec.database?.engine);
  const files = await restored(spec.volumes && 'files');
  const edges = Object.entries(facts.edges).map(([name, edge]) => [name, { ...edge, port: nobody }] as const);
  return {
    ...facts,
    database,
    poolMax: database?.maxConnections && poolShare({ connections: database.maxConnections, instances: 1, surge: 0 }),
    redis: await restored(spec.redis && 'redis'),
    volumes: volumePaths(spec, files?.path),
    edges: Object.fromEntries(edges),
  };
}

interface Started extends Serving {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
}

async function whileServing(started: Started, { hands, check }: SmokeParts, signal: AbortSignal) {
  const { service, revision, spec, plan, command, env, port } = started;
  const { startup } = spec.health;
  const enough = new AbortController();
  const over = AbortSignal.any([signal, enough.signal]);
  const run = (task: string, what: string, deadlineMs: number): Promise<TaskOutcome> => {
    const { resources } = spec.run;
    const until = enough.signal;
    return hands.compute.run({ service, revision, task, command: what, env, resources, deadlineMs, until }, { signal });
  };
  const serving = run('drill', command, startup.deadlineMs + SMOKE_MS);
  const ended = serving.then(
    (outcome) => `it ended before it had answered: ${outcome.kind === 'failed' ? outcome.reason : 'exit 0'}`,
  );
  const exec: ProbeSite['exec'] = async (probe) =>
    (await run('drill-probe', probe, startup.timeoutMs)).kind === 'done' ? 0 : 1;
  const site = { host: HOST, port, http2: spec.api.http2 === true, exec };
  const asked = async (): Promise<string | undefined> => {
    if (!(await untilReady(spec, { site, check, signal: over })))
      return `it was not ready after ${startup.deadlineMs / 1000} s; in a drill, what it uses answers nobody`;
    if (plan.kind === 'requests') return askRequests(plan.requests, site, over);
    const outcome = await run('smoke', plan.command, SMOKE_MS);
    return outcome.kind === 'done' ? undefined : printed(outcome.reason, outcome.log);
  };
  // Whoever comes second is ended, and heard by nobody.
  const both = [asked(), ended];
  const problem = await Promise.race(both).finally(async () => {
    enough.abort();
    await Promise.allSettled(both);
  });
  const outcome = await serving;
  return problem === undefined ? undefined : printed(problem, outcome.kind === 'failed' ? outcome.log : []);
}

function printed(problem: string, log: readonly string[]): string {
  return log.length === 0 ? problem : `${problem}; printed last: ${log.slice(-LINES_TOLD).join(' | ')}`;
}

async function untilReady(
  { health: { startup } }: Pick<LaunchSpec, 'health'>,
  { site, check, signal }: { readonly site: ProbeSite; readonly check: Check; readonly signal: AbortSignal },
): Promise<boolean> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(startup.deadlineMs)]);
  while (!deadline.aborted) {
    if ((await check(startup.target, site, startup.timeoutMs)) === undefined) return true;
    await pause(startup.fastPeriodMs, undefined, { signal: deadline }).catch(() => {});
  }
  return false;
}
