import { ApiError } from '@islet/client';
import type { Sentinel } from '../alerts/sentinel.ts';
import { type Asked, allGone, apply, hasGoneDown, propose } from '../apply.ts';
import { secretsOf } from '../desire.ts';
import { placeOf } from '../facts.ts';
import { readLogs } from '../logs.ts';
import { followsSomething } from '../scale/follows.ts';
import { systemStatus } from '../status.ts';
import type { Applied, AppliedService } from '../store/applied.ts';
import { lookOnce, type System } from '../system.ts';
import { alertHandlers } from './alerts.ts';
import { backupHandlers } from './backups.ts';
import { capacityOf } from './capacity.ts';
import { dashboardHandlers } from './dashboard.ts';
import { databaseHandlers } from './database.ts';
import { describeDecision } from './decisions.ts';
import { diagnose } from './diagnose.ts';
import { drainHandlers } from './drain.ts';
import { beginDrill, drillTarget } from './drill.ts';
import { explainRequest } from './explain.ts';
import { exploreHandlers } from './explore.ts';
import { previewOf } from './preview.ts';
import { purgeCache } from './purge.ts';
import { rewindHandlers } from './rewind.ts';
import { rolloutHandlers } from './rollout.ts';
import { scalingOf } from './scaling.ts';
import type { Handlers } from './server.ts';
import { telemetryHandlers } from './telemetry.ts';

