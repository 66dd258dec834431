import type { ComputeInstance, DataDriver } from '@islet/driver';
import type { CheckSpec, ProbeTarget } from '@islet/spec';
import type { Check, ProbeSite } from '../probe/check.ts';
import type { AskCheck } from './checks.ts';
import { CHECK_MS } from './limits.ts';
import type { Trial } from './trial.ts';

export interface AskingParts {
  readonly check: Check;
  /** A ready instance of the revision on trial; undefined: there is none now. */
  readonly instanceOf: (trial: Trial) => ComputeInstance | undefined;
  readonly siteOf: (instance: ComputeInstance) => ProbeSite | undefined;
  readonly storeOf: (trial: Trial) => DataDriver | undefined;
}

/** Asks as the prober does: an error, a wrong answer and a late one are all no. */
export function checkAsker({ check, instanceOf, siteOf, storeOf }: AskingParts): AskCheck {
  return async (asked, trial) => {
    const instance = instanceOf(trial);
    if (instance === undefined) return undefined;
    if (asked.kind === 'sql') return isTrue(asked.query, trial, storeOf(trial));
    const site = siteOf(instance);
    return site && (await check(targetOf(asked), site, CHECK_MS)) === undefined;
  };
}

function targetOf(asked: Exclude<CheckSpec, { kind: 'sql' }>): ProbeTarget {
  return asked.kind === 'http' ? asked : { kind: 'exec', command: asked.command };
}

async function isTrue(text: string, { service }: Trial, store: DataDriver | undefined): Promise<boolean | undefined> {
  if (store?.shell === undefined) return undefined;
  try {
    const outcome = await store.shell.run({ service, text, write: false }, { signal: AbortSignal.timeout(CHECK_MS) });
    const value = outcome.kind === 'rows' ? outcome.rows[0]?.[0] : undefined;
    // Engines tell a boolean in different ways; a number may come as text where it may be large.
    return value === true || value === 'true' || value === 't' || Number(value ?? 0) > 0;
  } catch {
    return false;
  }
}
