import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOLD_MS } from '@islet/policy';
import { applied, type Sight, serviceStatus, sight } from './sight.ts';

const DAY_MS = 86_400_000;

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

  for (const state of ['blocked', 'stopped', 'stopping'] as const) {
    it(`pages for no service that is ${state}: it is not meant to serve`, async (t) => {
      const seen = sight(t);
      seen.service = serviceStatus({ state, instances: { ready: 0, desired: 1 } });
      await seen.pass(30);
      assert.deepEqual(seen.told(), []);
    });
  }

  it('keeps the alert of a restart loop while it is not known how the services are', async (t) => {
    const seen = sight(t);
    seen.ends = 5;
    await seen.pass(1);
    seen.statusIsUnknown = true;
    await seen.pass(120);
    assert.deepEqual(seen.told(), ['page restart-loop firing']);
  });

  it('owes each receiver what is of a severity that it asks for', async (t) => {
    const seen = sight(t);
    const of = (name: string, severities: readonly ('page' | 'ticket')[]) =>
      ({ url: `http://127.0.0.1:1/${name}`, severities }) as const;
    seen.applied = applied({ alerts: { webhooks: [of('pager', ['page']), of('chat', ['ticket'])], emails: [] } });
    const owed = () => seen.store.deliveries().map(({ receiver, notice }) => [receiver, notice.kind] as const);
    seen.usedPercent = 80;
    await seen.pass(1);
    const [chat] = owed();
    assert.deepEqual(owed(), [[chat?.[0], 'fired']]);
    seen.ends = 5;
    await seen.pass(1);
    const pager = owed().find(([receiver]) => receiver !== chat?.[0]);
    assert.deepEqual(owed(), [chat, [pager?.[0], 'fired']]);
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