/** What the control plane does for each route of the contract. */
export function createHandlers(system: System, sentinel?: Sentinel): Handlers {
  const { parts, applying, reconciler, status, redact } = system;
  const { applied, decisions, secrets } = parts.state;
  const { clock } = parts;

  const current = (): Applied => {
    const now = applied.current();
    if (now === undefined) throw new ApiError('not-found', 'nothing was ever started here', { hint: 'islet up' });
    return now;
  };
  const wanted = (service: string) => {
    if (current().goingDown) throw new ApiError('conflict', 'the system is going down', { hint: 'islet up' });
    const found = current().services.find(({ spec }) => spec.name === service);
    if (found !== undefined) return found;
    const names = current()
      .services.map(({ spec }) => spec.name)
      .join(', ');
    throw new ApiError('not-found', `there is no service ${service}`, { hint: `the services are: ${names}` });
  };
  const put = (next: Applied, text: string) => {
    if (applying.isEnding()) throw hasGoneDown();
    const revision = applied.put(next, clock.now());
    decisions.record({ kind: 'applied', revision, text }, clock.now());
    reconciler.poke();
    return { revision, changed: true, warnings: [] };
  };
  const change = (service: string, changes: (one: AppliedService) => Partial<AppliedService>, text: string) => {
    wanted(service);
    const services = current().services.map((one) => (one.spec.name === service ? { ...one, ...changes(one) } : one));
    return put({ ...current(), services }, text);
  };

  const restart = (service: string, text: string) =>
    change(service, ({ restarts }) => ({ restarts: restarts + 1, since: clock.now() }), text);

  const usersOf = (secret: string) =>
    (applied.current()?.services ?? [])
      .filter(({ spec }) => secretsOf(spec).includes(secret))
      .map(({ spec }) => spec.name);

  const telemetry = telemetryHandlers(system);
  return {
    status: async () => status.latest() ?? systemStatus(await lookOnce(system), system.context),
    watch: ({ signal }) => status.follow(signal),
    apply: async ({ body }) => {
      const { revision, changed, warnings } = await apply(askedOf(body, applied.current()), applying);
      reconciler.poke();
      return { revision, changed, warnings: [...warnings] };
    },
    plan: async ({ body }) => previewOf(await propose(askedOf(body, applied.current()), applying), system),
    down: async ({ body: { purge } }) => {
      const before = applied.current();
      const none = {
        system: '',
        environment: undefined,
        gateway: { host: '127.0.0.1', port: 0, workers: 1, tls: undefined },
        mode: 'revisions',
        path: '',
      } as const;
      const gone = before === undefined ? [] : allGone(before, purge);
      const next = { ...(before ?? none), services: [], gone, goingDown: true };
      return put(next, purge ? 'down --purge' : 'down');
    },
    restart: ({ params: { service = '' } }) => restart(service, `restart ${service}`),
    scale: ({ params: { service = '' }, body: { instances } }) => {
      const { spec } = wanted(service);
      if (instances === 'auto')
        return change(service, () => ({ instances: spec.scale.min, scaledFrom: undefined }), `scale ${service} auto`);
      if (spec.api.port !== undefined && instances > 1) {
        throw new ApiError('conflict', `${service} has the fixed port ${spec.api.port}: it can't run more than once`);
      }
      const from = system.autoscaler.instances(wanted(service));
      const accepted = change(
        service,
        () => ({ instances, scaledFrom: spec.scale.min }),
        `scale ${service} ${instances}`,
      );
      // What follows something goes on from here, once it is given back.
      const why = 'islet scale asked for it';
      if (followsSomething(spec.scale))
        decisions.record({ kind: 'scaled', service, from, to: instances, why }, clock.now());
      return accepted;
    },
    explain: ({ params: { id = '' } }) => explainRequest(id, system),
    explainToken: async ({ body: { forMs } }) => ({ token: await parts.explainToken(forMs) }),
    drillTarget: ({ params: { service = '' } }) => drillTarget(wanted(service), system),
    purge: ({ params: { service = '' }, body }) => purgeCache(wanted(service), body, system),
    inject: ({ params: { service = '' }, body }) => beginDrill(wanted(service), body, system),
    capacity: ({ params: { service = '' }, body }) => capacityOf(wanted(service), body, system),
    scaling: ({ params: { service = '' } }) => scalingOf(wanted(service), system),
    logs: ({ query, signal }) => {
      const names = [
        ...(applied.current()?.services.map(({ spec }) => spec.name) ?? []),
        ...(applied.current()?.gone.map(({ name }) => name) ?? []),
      ];
      if (query.service !== undefined && !names.includes(query.service)) wanted(query.service);
      const services = query.service === undefined ? names : [query.service];
      const lines = Math.min(Number(query.lines ?? 100) || 0, 10_000);
      return readLogs({ services, lines, follow: query.follow === 'true', signal }, parts.compute, redact);
    },
    environment: async ({ params: { service = '' } }) => {
      const { spec } = wanted(service);
      const { look } = await lookOnce(system);
      const instance = [...look.instances.values()].find((it) => it.service === service);
      if (instance === undefined) throw new ApiError('conflict', `${service} has no instance`, { hint: 'islet up' });
      const { argv, cwd, env } = await placeOf(instance, spec, system.hands);
      return { cwd, prefix: [...argv], env };
    },
    ...databaseHandlers(system, { wanted, restart }),
    ...backupHandlers(system, { wanted, change }),
    ...rewindHandlers(system, put),
    ...rolloutHandlers(system, { wanted, change }),
    ...drainHandlers(system, { wanted, change }),
    ...dashboardHandlers(system, { wanted }),
    ...exploreHandlers(system, { wanted }),
    deploy: async ({ params: { service = '' }, body }) => {
      const accepted = await apply(
        { ...askedOf({ ...body, changed: [] }, applied.current()), only: service },
        applying,
      );
      reconciler.poke();
      return { ...accepted, warnings: [...accepted.warnings] };
    },
    operator: () => ({ socket: parts.operatorSocket }),
    secrets: () => secrets.list().map((secret) => ({ ...secret, usedBy: usersOf(secret.name) })),
    setSecret: ({ params: { name = '' }, body: { value } }) => {
      if (!SECRET_NAME.test(name))
        throw new ApiError('bad-request', `${name} is no name for a secret`, {
          hint: 'use letters, digits, . _ and -',
        });
      return { ...secrets.set(name, value, clock.now()), usedBy: usersOf(name) };
    },
    removeSecret: ({ params: { name = '' } }) => ({ removed: secrets.remove(name, clock.now()) }),
    decisions: ({ query }) =>
      decisions
        .list({ service: query.service, since: Number(query.since ?? 0) || 0 })
        .map((row) => describeDecision(row, redact)),
    diagnose: () => diagnose(system),
    traffic: async () => parts.stats(),
    ...telemetry,
    ...alertHandlers(sentinel, { clock, live: telemetry.live }),
  };
}

const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

interface ApplyBody {
  readonly environment?: string | undefined;
  readonly path?: string | undefined;
  readonly mode: Asked['mode'];
  readonly changed: string[];
}

function askedOf({ environment, path, mode, changed }: ApplyBody, last: Applied | undefined): Asked {
  const own = path === undefined ? { path: last?.path ?? '', mode: last?.mode ?? mode } : { path, mode };
  return { environment, changed, ...own };
}
