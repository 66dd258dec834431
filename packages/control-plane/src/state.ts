import { randomBytes } from 'node:crypto';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Layout, layoutOf } from '@islet/driver';
import type { EvidenceStore } from './analysis/analyst.ts';
import { systemClock } from './clock.ts';
import { createDoorkeeper, type Doorkeeper } from './dashboard/doorkeeper.ts';
import { chooseRuntime } from './machine.ts';
import { readIfThere, writeAtomically } from './own-file.ts';
import { type AppliedStore, openApplied } from './store/applied.ts';
import { type Database, openDatabase } from './store/database.ts';
import { type Decisions, openDecisions } from './store/decisions.ts';
import { openEvidence } from './store/evidence.ts';
import { decidedOnce, systemId } from './store/identity.ts';
import { withholdSpace } from './store/no-space.ts';
import { openPorts, type Ports } from './store/ports.ts';
import { openSecrets, type Secrets } from './store/secrets.ts';
import { openSessions } from './store/sessions.ts';

/** Everything that a control plane finds when it starts, and leaves when it is killed. */
export interface State {
  readonly id: string;
  readonly layout: Layout;
  /** The control API's bearer token. */
  readonly token: string;
  readonly applied: AppliedStore;
  readonly decisions: Decisions;
  readonly secrets: Secrets;
  readonly ports: Ports;
  /** Who may come into the dashboard. */
  readonly doorkeeper: Doorkeeper;
  readonly evidence: EvidenceStore;
  /** Until it is disposed of nothing can be written, as on a full disk: for a drill. */
  readonly withholdSpace: () => Disposable;
  readonly close: () => void;
}

export function openState(folder: string): State {
  // Services pass through it to their own folders; what they must not read is of mode 0600 or 0700.
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const bare: Layout = { state: folder, runtime: folder };
  for (const path of [layoutOf.run(bare), layoutOf.logs(bare)]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const database: Database = openDatabase(layoutOf.database(bare));
  const id = systemId(database);
  const layout: Layout = { state: folder, runtime: decidedOnce(database, 'runtime', () => chooseRuntime(folder, id)) };
  return {
    id,
    layout,
    token: readOrMakeToken(layoutOf.token(layout)),
    applied: openApplied(database),
    decisions: openDecisions(database),
    secrets: openSecrets(database, layoutOf.key(layout)),
    ports: openPorts(database, id),
    doorkeeper: createDoorkeeper({ sessions: openSessions(database), clock: systemClock }),
    evidence: openEvidence(database),
    withholdSpace: () => withholdSpace(database),
    close: () => database.close(),
  };
}

/** A runtime folder of its own lies outside of the state folder, where nobody would look for it after a purge. */
export function removeEmptyRuntime({ state, runtime }: Layout): void {
  if (runtime === state) return;
  for (const folder of [join(runtime, 'services'), runtime]) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (!NOT_EMPTY.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

const NOT_EMPTY: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOENT']);

/** An empty one is made anew: it would open the door to whoever sends none. */
function readOrMakeToken(path: string): string {
  const found = readIfThere(path)?.toString().trim() ?? '';
  if (found !== '') return found;
  const token = randomBytes(24).toString('base64url');
  writeAtomically(path, token);
  return token;
}
