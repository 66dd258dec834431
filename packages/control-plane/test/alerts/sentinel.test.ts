import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { SystemStatus } from '@islet/client';
import { Histogram, HOLD_MS } from '@islet/policy';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import { pino } from 'pino';
import { type AlertStore, openAlertStore } from '../../src/alerts/database.ts';
import { createSentinel, type SentinelParts } from '../../src/alerts/sentinel.ts';
import type { EdgeCounters } from '../../src/scale/load.ts';
import type { Applied } from '../../src/store/applied.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { launchSpec } from '../support.ts';

const DAY_MS = 86_400_000;

function applied(changes: Partial<Applied> = {}): Applied {
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

function serviceStatus(changes: Partial<SystemStatus['services'][number]> = {}) {
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
class Sight {
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
      status: () => ({ services: [this.service] }) as unknown as SystemStatus,
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

function sight(t: TestContext): Sight {
  const made = new Sight();
  t.after(() => made.sentinel.close());
  return made;
}

describe('the sentinel', () => {
  it('pages within a minute when a service fails, and not for a single blip', async (t) => {
    const seen = sight(t);
    await seen.pass(360, { requests: 100 });
    await seen.pass(1, { requests: 100, failed: 50 });
    await seen.pass(60, { requests: 100 });
    assert.deepEqual(seen.told(), []);
    await seen.pass(6, { requests: 100, failed: 100 });
    assert.deepEqual(seen.told(), ['page slo firing']);
  });

  it('resolves it once the short stretch is well again', async (t) => {
    const seen = sight(t);
    await seen.pass(60, { requests: 100, failed: 50 });
    assert.deepEqual(seen.told(), ['page slo firing']);
    await seen.pass(36 + HOLD_MS / 10_000, { requests: 100 });
    assert.deepEqual(seen.told(), ['page slo resolved']);
  });

  for (const { what, change, told } of [
    {
      what: 'five ends in ten minutes',
      change: (s: Sight) => {
        s.ends = 5;
      },
      told: ['page restart-loop firing'],
    },
    {
      what: 'four ends in ten minutes',
      change: (s: Sight) => {
        s.ends = 4;
      },
      told: [],
    },
    {
      what: 'a disk of which 80 % are used',
      change: (s: Sight) => {
        s.usedPercent = 80;
      },
      told: ['ticket disk firing'],
    },
    {
      what: 'a disk of which 90 % are used',
      change: (s: Sight) => {
        s.usedPercent = 90;
      },
      told: ['page disk firing'],
    },
    {
      what: 'a disk of which 79.9 % are used',
      change: (s: Sight) => {
        s.usedPercent = 79.9;
      },
      told: [],
    },
    {
      what: 'a certificate with six days',
      change: (s: Sight) => {
        s.validTo = s.clock.now() + 6 * DAY_MS;
      },
      told: ['ticket certificate firing'],
    },
    {
      what: 'a certificate that has ended',
      change: (s: Sight) => {
        s.validTo = s.clock.now() - 1;
      },
      told: ['page certificate firing'],
    },
    {
      what: 'a certificate with eight days',
      change: (s: Sight) => {
        s.validTo = s.clock.now() + 8 * DAY_MS;
      },
      told: [],
    },
    {
      what: 'a backup that is late',
      change: (s: Sight) => {
        s.problems = ['it is late'];
      },
      told: ['ticket backup firing'],
    },
    {
      what: 'a rollout that failed',
      change: (s: Sight) => {
        s.service = serviceStatus({ state: 'failed', failure: { step: 'start', reason: 'exit 1', at: 0, log: [] } });
      },
      told: ['ticket rollout firing'],
    },
  ]) {
    it(`sees ${what}`, async (t) => {
      const seen = sight(t);
      change(seen);
      await seen.pass(2);
      assert.deepEqual(seen.told(), told);
    });
  }

  it('ends the alert of a failed rollout when a later one is promoted, and not while it is under way', async (t) => {
    const seen = sight(t);
    const failure = { step: 'start', reason: 'exit 1', at: 0, log: [] };
    seen.service = serviceStatus({ state: 'failed', wanted: 'bad', revision: 'old', failure });
    await seen.pass(2);
    seen.service = serviceStatus({ state: 'progressing', wanted: 'good', revision: 'old' });
    await seen.pass(2);
    assert.deepEqual(seen.told(), ['ticket rollout firing']);
    seen.service = serviceStatus({ state: 'ready', wanted: 'good', revision: 'good' });
    await seen.pass(1);
    assert.deepEqual(seen.told(), ['ticket rollout resolved']);
  });

  it('pages for a service without an instance once that lasts, and not for a restart', async (t) => {
    const seen = sight(t);
    seen.service = serviceStatus({ instances: { ready: 0, desired: 1 } });
    await seen.pass(11);
    seen.service = serviceStatus();
    await seen.pass(1);
    seen.service = serviceStatus({ instances: { ready: 0, desired: 1 } });
    await seen.pass(12);
    assert.deepEqual(seen.told(), []);
    await seen.pass(1);
    assert.deepEqual(seen.told(), ['page down firing']);
  });

  it('keeps an alert while the proxy can not be asked', async (t) => {
    const seen = sight(t);
    await seen.pass(6, { requests: 100, failed: 100 });
    seen.proxyIsAway = true;
    await seen.pass(120);
    assert.deepEqual(seen.told(), ['page slo firing']);
  });

  it('looks at nothing while the system goes down, or is edited in place', async (t) => {
    const seen = sight(t);
    seen.usedPercent = 99;
    for (const change of [{ goingDown: true }, { mode: 'in-place' }] as const) {
      seen.applied = applied(change);
      await seen.pass(2);
      assert.deepEqual(seen.told(), []);
    }
  });

  it('marks what is open, durably, and nothing else', async (t) => {
    const seen = sight(t);
    seen.usedPercent = 85;
    await seen.pass(1);
    const [alert] = seen.sentinel.alerts();
    assert(alert);
    const state = { kind: 'acknowledged', at: 1 } as const;
    assert.equal(seen.sentinel.mark('nothing', state), undefined);
    assert.equal(seen.sentinel.mark(alert.id, state)?.state.kind, 'acknowledged');
    assert.deepEqual(
      seen.store.open().map((kept) => kept.state),
      [state],
    );
  });
});
