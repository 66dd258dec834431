import type { Files } from '@islet/spec';
import type { Behaviour } from './ground.ts';

/** What the simulated person writes of one service. */
export interface ServiceFile {
  readonly name: string;
  readonly uses: readonly string[];
  readonly version: number;
  readonly behaviour: Behaviour;
  readonly min: number;
  readonly max: number;
  readonly scaling: 'fixed' | 'rps' | 'zero';
  readonly strategy: 'rolling' | 'canary' | 'blue-green' | 'recreate';
  /** Of a blue-green rollout: it waits for a person. */
  readonly byHand: boolean;
  readonly maxUnavailable: number;
  readonly database: boolean;
}

/** Short paces, so that a rollout ends within a simulated minute. */
const DRAIN_MS = 8_000;
export const PACE = { drainMs: DRAIN_MS, healthyDeadlineMs: 20_000 } as const;

export function textOf(file: ServiceFile): string {
  const { uses, version, behaviour, min, max, scaling, strategy, database } = file;
  const build = behaviour === 'no-build' ? ', build: exit 1' : '';
  const command = behaviour === 'no-build' ? 'good' : behaviour;
  const target =
    scaling === 'rps' ? ', target: { rps: 50 }' : scaling === 'zero' ? ', zero: { after: 30s, hold: 30s }' : '';
  return [
    `run: { command: serve v${version} ${command}${build}, stop: { grace: 2s, drain: ${DRAIN_MS / 1000}s } }`,
    `uses: [${uses.join(', ')}]`,
    `scale: { min: ${min}, max: ${max}${target} }`,
    `rollout: { strategy: ${strategy}, minHealthy: 1s, healthyDeadline: 20s, bake: 5s${paceOf(file)} }`,
    'health: { startup: { deadline: 15s } }',
    ...(database ? ['database: sqlite'] : []),
    '',
  ].join('\n');
}

function paceOf({ strategy, maxUnavailable, byHand }: ServiceFile): string {
  switch (strategy) {
    case 'rolling':
      return `, maxUnavailable: ${maxUnavailable}`;
    case 'canary':
      return ', steps: [10%, 50%], hold: 2s, analysis: { requests: 20 }';
    case 'blue-green':
      return `, hold: 2s, autoPromote: ${!byHand}, analysis: { requests: 20 }`;
    case 'recreate':
      return '';
  }
}

/** Only a rolling rollout says so in its file. */
export function unavailableOf({ strategy, maxUnavailable }: ServiceFile): number {
  return strategy === 'rolling' ? maxUnavailable : 0;
}

/** A system's folder in memory. */
export function folderOf(services: readonly ServiceFile[]): Files {
  const texts = new Map<string, string>([
    ['islet.yaml', 'system: simulated\ngateway: { port: 28080 }\nmachine: { cpu: 64 }\n'],
  ]);
  for (const service of services) texts.set(`services/${service.name}/service.yaml`, textOf(service));
  const folders: Readonly<Record<string, readonly string[]>> = {
    '.': ['services'],
    services: services.map(({ name }) => name).sort(),
  };
  return {
    readText: (path) => texts.get(path),
    listFolders: (path) => folders[path] ?? [],
    listFiles: (path) => (path.startsWith('services/') ? ['service.yaml'] : []),
    kind: (path) => (texts.has(path) ? 'file' : path === '.' || path.startsWith('services') ? 'folder' : undefined),
  };
}
