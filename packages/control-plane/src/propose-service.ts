import type { RevisionId } from '@islet/plan';
import type { SystemSpec } from '@islet/spec';
import type { Asked } from './apply.ts';
import type { ApplyParts } from './apply-parts.ts';
import { digest, launchKey, secretsOf } from './desire.ts';
import { edgePorts } from './edges.ts';
import { type Applied, type AppliedService, type LaunchSpec, wishFor } from './store/applied.ts';
import { upgradeWish } from './store-errors.ts';

export interface Proposing {
  readonly asked: Asked;
  /** What was asked for last, and its number. */
  readonly before: Applied | undefined;
  readonly seq: number;
  readonly parts: ApplyParts;
  /** Services whose data is to be taken over to another version. */
  readonly upgrades: ReadonlySet<string>;
}

/** What asking for this service means: which revision, how many of it, and what stands in its way. */
export async function proposeService(
  spec: LaunchSpec,
  system: SystemSpec,
  proposing: Proposing,
): Promise<AppliedService> {
  const { asked, before, parts } = proposing;
  const previous = before?.services.find((service) => service.spec.name === spec.name);
  const [inputsKey, blocked] = await Promise.all([
    asked.mode === 'in-place' ? undefined : parts.inputsKey(spec, asked.path),
    blockedOf(spec, asked.path, parts),
  ]);
  const revision = revisionOf(spec, inputsKey, { ...proposing, previous });
  const scaled = previous?.scaledFrom === spec.scale.min ? previous : undefined;
  return {
    spec,
    revision,
    inputsKey,
    restarts: previous?.revision === revision ? previous.restarts : 0,
    instances: scaled?.instances ?? spec.scale.min,
    scaledFrom: scaled?.scaledFrom,
    after: afterOf(spec, system),
    edges: edgePorts(spec, parts.ports),
    blocked,
    ...(previous?.drained === undefined ? {} : { drained: previous.drained }),
    ...restoringOf(spec.name, proposing),
    since: previous?.revision === revision && before?.goingDown === false ? previous.since : parts.clock.now(),
  };
}

function restoringOf(name: string, { before, upgrades, parts }: Proposing): Pick<AppliedService, 'restoring'> {
  if (upgrades.has(name)) return { restoring: upgradeWish(parts.clock.now()) };
  const restoring = wishFor(name, before);
  return restoring === undefined ? {} : { restoring };
}

type Naming = Proposing & { readonly previous: AppliedService | undefined };

/** Secrets count by name and version, so that a new value is a new revision, and no value is ever in a key. */
function revisionOf(spec: LaunchSpec, inputsKey: string | undefined, naming: Naming): RevisionId {
  const { secrets } = naming.parts;
  const versions = Object.fromEntries(secretsOf(spec).map((name) => [name, secrets.version(name)]));
  const launch = launchKey(spec, versions);
  return inputsKey === undefined ? revisionInPlace(spec.name, launch, naming) : digest(`${launch} ${inputsKey}`);
}

/**
 * In place there is nothing to key: a revision is whatever the folder holds when it is said to have changed. Its name is
 * of the change that asks for it, so that no later one is taken for it: not after `down`, and not by another session.
 */
function revisionInPlace(service: string, launch: string, { asked, previous, seq }: Naming): RevisionId {
  const key = `dev${launch.slice(0, 6)}n`;
  if (previous?.revision.startsWith(key) && !asked.changed.includes(service)) return previous.revision;
  return `${key}${seq + 1}`;
}

async function blockedOf(spec: LaunchSpec, path: string, parts: ApplyParts): Promise<readonly string[]> {
  const missing = secretsOf(spec)
    .filter((name) => parts.secrets.version(name) === 0)
    .map((name) => `the secret ${name} has no value: set it with \`islet secret set ${name}\``);
  return [...missing, ...(await parts.blockedBy(spec, path))];
}

/** What it uses, without the edges that were cut because they close a cycle. */
function afterOf({ name, uses }: LaunchSpec, { cuts }: SystemSpec): readonly string[] {
  return uses.filter((used) => !cuts.some(({ from, to }) => from === name && to === used));
}
