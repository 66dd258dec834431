import type { DriverError } from '@islet/driver';
import type { Files, SystemSpec } from '@islet/spec';
import { nodeFiles } from '@islet/spec/node';
import { keyRequest } from './build-request.ts';
import type { Clock } from './clock.ts';
import { missingServers, type StoreRefusal, storeRefusals, upgradeRefusals } from './declared-stores.ts';
import { fixedPortTaken, gatewayTaken, isOfProxy } from './port-checks.ts';
import type { AppliedStore, LaunchSpec } from './store/applied.ts';
import type { Decisions } from './store/decisions.ts';
import type { Ports } from './store/ports.ts';
import type { Secrets } from './store/secrets.ts';
import type { SystemParts } from './system-parts.ts';

export interface ApplyParts {
  /** Absolute path of the system's folder. */
  readonly folder: string;
  /** Absolute path of the state's folder. */
  readonly state: string;
  /** What stands in it. */
  readonly files: Files;
  readonly applied: AppliedStore;
  readonly decisions: Decisions;
  readonly secrets: Secrets;
  readonly ports: Ports;
  readonly clock: Clock;
  /** Content key of all that a revision is made of. */
  readonly inputsKey: (spec: LaunchSpec, path: string) => Promise<string>;
  /** Why a service can't run on this machine; each a sentence with its remedy. */
  readonly blockedBy: (spec: LaunchSpec, path: string) => Promise<readonly string[]>;
  /** Why data that is there can't be what a service's file asks for now. */
  readonly refusals: (spec: LaunchSpec) => Promise<readonly StoreRefusal[]>;
  /** Why it can't be taken over to that either. */
  readonly noUpgrade: (spec: LaunchSpec) => Promise<readonly DriverError[]>;
  /** Why the gateway can't listen there. */
  readonly gatewayTaken: (gateway: SystemSpec['gateway']) => Promise<string | undefined>;
  /** The proxy of this system listens on this port now. */
  readonly isOurs: (port: number) => Promise<boolean>;
  /** Instances that wait for their back-off are tried at once. */
  readonly forgive: () => void;
  /** This process is about to end: what is asked for now would be kept, and carried out by nobody. */
  readonly isEnding: () => boolean;
}

/** For programs to say of which version they are. */
const PROGRAMS_MS = 10_000;

type ApplySources = Pick<SystemParts, 'folder' | 'state' | 'machine' | 'compute' | 'traffic' | 'data' | 'clock'>;

/** What reading the files and asking for what they say needs of a system. */
export function applyParts(
  parts: ApplySources,
  { isEnding, forgive }: Pick<ApplyParts, 'isEnding' | 'forgive'>,
): ApplyParts {
  const { folder, state, machine, compute, traffic, clock } = parts;
  const { applied, decisions, secrets, ports } = state;
  const isOurs = (port: number) => isOfProxy(port, { traffic, clock });
  return {
    folder,
    state: state.layout.state,
    applied,
    decisions,
    secrets,
    ports,
    clock,
    isEnding,
    forgive,
    files: nodeFiles(folder),
    inputsKey: (spec, path) => compute.inputsKey(keyRequest(parts, spec, path)),
    blockedBy: async (spec, path) => [
      ...machine.missingTools(spec, path),
      ...(await missingServers(spec, parts.data, { signal: AbortSignal.timeout(PROGRAMS_MS) })),
      ...(await fixedPortTaken(spec, compute)),
    ],
    refusals: (spec) => storeRefusals(spec, parts.data),
    noUpgrade: (spec) => upgradeRefusals(spec, parts.data, { signal: AbortSignal.timeout(PROGRAMS_MS) }),
    gatewayTaken: (gateway) => gatewayTaken(gateway, isOurs),
    isOurs,
  };
}
