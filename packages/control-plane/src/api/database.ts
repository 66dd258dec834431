import { join } from 'node:path';
import { type Accepted, ApiError } from '@islet/client';
import { parseSystem } from '@islet/spec';
import { nodeFiles } from '@islet/spec/node';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';
import type { Handlers } from './server.ts';

/** What is asked of one service's store. */
export function databaseHandlers(
  { parts, hands }: System,
  {
    wanted,
    restart,
  }: { wanted: (service: string) => AppliedService; restart: (service: string, text: string) => Accepted },
): Pick<Handlers, 'migrations' | 'rotate'> {
  const storeOf = (service: string) => {
    const { spec } = wanted(service);
    const driver = hands.dataOf(spec);
    if (driver !== undefined) return { spec, driver };
    throw new ApiError('conflict', `${service} declares no database`, { hint: 'declare one: database: postgres' });
  };

  /** Where the migrations lie in the service's own folder, as its file says now: what the next revision is made of. */
  const sourceOf = (service: string) => {
    const environment = parts.state.applied.current()?.environment;
    const parsed = parseSystem(nodeFiles(parts.folder), environment === undefined ? {} : { environment });
    if (parsed.kind === 'errors')
      throw new ApiError('invalid-spec', 'the files have mistakes', { errors: parsed.errors });
    const spec = parsed.spec.services.find(({ name }) => name === service);
    const folder = join(parts.folder, spec?.folder ?? '');
    return { within: folder, migrations: spec?.database?.migrations };
  };

  return {
    rotate: async ({ params: { service = '' }, signal }) => {
      const { spec, driver } = storeOf(service);
      if (driver.credentials === undefined) {
        const kind = spec.database?.engine === 'external' ? 'an outside server' : 'a file';
        const hint = spec.database?.engine === 'external' ? 'set the secret that holds its URL anew' : undefined;
        throw new ApiError('conflict', `the database of ${service} is ${kind}: Islet gives it no password`, { hint });
      }
      await driver.credentials.rotate({ service }, { signal });
      return restart(service, `db rotate ${service}`);
    },
    migrations: async ({ params: { service = '' }, signal }) => {
      const { driver } = storeOf(service);
      const { within, migrations } = sourceOf(service);
      if (migrations === undefined) throw new ApiError('conflict', `${service} declares no migrations`);
      const folder = join(within, migrations);
      const preview = await driver.previewMigrations({ service, folder, within }, { signal });
      if (preview.kind === 'refused') return preview;
      return {
        kind: 'pending',
        migrations: preview.migrations.map(({ name, inTransaction, hazards, unread }) => ({
          ...{ name, inTransaction, hazards: hazards.map((hazard) => ({ ...hazard })) },
          ...(unread === undefined ? {} : { unread }),
        })),
      };
    },
  };
}
