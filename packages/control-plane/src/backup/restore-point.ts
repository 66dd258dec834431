import type { DataDriver, MigrateRequest } from '@islet/driver';
import type { Clock } from '../clock.ts';
import type { Decisions } from '../store/decisions.ts';

interface PointParts {
  readonly driver: DataDriver;
  readonly decisions: Decisions;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Before any of the migrations runs: `islet restore orders --to before-migration` goes back to here. */
export async function markRestorePoint(
  request: MigrateRequest,
  { driver, decisions, clock, signal }: PointParts,
): Promise<void> {
  const preview = await driver.previewMigrations(request, { signal });
  if (preview.kind !== 'pending' || preview.migrations.length === 0) return;
  const migrations = preview.migrations.map(({ name }) => name);
  pointBefore(request.service, migrations, { decisions, clock });
}

export function pointBefore(
  service: string,
  migrations: readonly string[],
  { decisions, clock }: Pick<PointParts, 'decisions' | 'clock'>,
): void {
  const at = clock.now();
  decisions.record({ kind: 'restore-point', service, at, migrations }, at);
}
