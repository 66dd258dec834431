import type { HazardEffect } from '@islet/driver';
import type { Node } from 'libpg-query';
import type { Catalog, TableFacts } from './tables.ts';

/** Names of the rules: what a file says to be let through, `-- islet: allow <rule>`. */
export const HAZARD_RULES = [
  'index-blocks-writes',
  'column-not-null',
  'column-default-rewrites',
  'column-builds-index',
  'column-type-rewrites',
  'set-not-null-scans',
  'constraint-scans',
  'constraint-builds-index',
  'storage-rewrites',
  'table-rewritten',
  'table-locked',
  'view-refresh-blocks-reads',
  'update-of-all-rows',
  'table-emptied',
  'rename',
  'drop',
] as const;
export type HazardRule = (typeof HAZARD_RULES)[number];

/** What a rule says of one statement. */
export interface Finding {
  readonly rule: HazardRule;
  readonly table: TableFacts;
  readonly effect: HazardEffect;
  readonly what: string;
  readonly remedy: string;
}

/** Looks at a statement, and says what is dangerous about it on tables that exist. */
export type Rule = (node: Node, catalog: Catalog) => readonly Finding[];
