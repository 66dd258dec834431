import type { Database } from './database.ts';
import type { Decision, DecisionRow } from './decisions.ts';

export interface Between {
  readonly from: number;
  readonly to: number;
  readonly service?: string | undefined;
}

/** More would be no chart's axis: the newest are told. */
const MOST = 2_000;

/** Finds what was decided in a stretch of time, oldest first. */
export function decisionsBetween(database: Database): (between: Between) => readonly DecisionRow[] {
  const find = database.prepare(
    'SELECT seq, at, service, detail FROM decisions WHERE at BETWEEN ?1 AND ?2 AND (?3 IS NULL OR service = ?3) ORDER BY seq DESC LIMIT ?4',
  );
  return ({ from, to, service }) => {
    const rows = find.all(from, to, service ?? null, MOST) as unknown as {
      readonly seq: number;
      readonly at: number;
      readonly service: string | null;
      readonly detail: string;
    }[];
    return rows
      .map(({ seq, at, service, detail }) => ({
        seq,
        at,
        service: service ?? undefined,
        decision: JSON.parse(detail) as Decision,
      }))
      .reverse();
  };
}
