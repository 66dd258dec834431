import type { ComputeDriver, ComputeInstance, StartRequest } from '../compute.ts';

/** A compute driver on a machine of its own, and the little that its contract doesn't say. */
export interface ComputeHarness {
  readonly driver: ComputeDriver;
  /** A folder to build a service from. */
  folder(service: string): Promise<string>;
  /** `PATH` that has a shell's usual tools. */
  readonly path: string;
  /** Ends the main process of an instance, as `kill -9` would. */
  kill(instance: ComputeInstance): Promise<void>;
  /** Closes the driver and opens another on the same machine, as a control plane that was killed would find it. */
  reopen(): Promise<ComputeDriver>;
  /** Removes all that the harness made. Every service is purged by then. */
  close(): Promise<void>;
}

/** Runs until it is ended. */
const RUNS = 'exec sleep 1000';

/** One instance of a service, as most rules need it. */
export function startRequest(path: string): StartRequest {
  return {
    service: 'orders',
    instance: 'orders-r1.0-0',
    revision: 'r1',
    generation: 'r1.0',
    index: 0,
    command: RUNS,
    env: { PATH: path, PORT: '4000' },
    port: 4000,
    resources: { cpu: undefined, memoryBytes: undefined },
  };
}
