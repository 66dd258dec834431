import type { ComputeInstance } from '@islet/driver';
import type { Database } from './database.ts';
import type { Decision } from './decisions.ts';

interface Row {
  readonly service: string | null;
  readonly detail: string;
}

/** A purged service begins anew. */
export function lastScaled(database: Database): readonly [string, number][] {
  const rows = database
    .prepare(
      `SELECT service, detail FROM decisions WHERE kind = 'scaled' AND seq IN
       (SELECT MAX(seq) FROM decisions WHERE kind IN ('scaled', 'purged') GROUP BY service)`,
    )
    .all() as unknown as Row[];
  return rows.map(({ service, detail }) => [service ?? '', (JSON.parse(detail) as { to: number }).to]);
}

export function lastDrills(database: Database): readonly Extract<Decision, { kind: 'drill' }>[] {
  const rows = database
    .prepare(
      "SELECT detail FROM decisions WHERE seq IN (SELECT MAX(seq) FROM decisions WHERE kind = 'drill' GROUP BY service)",
    )
    .all() as unknown as Row[];
  return rows.map(({ detail }) => JSON.parse(detail));
}

/**
 * Of the newest decisions of a service, the ends of instances that ended more than once since then: an instance that is stopped as
 * asked ends too, but once, and its successor has another name.
 */
export function endsCounter(database: Database): (service: string, at: number) => number {
  const count = database.prepare(
    `SELECT COALESCE(SUM(ends), 0) AS ends FROM (
       SELECT COUNT(*) AS ends FROM (SELECT kind, at, detail FROM decisions WHERE service = ? ORDER BY seq DESC LIMIT 100)
       WHERE kind = 'ended' AND at >= ? GROUP BY json_extract(detail, '$.instance') HAVING ends > 1
     )`,
  );
  return (service, at) => (count.get(service, at) as { ends: number }).ends;
}

/** How many drills an instance has been through that may have ended it. */
export function drillCounter(database: Database): (instance: Pick<ComputeInstance, 'id' | 'service'>) => number {
  const count = database.prepare(
    `SELECT COUNT(*) AS drills FROM decisions WHERE service = ? AND kind = 'drill'
     AND json_extract(detail, '$.instance') = ? AND json_extract(detail, '$.drill') IN ('kill', 'pause')`,
  );
  return ({ service, id }) => (count.get(service, id) as { drills: number }).drills;
}
