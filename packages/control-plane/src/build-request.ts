import { join } from 'node:path';
import type { BuildRequest, InputsKeyRequest } from '@islet/driver';
import type { RevisionId } from '@islet/plan';
import { ISLET_FILE } from '@islet/spec';
import { folderOf } from './apply.ts';
import { commandText, type Machine } from './machine.ts';
import type { State } from './state.ts';
import type { LaunchSpec } from './store/applied.ts';

export interface BuildParts {
  /** Absolute path of the system's folder. */
  readonly folder: string;
  readonly state: Pick<State, 'applied'>;
  readonly machine: Machine;
}

/** What is built of a service, for this revision. */
export function buildRequest(
  parts: BuildParts,
  spec: LaunchSpec,
  revision: RevisionId,
): Omit<BuildRequest, 'deadlineMs'> {
  const { path = '', mode, services = [] } = parts.state.applied.current() ?? {};
  const key = services.find((service) => service.revision === revision)?.inputsKey;
  const by = keyRequest(parts, spec, path);
  const { folder, inputs } = by;
  return {
    folder,
    inputs,
    service: spec.name,
    revision,
    named: key === undefined ? undefined : { key, by },
    command: spec.run.build,
    path: parts.machine.servicePath(path),
    inPlace: mode === 'in-place',
  };
}

/** What a revision is made of, as it lies there. */
export function keyRequest({ folder: system, machine }: BuildParts, spec: LaunchSpec, path: string): InputsKeyRequest {
  const folder = folderOf(system, spec);
  return {
    folder,
    inputs: spec.run.inputs.map((input) => join(folder, input)),
    // What of them makes another revision is in its key already: the rest, such as how it is called, restarts nothing.
    apart: [join(system, spec.file), join(system, ISLET_FILE)],
    build: spec.run.build,
    run: commandText(spec.run.command),
    path: machine.servicePath(path),
  };
}
