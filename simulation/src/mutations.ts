/**
 * Bugs to plant, kept as data: one place in one module, said otherwise. A simulation that finds none of them proves
 * nothing, so every one must be found within its seeds, in the same run in which the code as it is passes them.
 */
export interface Mutation {
  readonly name: string;
  /** From the repository's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'an instance is stopped before the proxy has let it go',
    file: 'packages/plan/src/retire.ts',
    find: 'if (isIn(acknowledged, service, id)) return',
    replace: 'if (false) return',
  },
  {
    name: 'a table on its way to the proxy is not heeded',
    file: 'packages/plan/src/retire.ts',
    find: 'if (isIn(coming, service, id)) return',
    replace: 'if (false) return',
  },
  {
    name: 'a warm instance is stopped while it may still be asked',
    file: 'packages/plan/src/retire.ts',
    find: '[table?.endpoints[name], table?.warm[name]]',
    replace: '[table?.endpoints[name]]',
  },
  {
    name: 'the proxy is not told of what is kept warm',
    file: 'packages/plan/src/roll.ts',
    find: 'warm: readyOf(warm)',
    replace: 'warm: []',
  },
  {
    name: 'what is told to stop may be taken back',
    file: 'packages/plan/src/turn.ts',
    find: 'if (!seen.instances.some(isLeaving)) return seen;',
    replace: 'return seen;',
  },
  {
    name: 'requests in flight are not waited for',
    file: 'packages/plan/src/retire.ts',
    find: 'if (waitedFor.length === 0) return stop;',
    replace: 'return stop;',
  },
  {
    name: 'an adopted instance has to prove itself again',
    file: 'packages/control-plane/src/probe/prober.ts',
    find: 'return adopted ? afterProbe(',
    replace: 'return false ? afterProbe(',
  },
  {
    name: 'a step that fails is never tried again',
    file: 'packages/control-plane/src/reconcile.ts',
    find: "held.set(stepKey(step), { kind: 'cooling', step, until, reason: error.advice, attempt });",
    replace: "held.set(stepKey(step), { kind: 'running', step });",
  },
  {
    name: 'a step under way is begun again',
    file: 'packages/plan/src/plan.ts',
    find: "if (hold.kind === 'running') return [];",
    replace: "if (hold.kind === 'running') return [step];",
  },
  {
    name: 'an instance that has ended is not started again',
    file: 'packages/plan/src/roll.ts',
    find: "if (state.kind !== 'exited' || !seen.built.includes(revision)) return [];",
    replace: 'return [];',
  },
  {
    name: 'a new revision is started beside the old one where two can not run at once',
    file: 'packages/plan/src/roll.ts',
    find: 'if (service.exclusive && [...seen.instances, ...comingOf(service, turn)].some(isOther)) return 0;',
    replace: '',
  },
  {
    name: 'an instance that is not ready takes requests',
    file: 'packages/control-plane/src/observed-instances.ts',
    find: "if (probed === undefined || probed.kind === 'starting') return { kind: 'starting', since: process.startedAt, why };",
    replace:
      "if (probed === undefined || probed.kind === 'starting') return { kind: 'ready', since: process.startedAt, why };",
  },
  {
    name: 'the promotion of a revision is not remembered',
    file: 'packages/control-plane/src/execute.ts',
    find: "decisions.record({ kind: 'promoted', service, revision, generation }, clock.now());",
    replace: '',
  },
  {
    name: 'a kill ends whatever process runs by then',
    file: 'packages/control-plane/src/execute.ts',
    find: 'hands.compute.kill({ instance, startedAt }, { signal })',
    replace: 'hands.compute.kill({ instance }, { signal })',
  },
  {
    name: 'what was asked for is kept in memory only',
    file: 'packages/control-plane/src/store/applied.ts',
    find: 'const next = Number(insert.run(now, JSON.stringify(applied)).lastInsertRowid);',
    replace: 'const next = seq + 1;',
  },
  {
    name: 'a clock that was put back stops probes and restarts',
    file: 'packages/control-plane/src/put-off.ts',
    find: 'return Math.min(at, now + mostMs);',
    replace: 'return at;',
  },
  {
    name: 'a rollout that a person has paused goes on',
    file: 'packages/plan/src/judge.ts',
    find: 'if (isPaused(roster)) return',
    replace: 'if (false) return',
  },
  {
    name: 'scaling goes beyond its bounds',
    file: 'packages/control-plane/src/scale/autoscaler.ts',
    find: 'return Math.min(max, Math.max(least, decided));',
    replace: 'return max + Math.max(least, decided);',
  },
];
