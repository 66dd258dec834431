import type { TestContext } from 'node:test';
import type { SystemStatus } from '@islet/client';
import { Histogram } from '@islet/policy';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import { pino } from 'pino';
import { type AlertStore, openAlertStore } from '../../src/alerts/database.ts';
import { createSentinel, type SentinelParts } from '../../src/alerts/sentinel.ts';
import type { EdgeCounters } from '../../src/scale/load.ts';
import type { Applied } from '../../src/store/applied.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { launchSpec } from '../support.ts';

export function applied(changes: Partial<Applied> = {}): Applied {
  const spec = launchSpec('orders', {}, { telemetry: DEFAULT_TELEMETRY });
  return {
    system: 'shop',
    environment: undefined,
    mode: 'revisions',
    path: '',
    gone: [],
    goingDown: false,
    gateway: { host: '127.0.0.1', port: 80, workers: 1, tls: undefined },
    services: [
      { spec, revision: 'r', restarts: 0, instances: 1, scaledFrom: undefined, after: [], blocked: [], since: 0 },
    ],
    ...changes,
  };
}

export function serviceStatus(changes: Partial<SystemStatus['services'][number]> = {}) {
  const instances = { ready: 1, desired: 1 };
  return {
    name: 'orders',
    language: 'Go',
    state: 'ready',
    why: 'all is well',
    instances,
    blocked: [],
    instanceList: [],
    ...changes,
  };
}

/** What the sentinel sees, which a test changes. */
export class Sight {
  readonly clock = new VirtualClock();
  readonly store: AlertStore = openAlertStore(':memory:');
  applied = applied();
  requests = 0;
  failed = 0;
  ends = 0;
  usedPercent = 10;
  validTo = Number.POSITIVE_INFINITY;
  problems: string[] = [];
  service = serviceStatus();
  statusIsUnknown = false;
  proxyIsAway = false;
  readonly sentinel = createSentinel(this.#parts());

  /** So many looks, ten seconds apart, each after so many requests. */
  async pass(looks: number, { requests = 0, failed = 0 } = {}): Promise<void> {
    for (let look = 0; look < looks; look++) {
      this.requests += requests;
      this.failed += failed;
      await this.clock.pass(10_000);
    }
  }

  told(): readonly string[] {
    return this.sentinel
      .alerts()
      .map(({ condition, state }) => `${condition.severity} ${condition.rule} ${state.kind}`);
  }

  #parts(): SentinelParts {
    return {
      store: this.store,
      clock: this.clock,
      log: pino({ level: 'silent' }),
      redact: (text) => text,
      applied: () => this.applied,
      stats: async () => {
        if (this.proxyIsAway) throw new Error('away');
        return { edges: [this.#edge()], holds: [] };
      },
      status: () => (this.statusIsUnknown ? undefined : ({ services: [this.service] } as unknown as SystemStatus)),
      endsSince: () => this.ends,
      backups: () => ({ troubles: [{ service: 'orders', problems: this.problems }], place: 's3://x/' }),
      forwards: async () => [],
      disks: async () => [{ path: '/', usedPercent: this.usedPercent }],
      certificates: async () => [{ file: 'a.pem', validTo: this.validTo }],
      secret: () => undefined,
    };
  }

  #edge(): EdgeCounters {
    const latencyUs = new Histogram().toJSON();
    const { requests, failed } = this;
    return {
      from: { kind: 'gateway' },
      service: 'orders',
      requests,
      inFlight: 0,
      latencyUs,
      statuses: { '5xx': failed },
    };
  }
}

export function sight(t: TestContext): Sight {
  const made = new Sight();
  t.after(() => made.sentinel.close());
  return made;
}
