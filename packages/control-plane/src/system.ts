import type { SystemStatus } from '@islet/client';
import type { DataDriver } from '@islet/driver';
import { type Desired, plan } from '@islet/plan';
import { createAnalysis } from './analysis/analysis.ts';
import { checkAsker } from './analysis/ask-check.ts';
import { trialsOf } from './analysis/trial.ts';
import { type ApplyParts, applyParts } from './apply-parts.ts';
import type { Forget } from './backup/aside.ts';
import { type Care, createCare } from './backup/care.ts';
import { backupFacts } from './backup/facts.ts';
import { backupWarnings } from './backup/warnings.ts';
import { buildRequest } from './build-request.ts';
import { type Bulletin, createBulletin } from './bulletin.ts';
import { endOf } from './crash-loops.ts';
import { stepDeadlineMs } from './deadlines.ts';
import { declaredStores } from './declared-stores.ts';
import { desireOf } from './desire.ts';
import { createDrills, type Drills } from './drill/drills.ts';
import { edgeName } from './edges.ts';
import { execute, type Hands, releaseLostPorts, wantedOf } from './execute.ts';
import { giveUp } from './failures.ts';
import { createJournal } from './journal.ts';
import { createLedger } from './ledger.ts';
import { createObserver, type Look } from './observe.ts';
import { createPast } from './past.ts';
import { createProber } from './probe/prober.ts';
import { subjects } from './probe/subjects.ts';
import { createProxyDeaths } from './proxy-death.ts';
import { createReconciler, type Reconciler, type TurnReport } from './reconcile.ts';
import { createRedactor } from './redact.ts';
import { type Routes, routesOf } from './routing.ts';
import { type Autoscaler, createAutoscaler } from './scale/autoscaler.ts';
import { isAllGone, type StatusContext, systemStatus } from './status.ts';
import type { LaunchSpec } from './store/applied.ts';
import type { SystemParts } from './system-parts.ts';
import { systemWarnings } from './system-warnings.ts';

/** A system under control: the loop, and what the API needs of it. */
export interface System {
  readonly parts: SystemParts;
  readonly hands: Hands;
  readonly context: StatusContext;
  readonly applying: ApplyParts;
  readonly reconciler: Reconciler;
  readonly care: Care;
  readonly autoscaler: Autoscaler;
  readonly drills: Drills;
  readonly status: Bulletin<SystemStatus>;
  desired(look: Look): Desired;
  /** Looks now, without a turn. */
  look(): Promise<Look>;
  redact(text: string): string;
  /** Stops probing and scaling. */
  close(): void;
}

