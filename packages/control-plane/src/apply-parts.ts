import { nodeFiles } from '@islet/spec/node';
import type { ApplyParts } from './apply.ts';
import { keyRequest } from './build-request.ts';
import { missingServers } from './declared-stores.ts';
import { fixedPortTaken, gatewayTaken, isOfProxy } from './port-checks.ts';
import type { SystemParts } from './system-parts.ts';

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
      ...missingServers(spec, parts.data),
      ...(await fixedPortTaken(spec, compute)),
    ],
    gatewayTaken: (gateway) => gatewayTaken(gateway, isOurs),
    isOurs,
  };
}
