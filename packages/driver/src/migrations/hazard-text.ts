import { roundSizeText } from '@islet/spec';
import type { MigrationHazard } from '../data.ts';

/** `2.sql:3: on public.orders (2.1 GiB) it builds the index while nobody may write: CREATE INDEX CONCURRENTLY …` */
export function hazardText({ migration, line, table, bytes, what, remedy, rule }: MigrationHazard): string {
  return `${migration}:${line}: on ${table} (${roundSizeText(bytes)}) it ${what} [${rule}]; instead: ${remedy}`;
}
