import { dieAt } from '@islet/supervise';

/**
 * Instants between an effect of the control plane and what comes after it. A test names one (see `dieAt`); the process is
 * killed there, and the next control plane has to go on from what it finds.
 */
const CONTROL_FAILPOINTS = [
  'apply: before the record',
  'apply: after the record',
  'build: after the bytes',
  'provision: after the store',
  'migrate: before the record',
  'migrate: after the record',
  'retire: before the record',
  'contract: before the record',
  'contract: after the record',
  'start: after the port',
  'start: after the process',
  'publish: after the table',
  'sample: after the requests',
  'advance: before the record',
  'advance: after the record',
  'promote: after the record',
  'fail: before the record',
  'fail: after the record',
  'kill: after the record',
  'kill: after the end',
  'stop: after the end',
  'stop: after the port',
  'forget: after the bytes',
  'stop-store: after the end',
  'purge: after the data',
  'purge: after the files',
  'down: after the mark',
  'down: after the proxy',
  'down: after the keeper',
] as const;
export type ControlFailpoint = (typeof CONTROL_FAILPOINTS)[number];

export function failpoint(name: ControlFailpoint): void {
  dieAt(name);
}
