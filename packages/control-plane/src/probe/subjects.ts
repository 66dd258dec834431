import type { ComputeInstance } from '@islet/driver';
import { HOST, type PlaceSources, placeOf } from '../facts.ts';
import { processKey } from '../observe.ts';
import type { LaunchSpec } from '../store/applied.ts';
import { runProbe } from './exec.ts';
import type { Subject } from './prober.ts';

export interface SubjectParts {
  /** How a revision is run and probed; undefined: it is not known any more. */
  readonly specOf: (service: string, revision: string) => LaunchSpec | undefined;
  /** Epoch milliseconds since when this control plane looks. */
  readonly watchedFrom: number;
  readonly hands: PlaceSources;
}

/** What there is to probe of an instance: its newest process, by its revision's own probes. */
export function subjects({ specOf, watchedFrom, hands }: SubjectParts) {
  return (instance: ComputeInstance, adopted: boolean): Subject | undefined => {
    const spec = specOf(instance.service, instance.revision);
    if (spec === undefined || instance.process.kind !== 'running') return undefined;
    return {
      key: processKey(instance),
      instance: instance.id,
      health: spec.health,
      startedAt: instance.process.startedAt,
      watchedFrom,
      adopted,
      site: {
        host: HOST,
        port: instance.port,
        http2: spec.api.http2 === true,
        exec: async (command, signal) => runProbe(command, { ...(await placeOf(instance, spec, hands)), signal }),
      },
    };
  };
}
