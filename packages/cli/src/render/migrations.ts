import type { MigrationPreview } from '@islet/client';
import { roundSizeText } from '@islet/spec';
import type { Colors } from 'picocolors/types.js';

type Pending = Extract<MigrationPreview, { kind: 'pending' }>['migrations'][number];
type Hazard = Pending['hazards'][number];

/** What runs with the next `up`, each hazard with the way around it. */
export function renderMigrations(preview: MigrationPreview, colours: Colors): string[] {
  if (preview.kind === 'refused') return [`${colours.red('refused')}  ${preview.migration}: ${preview.reason}`];
  if (preview.migrations.length === 0) return ['Every migration is applied.'];
  return preview.migrations.flatMap((migration) => [
    `${migration.name}${migration.inTransaction ? '' : colours.dim('  statement by statement, without a transaction')}`,
    ...(migration.unread === undefined ? [] : [`  ${colours.yellow('not looked at')}: ${migration.unread}`]),
    ...migration.hazards.flatMap((hazard) => renderHazard(hazard, colours)),
  ]);
}

/** A hazard that stops the next `up`, or a file that nothing of would run. */
export function isRefused(preview: MigrationPreview): boolean {
  return preview.kind === 'refused' || preview.migrations.some(({ hazards }) => hazards.some(stops));
}

function stops({ allowed, effect }: Hazard): boolean {
  return !allowed && effect !== 'breaks the running revision';
}

function renderHazard(hazard: Hazard, { red, yellow, dim }: Colors): string[] {
  const { rule, line, table, bytes, effect, what, remedy, allowed } = hazard;
  const verdict = stops(hazard) ? red('refused') : yellow(allowed ? 'allowed' : 'warning');
  return [
    `  ${verdict}  line ${line}, ${table} (${roundSizeText(bytes)}): ${what} ${dim(`[${rule}: ${effect}]`)}`,
    `    instead: ${remedy}`,
  ];
}
