import { DEFAULT_TELEMETRY, type RunSpec, type ServiceSpec } from '@islet/spec';
import { DEFAULT_ROLLOUT } from '@islet/spec/rollout';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import type { LaunchSpec } from '../src/store/applied.ts';

/** A small parsed service, as `parseSystem` would give it. */
export function launchSpec(name: string, run: Partial<RunSpec> = {}, changes: Partial<ServiceSpec> = {}): LaunchSpec {
  const target = { kind: 'tcp' } as const;
  return {
    name,
    folder: `services/${name}`,
    file: `services/${name}/service.yaml`,
    language: 'TypeScript',
    run: {
      command: ['node main.ts'],
      build: undefined,
      inputs: ['.'],
      env: {},
      resources: { cpu: undefined, memoryBytes: undefined },
      stopGraceMs: 10_000,
      drainMs: 30_000,
      longLivedMs: 300_000,
      ...run,
    },
    api: { protocol: 'http', contract: undefined, expose: [], port: undefined },
    uses: [],
    database: undefined,
    redis: undefined,
    health: {
      startup: { target, fastPeriodMs: 100, fastForMs: 5_000, periodMs: 1_000, timeoutMs: 1_000, deadlineMs: 60_000 },
      ready: { target, periodMs: 1_000, timeoutMs: 1_000, fall: 2, rise: 2 },
      live: undefined,
    },
    scale: { min: 1, max: 1, targets: [], schedule: [], priority: 50, zero: undefined },
    rollout: DEFAULT_ROLLOUT,
    traffic: DEFAULT_TRAFFIC,
    telemetry: DEFAULT_TELEMETRY,
    security: { allow: undefined },
    test: { unit: undefined, smoke: undefined },
    ...changes,
  };
}
