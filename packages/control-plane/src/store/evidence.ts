import type { EvidenceStore } from '../analysis/analyst.ts';
import type { KeptCase } from '../analysis/case.ts';
import type { Database } from './database.ts';

/** What speaks for and against the revisions that are on trial now, one row for each service. */
export function openEvidence(database: Database): EvidenceStore {
  const all = database.prepare(`SELECT key FROM meta WHERE key LIKE '${PREFIX}%'`);
  const load = database.prepare('SELECT value FROM meta WHERE key = ?');
  const save = database.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const forget = database.prepare('DELETE FROM meta WHERE key = ?');
  return {
    services: () => (all.all() as { readonly key: string }[]).map(({ key }) => key.slice(PREFIX.length)),
    load: (service) => {
      const row = load.get(keyOf(service)) as { readonly value: string } | undefined;
      return row && (JSON.parse(row.value) as KeptCase);
    },
    save: (service, kept) => void save.run(keyOf(service), JSON.stringify(kept)),
    forget: (service) => void forget.run(keyOf(service)),
  };
}

const PREFIX = 'evidence ';

function keyOf(service: string): string {
  return `${PREFIX}${service}`;
}
