import type { MigrationHazard, MigrationPreview, PendingMigration } from '@islet/driver';
import type { Migration } from '@islet/driver/migrations';
import type { Client } from 'pg';
import { allowedIn, hazardsIn, tablesNamed } from './find.ts';
import { HAZARD_RULES } from './model.ts';
import { type ParsedSql, type ParsedStatement, parseSql } from './statements.ts';
import { type Catalog, readCatalog } from './tables.ts';
import { transactionMode } from './transaction.ts';

/** What is known of a migration before any of it runs. */
export type Inspection =
  | {
      readonly kind: 'sound';
      readonly inTransaction: boolean;
      readonly hazards: readonly MigrationHazard[];
      /** Undefined: the parser could not read the file, so nothing was looked for. */
      readonly statements: readonly ParsedStatement[] | undefined;
      readonly unread: string | undefined;
    }
  | { readonly kind: 'refused'; readonly reason: string };

export interface Inspector {
  inspect(migration: Migration): Promise<Inspection>;
}

/**
 * Looks at the catalog anew for each file, since those before it have changed it. Tables that came into being after the
 * inspector are of this very run: whatever their size, nobody uses them yet.
 */
export async function openInspector(client: Client): Promise<Inspector> {
  const { rows } = await client.query<{ table: string }>(
    "SELECT n.nspname || '.' || c.relname AS table FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace " +
      "WHERE c.relkind IN ('r', 'p', 'm')",
  );
  const atFirst = new Set(rows.map(({ table }) => table));
  return {
    inspect: async (migration) => {
      const parsed = await parseSql(migration.sql);
      const catalog = await readCatalog(client, namesIn(parsed));
      return look(migration, parsed, onlyOf(atFirst, catalog)).inspection;
    },
  };
}

/** What each of these would be found to be if they ran now, one after the other: nothing of it has. */
export async function foreseeAll(client: Client, migrations: readonly Migration[]): Promise<readonly Foreseen[]> {
  const parsed = await Promise.all(
    migrations.map(async (migration) => [migration, await parseSql(migration.sql)] as const),
  );
  let catalog = await readCatalog(
    client,
    parsed.flatMap(([, sql]) => namesIn(sql)),
  );
  return parsed.map(([migration, sql]) => {
    const { inspection, after } = look(migration, sql, catalog);
    catalog = after;
    return { migration, inspection };
  });
}

function namesIn(parsed: ParsedSql): readonly string[] {
  return parsed.kind === 'parsed' ? tablesNamed(parsed.statements) : [];
}

export interface Foreseen {
  readonly migration: Migration;
  readonly inspection: Inspection;
}

/** As the contract tells it; the first that is refused refuses all, as a run would end there. */
export function previewOf(foreseen: readonly Foreseen[]): MigrationPreview {
  const migrations: PendingMigration[] = [];
  for (const { migration, inspection } of foreseen) {
    const { name } = migration;
    if (inspection.kind === 'refused') return { kind: 'refused', migration: name, reason: inspection.reason };
    const { inTransaction, hazards, unread } = inspection;
    migrations.push({ name, inTransaction, hazards, unread });
  }
  return { kind: 'pending', migrations };
}

function look(
  migration: Migration,
  parsed: ParsedSql,
  catalog: Catalog,
): { readonly inspection: Inspection; readonly after: Catalog } {
  const refuse = (reason: string) => ({ inspection: { kind: 'refused', reason } as const, after: catalog });
  const [wrong] = allowedIn(migration).unknown;
  if (wrong !== undefined) return refuse(`there is no rule "${wrong}" to allow: one of ${HAZARD_RULES.join(', ')}`);
  const mode = transactionMode(migration, parsed.kind === 'parsed' ? parsed.statements : []);
  if (mode.kind === 'mixed') return refuse(mode.reason);
  const inTransaction = mode.kind === 'inside';
  if (parsed.kind === 'unread') {
    const unread = { hazards: [], statements: undefined, unread: parsed.reason };
    return { inspection: { kind: 'sound', inTransaction, ...unread }, after: catalog };
  }
  const { statements } = parsed;
  const found = hazardsIn(migration, statements, catalog);
  const { hazards } = found;
  return { inspection: { kind: 'sound', inTransaction, hazards, statements, unread: undefined }, after: found.catalog };
}

function onlyOf(known: ReadonlySet<string>, catalog: Catalog): Catalog {
  return {
    isVolatile: catalog.isVolatile,
    table: (name) => {
      const found = catalog.table(name);
      return found && known.has(`${found.schema}.${found.name}`) ? found : undefined;
    },
  };
}
