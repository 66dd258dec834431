import type { MigrationHazard } from '@islet/driver';
import { isContract, type Migration } from '@islet/driver/migrations';
import type { Node, RangeVar } from 'libpg-query';
import { foresee } from './foresee.ts';
import { HAZARD_RULES, type HazardRule } from './model.ts';
import { RULES } from './rules.ts';
import type { ParsedStatement } from './statements.ts';
import type { Catalog } from './tables.ts';

export interface Inspected {
  readonly hazards: readonly MigrationHazard[];
  /** As it is after the migration, as far as a rule asks. */
  readonly catalog: Catalog;
}

/**
 * What of a migration makes others wait or fail, on the tables as they are. A statement is judged after those before it:
 * a constraint that one of them proves is proven for the next.
 */
export function hazardsIn(migration: Migration, statements: readonly ParsedStatement[], before: Catalog): Inspected {
  const allowed = allowedIn(migration).rules;
  const hazards: MigrationHazard[] = [];
  let catalog = before;
  for (const { node, line } of statements) {
    for (const { rule, table, effect, what, remedy } of RULES.flatMap((judge) => judge(node, catalog))) {
      // A contract migration runs when no older revision does: to take away is what it is for.
      if (effect === 'breaks the running revision' && isContract(migration.name)) continue;
      const place = { migration: migration.name, line, table: `${table.schema}.${table.name}`, bytes: table.bytes };
      hazards.push({ rule, ...place, effect, what, remedy, allowed: allowed.has(rule) });
    }
    catalog = foresee(node, catalog);
  }
  return { hazards, catalog };
}

/** `-- islet: allow set-not-null-scans, drop`, on a line of its own. */
const ALLOW = /^--\s*islet:\s*allow\s+(?<rules>.+)$/gim;

/** The rules that the file lets through, and what stands there and is none. */
export function allowedIn({ sql }: Migration): { rules: ReadonlySet<string>; unknown: readonly string[] } {
  const named = [...sql.matchAll(ALLOW)].flatMap((match) =>
    (match.groups?.rules ?? '').split(/[\s,]+/).filter(Boolean),
  );
  return { rules: new Set(named), unknown: named.filter((name) => !isRule(name)) };
}

function isRule(name: string): name is HazardRule {
  return HAZARD_RULES.some((rule) => rule === name);
}

/** Names of all tables that the statements name, anywhere in them. */
export function tablesNamed(statements: readonly ParsedStatement[]): readonly string[] {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { relname } = value as RangeVar;
    if (typeof relname === 'string') names.add(relname);
    for (const part of Object.values(value)) visit(part);
  };
  for (const { node } of statements) {
    visit(node);
    for (const name of droppedNames(node)) names.add(name);
  }
  return [...names];
}

function droppedNames(node: Node): readonly string[] {
  if (!('DropStmt' in node)) return [];
  return (node.DropStmt.objects ?? []).flatMap((one) => {
    const last = 'List' in one ? one.List.items?.at(-1) : undefined;
    return last !== undefined && 'String' in last ? [last.String.sval ?? ''] : [];
  });
}
