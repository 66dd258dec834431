import { isDeepStrictEqual } from 'node:util';
import type { RoutingTable } from '@islet/policy';
import { writeTable } from '../table/file.ts';
import { routingTableSchema } from '../table/schema.ts';
import type { Fleet } from '../threads/fleet.ts';
import type { ControlErrorCode, TableAcknowledgement } from './messages.ts';

export type Acceptance =
  | { readonly kind: 'accepted'; readonly acknowledgement: TableAcknowledgement }
  | { readonly kind: 'refused'; readonly code: ControlErrorCode; readonly message: string };

/**
 * Checks a table, keeps it on disk, and makes traffic follow it, in this order; one table at a time. A disk that is full
 * is a problem to report, and no reason to go on sending requests to an instance that is gone.
 */
export class TableAcceptor {
  readonly #fleet: Fleet;
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();
  #unkept: string | undefined;

  constructor(fleet: Fleet, path: string) {
    this.#fleet = fleet;
    this.#path = path;
  }

  /** What of the last table could not be made true. */
  get problems(): readonly string[] {
    return this.#unkept === undefined ? this.#fleet.problems : [...this.#fleet.problems, this.#unkept];
  }

  accept(body: string): Promise<Acceptance> {
    const turn = this.#last.then(() => this.#accept(body));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #accept(body: string): Promise<Acceptance> {
    const parsed = routingTableSchema.safeParse(parseJson(body));
    if (!parsed.success) return { kind: 'refused', code: 'invalid-table', message: whyInvalid(parsed.error.issues) };
    const table = parsed.data;
    const current = this.#fleet.table;
    if (current !== undefined && isOlder(table, current)) {
      const message = `version ${table.version} is not newer than version ${current.version}, which is in use`;
      return { kind: 'refused', code: 'older-table', message };
    }
    this.#unkept = await writeTable(this.#path, table).then(() => undefined, unkept);
    await this.#fleet.apply(table);
    return { kind: 'accepted', acknowledgement: { version: table.version, problems: this.problems } };
  }
}

/** The same table once more is no mistake: its acknowledgement may have been lost. */
function isOlder(table: RoutingTable, current: RoutingTable): boolean {
  if (table.version !== current.version) return table.version < current.version;
  return !isDeepStrictEqual(normal(table), normal(current));
}

function normal(table: RoutingTable): unknown {
  return JSON.parse(JSON.stringify(table));
}

function unkept(thrown: unknown): string {
  return `the table is in use but not on disk: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function whyInvalid(issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string {
  return issues
    .slice(0, 20)
    .map(({ path, message }) => `${path.join('.') || 'table'}: ${message}`)
    .join('; ');
}
