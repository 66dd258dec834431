import type { ComputeDriver, DataDriver, TrafficDriver } from '@islet/driver';
import type { CachePurge, RequestRecord } from '@islet/policy';
import type { Guarantee } from '@islet/supervise';
import type { Logger } from 'pino';
import type { Overseer } from './backup/overseer.ts';
import type { Clock } from './clock.ts';
import type { Instrument } from './instruments.ts';
import type { Machine } from './machine.ts';
import type { Check } from './probe/check.ts';
import type { Counters } from './scale/load.ts';
import type { State } from './state.ts';
import type { Telemetry } from './telemetry/overseer.ts';

/** What a system is put together from: real drivers by `compose.ts`, fakes by tests and the simulation. */
export interface SystemParts {
  /** Absolute path of the system's folder. */
  readonly folder: string;
  readonly state: State;
  readonly machine: Machine;
  readonly compute: ComputeDriver;
  readonly traffic: TrafficDriver;
  readonly data: readonly DataDriver[];
  readonly guarantees: () => readonly Guarantee[];
  readonly clock: Clock;
  readonly check: Check;
  readonly log: Logger;
  /** Undefined: nothing is backed up, as in a test of something else. */
  readonly backups?: Overseer;
  /** Undefined: nobody gathers telemetry, as in a test of something else. */
  readonly telemetry?: Telemetry;
  /** Undefined: no service is traced, as in a test of something else. */
  readonly instrument?: Instrument;
  readonly version: string;
  readonly operatorSocket: string;
  readonly keeperPid: () => number | undefined;
  /** The proxy's counts, as it tells them. */
  readonly stats: () => Promise<Counters>;
  /** The proxy's records of a request id, also where the proxy is not there to ask. */
  readonly requests: (id: string) => Promise<readonly RequestRecord[]>;
  /** A token that shows a caller at the gateway what was decided. */
  readonly explainToken: (forMs: number) => Promise<string>;
  /** Makes the proxy forget stored responses; returns how many. */
  readonly purge: (purge: CachePurge) => Promise<number>;
  /** Everything is gone, as asked: Islet's own processes may end. */
  readonly onDown: () => void;
  /** Answers and records, but takes no step. */
  readonly idle?: boolean;
}