export function createSystem(parts: SystemParts): System {
  const { state, compute, traffic, data, clock, log, backups } = parts;
  const { applied, decisions, secrets, ports } = state;
  const stateFolder = state.layout.state;
  const startedAt = clock.now();
  const status = createBulletin<SystemStatus>();
  const redact = createRedactor({ secrets, data });
  let report: TurnReport | undefined;
  let ending = false;

  const poke = () => reconciler.poke();
  const prober = createProber({ clock, check: parts.check, onTurn: poke });
  const trouble = (what: string) => (error: Error) => log.error({ error: redact(error.message) }, what);
  const journal = createJournal({
    decisions,
    clock,
    onRetry: poke,
    onTrouble: trouble('what happened was not recorded'),
    onRecorded: (decision) => log.warn(decision, 'it happened'),
  });
  const ledger = createLedger({
    clock,
    endedBy: (instance, at) => drills.endedBy(instance, at),
    drillsAt: decisions.drillsAt,
    onEnd: (instance, how, exits) => endOf(instance, redact(how), exits).forEach(journal.add),
  });
  const noteProxyDeath = createProxyDeaths({ decisions, journal });
  const analysis = createAnalysis({
    compute,
    traffic,
    operatorSocket: parts.operatorSocket,
    launch: applied.launch,
    store: state.evidence,
    clock,
    ask: (asked, trial) => askCheck(asked, trial),
    look: () => report?.look,
    onLook: poke,
    onTrouble: trouble('evidence was not kept'),
  });

  /** How a revision is run and probed: as the file says now, where the revision is the one asked for. */
  const specOf = (service: string, revision: string): LaunchSpec | undefined => {
    const wanted = wantedOf(service, { applied });
    return wanted?.revision === revision ? wanted.spec : applied.launch(service, revision);
  };
  const routes = (look: Look): Routes => {
    const wanted = applied.current()?.services.map(({ spec }) => spec) ?? [];
    const running = [...look.instances.values()].flatMap((it) => specOf(it.service, it.revision) ?? []);
    const edgePort = (caller: string, service: string) => ports.get(edgeName(caller, service));
    const specs = [...wanted, ...running];
    return routesOf({
      applied: applied.current(),
      specs,
      edgePort,
      operatorSocket: parts.operatorSocket,
      faultOf: drills.faultOf,
    });
  };
  const pastOf = createPast();
  const desired = (look: Look) =>
    desireOf(applied.current(), {
      decisions,
      startedAt,
      past: pastOf(clock.now()),
      routes: routes(look).key,
      gates: care.gates,
      instances: autoscaler.instances,
    });

  const driverOf = (wanted: DataDriver['engine'] | undefined) => data.find(({ engine }) => engine === wanted);
  const hands: Hands = {
    applied,
    ports,
    secrets,
    decisions,
    compute,
    traffic,
    data,
    clock,
    routes,
    redact,
    dataOf: ({ database }) => driverOf(database?.engine),
    driverOf,
    telemetryOf: (identity) => parts.telemetry?.environmentOf(identity) ?? {},
    instrument: parts.instrument,
    pathOf: async () => parts.machine.servicePath(applied.current()?.path ?? ''),
    buildRequest: async (spec, revision) => buildRequest(parts, spec, revision),
    sample: analysis.sample,
    backups: parts.backups,
    unavailable: (service) => status.latest()?.services.find(({ name }) => name === service)?.why,
  };
  const subject = subjects({ specOf, watchedFrom: startedAt, machine: parts.machine, hands });
  const askCheck = checkAsker({
    check: parts.check,
    instanceOf: ({ service, generation }) => {
      const seen = report?.look.observed.services[service]?.instances ?? [];
      const ready = seen.find((instance) => instance.generation === generation && instance.state.kind === 'ready');
      return ready && report?.look.instances.get(ready.id);
    },
    siteOf: (instance) => subject(instance, false)?.site,
    storeOf: ({ service, candidate }) => {
      const spec = specOf(service, candidate);
      return spec && hands.dataOf(spec);
    },
  });
  const analysisOf = (service: string) => wantedOf(service, { applied })?.spec.rollout.analysis;
  const declaredOf = (service: string) => {
    const spec = wantedOf(service, { applied })?.spec;
    return spec && declaredStores(spec);
  };
  const forget: Forget = (service, options) => compute.purge({ service }, options);
  const care = createCare({ state, hands, check: parts.check, log, backups, forget, onChange: poke });
  const [{ restoring, doing }, { evidence }] = [care.restorer, analysis];
  const observer = createObserver({
    compute,
    traffic,
    data,
    prober,
    ledger,
    decisions,
    clock,
    subject,
    declaredOf,
    evidence,
    restoring,
  });
  const autoscaler = createAutoscaler({
    applied: applied.current,
    decisions,
    clock,
    stats: parts.stats,
    usage: () => compute.usage(),
    seen: (service) => report?.look.observed.services[service]?.instances ?? [],
    onChange: poke,
    onTrouble: trouble('scaling failed'),
    idle: parts.idle ?? false,
  });
  const drills = createDrills({
    compute,
    decisions,
    journal,
    clock,
    withholdSpace: state.withholdSpace,
    onChange: poke,
    onTrouble: trouble('a drill failed'),
  });
  const context: StatusContext = {
    folder: parts.folder,
    state: stateFolder,
    version: parts.version,
    pid: process.pid,
    startedAt,
    keeperPid: parts.keeperPid,
    unrecorded: journal.problem,
    seq: applied.seq,
    applied: applied.current,
    decisions,
    redact,
    doing,
    warnings: () => [
      ...systemWarnings({
        guarantees: parts.guarantees(),
        journal,
        stateFolder,
        applied: applied.current(),
        observed: report?.look.observed,
      }),
      ...backupWarnings(
        backupFacts({
          backups: parts.backups,
          care,
          applied: applied.current,
          clock,
          startedAt,
          idle: parts.idle ?? false,
        }),
      ),
      ...(parts.telemetry?.forwards.warnings(clock.now()) ?? []),
    ],
  };

  const onTurn = (turn: TurnReport) => {
    report = turn;
    const trials = trialsOf(turn.desired, turn.look.observed, clock.now(), analysisOf);
    analysis.follow(trials);
    noteProxyDeath(turn.look.traffic);
    journal.write();
    const next = systemStatus(turn, context);
    status.post(next);
    if (!parts.idle) {
      parts.backups?.look(turn);
      parts.telemetry?.look(turn.look.engines);
      care.look(turn);
    }
    if (!applied.current()?.goingDown || !isAllGone(next, turn)) return;
    ending = true;
    parts.onDown();
  };
  const reconciler = createReconciler({
    observer,
    desired,
    onTurn,
    clock,
    deadlineMs: stepDeadlineMs,
    idle: parts.idle ?? false,
    onFirstLook: (look) => releaseLostPorts(hands, look),
    execute: (step, look, signal) => {
      log.info({ step: step.kind, ...('service' in step ? { service: step.service } : {}) }, 'step');
      return execute(step, hands, look, signal);
    },
    onFailure: (step, error, attempt) => {
      const on = 'service' in step ? { service: step.service } : {};
      log.warn({ step: step.kind, ...on, attempt, error: redact(error.message) }, 'a step failed');
      giveUp(step, error, { attempt, hands });
    },
    onTrouble: (error) =>
      log.error({ error: redact(error.message), stack: redact(error.stack ?? '') }, 'a turn failed'),
  });

  return {
    parts,
    hands,
    context,
    reconciler,
    care,
    autoscaler,
    drills,
    status,
    desired,
    redact,
    applying: applyParts(parts, { isEnding: () => ending, forgive: ledger.forgive }),
    close: () => {
      for (const part of [analysis, prober, autoscaler, drills]) part.close();
    },
    look: () => observer.look(report?.look.observed.held ?? {}),
  };
}

/** What a turn would report, without taking any step. */
export async function lookOnce(system: System): Promise<TurnReport> {
  const look = await system.look();
  const desired = system.desired(look);
  return { look, desired, steps: plan(desired, look.observed, system.parts.clock.now()) };
}
