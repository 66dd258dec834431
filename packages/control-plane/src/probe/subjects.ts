import type { ComputeInstance } from '@islet/driver';
import { HOST, type PlaceSources, placeOf } from '../facts.ts';
import type { Machine } from '../machine.ts';
import { processKey } from '../observed-instances.ts';
import type { LaunchSpec } from '../store/applied.ts';
import { runProbe } from './exec.ts';
import type { Subject } from './prober.ts';

export interface SubjectParts {
  /** How a revision is run and probed; undefined: it is not known any more. */
  readonly specOf: (service: string, revision: string) => LaunchSpec | undefined;
  /** Epoch milliseconds since when this control plane looks. */
  readonly watchedFrom: number;
  readonly machine: Pick<Machine, 'listeningPorts'>;
  readonly hands: PlaceSources;
}

/** What there is to probe of an instance: its newest process, by its revision's own probes. */
export function subjects({ specOf, watchedFrom, machine, hands }: SubjectParts) {
  return (instance: ComputeInstance, adopted: boolean): Subject | undefined => {
    const spec = specOf(instance.service, instance.revision);
    const { process, port } = instance;
    if (spec === undefined || process.kind !== 'running') return undefined;
    return {
      key: processKey(instance),
      instance: instance.id,
      health: spec.health,
      startedAt: process.startedAt,
      watchedFrom,
      adopted,
      site: {
        host: HOST,
        port,
        http2: spec.api.http2 === true,
        remark: async () => {
          const ports = await machine.listeningPorts(process.pid);
          if (ports.length === 0 || ports.includes(port)) return undefined;
          return `it listens on port ${ports.join(', ')}, and should on $PORT, which is ${port}`;
        },
        exec: async (command, signal) => runProbe(command, { ...(await placeOf(instance, spec, hands)), signal }),
      },
    };
  };
}
