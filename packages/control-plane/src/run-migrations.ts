import { join } from 'node:path';
import type { MigrateOutcome } from '@islet/driver';
import type { RevisionId } from '@islet/plan';
import { backedUpStores, type KeptStore } from './backup/kept-stores.ts';
import { markRestorePoint, pointBefore } from './backup/restore-point.ts';
import { MIGRATE_MS } from './deadlines.ts';
import { environmentOf } from './environment.ts';
import type { Hands } from './execute.ts';
import { gatherFacts } from './facts.ts';
import { dataFor, refreshOutsideStore } from './provision.ts';
import type { LaunchSpec } from './store/applied.ts';

interface Migrating {
  readonly hands: Hands;
  readonly signal: AbortSignal;
  readonly contract: boolean;
}

/** `log`: what a command printed last. */
export type Migrated = MigrateOutcome & { readonly log?: readonly string[] };

/** The plan looks at the spec that is wanted; the revision to go back to may be from before it had migrations. */
export async function migrate(spec: LaunchSpec, revision: RevisionId, migrating: Migrating): Promise<Migrated> {
  const { migrations, migrate: tool } = spec.database ?? {};
  if (migrations === undefined && tool === undefined) return { kind: 'migrated', applied: [] };
  const { hands, signal, contract } = migrating;
  await refreshOutsideStore(spec, hands, signal);
  if (tool !== undefined)
    return contract ? { kind: 'migrated', applied: [] } : byCommand(tool.command, spec, { revision, hands, signal });
  const within = await hands.compute.folder({ service: spec.name, revision });
  const request = { service: spec.name, folder: join(within, migrations ?? ''), within, contract };
  const driver = dataFor(spec, hands);
  const store = keptDatabase(spec);
  if (store) await markRestorePoint(store, request, { ...hands, driver, signal });
  return driver.migrate(request, { signal });
}

function keptDatabase(spec: LaunchSpec): KeptStore | undefined {
  return backedUpStores(spec).find(({ kind }) => kind === 'database');
}

/** What it does is known to it alone, and so is what it has done: it is run for every new revision, and may find nothing to do. */
async function byCommand(
  command: string,
  spec: LaunchSpec,
  { revision, hands, signal }: Omit<Migrating, 'contract'> & { readonly revision: RevisionId },
): Promise<Migrated> {
  const { name: service } = spec;
  // It serves nobody, so it is given no port.
  const facts = await gatherFacts(spec, { instance: `${service}-migrate`, revision, port: 0 }, hands);
  const store = keptDatabase(spec);
  if (store) await pointBefore(store, [command], { ...hands, signal });
  const outcome = await hands.compute.run(
    {
      service,
      revision,
      task: 'migrate',
      command,
      env: environmentOf(spec, facts),
      resources: spec.run.resources,
      deadlineMs: MIGRATE_MS,
    },
    { signal },
  );
  if (outcome.kind === 'done') return { kind: 'migrated', applied: [command] };
  return { kind: 'failed', migration: command, reason: outcome.reason, log: outcome.log };
}
