import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComputeDriver } from '@islet/driver';
import type { RevisionId } from '@islet/plan';
import { type ProbeRequest, probesOfContract, probesOfSmoke } from '@islet/spec/probes';
import type { LaunchSpec } from '../store/applied.ts';

/** Requests that may be made up, and where they come from. */
export interface Probes {
  readonly from: 'smoke' | 'contract' | 'none';
  readonly requests: readonly ProbeRequest[];
}

const NO_PROBES: Probes = { from: 'none', requests: [] };

/** What can be asked of a revision without changing anything: of its smoke file, or else of its contract. */
export async function probesOf(
  { name: service, test, api }: Pick<LaunchSpec, 'name' | 'test' | 'api'>,
  revision: RevisionId,
  compute: Pick<ComputeDriver, 'folder'>,
): Promise<Probes> {
  try {
    const folder = await compute.folder({ service, revision });
    const read = (file: string) => readFile(join(folder, file), 'utf8');
    const smoke = test.smoke?.endsWith('.http') ? probesOfSmoke(await read(test.smoke)) : [];
    if (smoke.length > 0) return { from: 'smoke', requests: smoke };
    if (api.contract === undefined) return NO_PROBES;
    const requests = probesOfContract(await read(api.contract));
    return requests.length === 0 ? NO_PROBES : { from: 'contract', requests };
  } catch {
    // A smoke test that is a program, or a file that is not there: nothing can be made up.
    return NO_PROBES;
  }
}
