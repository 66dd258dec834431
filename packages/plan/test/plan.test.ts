import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type DesiredService,
  type Observed,
  plan,
  preview,
  START_PATIENCE_MS,
  type Step,
  stepKey,
  unseen,
} from '../src/index.ts';
import { asked, NOTHING, PACE, present, ready, serving, withService } from './world.ts';

const keys = (steps: readonly Step[]) => steps.filter(({ kind }) => kind !== 'wait').map(stepKey);
const waits = (steps: readonly Step[]) => steps.flatMap((step) => (step.kind === 'wait' ? [step.why] : []));
const routed = (world: Observed, endpoints: Record<string, string[]>): Observed => ({
  ...world,
  traffic: { ...world.traffic, acknowledged: { routes: 'routes', endpoints, warm: {}, splits: {} } },
});

describe('a first start', () => {
  it('builds and provisions at once, migrates after both, starts after that, and promotes what is ready', () => {
    const orders = present('orders', { hasStore: true, migrates: true });
    assert.deepEqual(keys(preview(asked(orders), NOTHING, 0)), [
      'build orders r1',
      'provision orders',
      'migrate orders r1',
      'start orders-r1.0-0',
      'promote orders r1.0',
      'publish',
    ]);
  });

  it('starts all instances at once, since nothing serves yet', () => {
    const steps = plan(asked(present('web', { instances: 3 })), built('web'), 0);
    assert.deepEqual(keys(steps), ['start web-r1.0-0', 'start web-r1.0-1', 'start web-r1.0-2']);
  });

  it('waits for what it uses, but not for ever', () => {
    const desired = asked(present('catalog'), present('web', { after: ['catalog'] }));
    const steps = plan(desired, built('web'), 0);
    assert.deepEqual(keys(steps), ['build catalog r1']);
    assert.deepEqual(waits(steps), ['waits for catalog to be ready']);
    assert.ok(keys(plan(desired, built('web'), START_PATIENCE_MS)).includes('start web-r1.0-0'));
  });

  for (const [what, catalog, failed] of [
    ['blocked', present('catalog', { blocked: ['go is not installed'] }), {}],
    ['given up', present('catalog'), { 'r1.0': 'build failed' }],
    ['scaled to none', present('catalog', { instances: 0 }), {}],
  ] as const) {
    it(`does not wait for a service that is ${what}`, () => {
      const world = built('web');
      const seen = { ...built('catalog').services.catalog!, failed };
      const steps = plan(asked(catalog, present('web', { after: ['catalog'] })), withService(world, seen), 0);
      assert.ok(keys(steps).includes('start web-r1.0-0'));
    });
  }

  it('keeps a blocked service from starting, and no other', () => {
    const desired = asked(present('shipping', { blocked: ['go is not installed'] }), present('web'));
    assert.deepEqual(keys(plan(desired, NOTHING, 0)), ['build web r1']);
  });
});

describe('a rollout', () => {
  const next = present('web', { revision: 'r2', instances: 2 });

  it('starts one more before it stops any', () => {
    assert.deepEqual(keys(plan(asked(next), serving('web', 'r1', 2, { built: ['r1', 'r2'] }), 0)), [
      'start web-r2.0-0',
    ]);
  });

  it('routes to a new instance once it is ready, and drains only what is already replaced', () => {
    const world = serving('web', 'r1', 2, {
      built: ['r1', 'r2'],
      instances: [
        ready('web', 'r1', 0),
        ready('web', 'r1', 1),
        ready('web', 'r2', 0, { state: { kind: 'ready', since: 5_000 } }),
      ],
    });
    const young = plan(asked(next), routed(world, { web: ['web-r1.0-0', 'web-r1.0-1'] }), 6_000);
    assert.deepEqual(endpointsOf(young), ['web-r1.0-0', 'web-r1.0-1', 'web-r2.0-0']);
    const settled = plan(asked(next), world, 15_000);
    assert.deepEqual(endpointsOf(settled), ['web-r1.0-0', 'web-r2.0-0']);
    assert.ok(!keys(settled).some((key) => key.startsWith('stop')));
  });

  it('stops an instance only after the proxy let go of it and its requests ended', () => {
    const world = serving('web', 'r2', 2, {
      built: ['r1', 'r2'],
      instances: [ready('web', 'r1', 1), ready('web', 'r2', 0), ready('web', 'r2', 1)],
    });
    const away = routed(world, { web: ['web-r2.0-0', 'web-r2.0-1'] });
    const busy = {
      ...away,
      traffic: { ...away.traffic, inFlight: { 'web-r1.0-1': 3 }, removedAt: { 'web-r1.0-1': 20_000 } },
    };
    assert.deepEqual(keys(plan(asked(next), world, 20_000)), ['publish']);
    assert.deepEqual(waits(plan(asked(next), busy, 21_000)), ['drains web-r1.0-1: 3 in flight']);
    assert.deepEqual(keys(plan(asked(next), busy, 50_000)), ['stop web-r1.0-1']);
    assert.deepEqual(keys(plan(asked(next), away, 21_000)), ['stop web-r1.0-1']);
  });

  it('takes an old instance back when the new one that replaced it stops being ready', () => {
    const world = serving('web', 'r1', 1, {
      built: ['r1', 'r2'],
      instances: [ready('web', 'r1', 0), ready('web', 'r2', 0, { state: { kind: 'unready', since: 20_000 } })],
    });
    const one = present('web', { revision: 'r2' });
    assert.deepEqual(endpointsOf(plan(asked(one), routed(world, { web: ['web-r2.0-0'] }), 20_000)), ['web-r1.0-0']);
  });

  it('is given up after three ends, and goes back to what worked', () => {
    const crashing = ready('web', 'r2', 0, {
      exits: 3,
      state: { kind: 'exited', at: 0, restartAt: 4_000, how: 'exit 1' },
    });
    const world = serving('web', 'r1', 1, { built: ['r1', 'r2'], instances: [ready('web', 'r1', 0), crashing] });
    const one = present('web', { revision: 'r2' });
    assert.ok(keys(plan(asked(one), world, 0)).includes('fail web r2.0'));
    const given = { ...world.services.web!, failed: { 'r2.0': 'ended 3 times' } };
    assert.deepEqual(keys(preview(asked(one), withService(world, given), 0)), ['stop web-r2.0-0']);
  });

  it('is given up when it is not ready within its deadline', () => {
    const hanging = ready('web', 'r2', 0, { state: { kind: 'starting', since: 0 } });
    const world = serving('web', 'r1', 1, { built: ['r1', 'r2'], instances: [ready('web', 'r1', 0), hanging] });
    assert.ok(keys(plan(asked(present('web', { revision: 'r2' })), world, 120_000)).includes('fail web r2.0'));
  });

  it('never builds, migrates or starts again what was given up, and leaves the old serving', () => {
    const world = serving('web', 'r1', 1, { failed: { 'r2.0': 'the build failed' } });
    assert.deepEqual(plan(asked(present('web', { revision: 'r2' })), world, 0), []);
  });

  it('ends the old instance before it starts the new one where two can not run at once', () => {
    const world = serving('smtp', 'r1', 1, { built: ['r1', 'r2'] });
    for (const instances of [1, 2]) {
      const asks = asked(present('smtp', { revision: 'r2', exclusive: true, instances }));
      const steps = keys(preview(asks, world, 0)).slice(0, 3);
      assert.deepEqual(steps, ['publish', 'stop smtp-r1.0-0', 'start smtp-r2.0-0']);
    }
  });

  it('forgets bytes that nothing needs', () => {
    const web = present('web', { revision: 'r3', keep: ['r2'] });
    assert.deepEqual(keys(plan(asked(web), serving('web', 'r3', 1, { built: ['r1', 'r2', 'r3'] }), 0)), [
      'forget web r1',
    ]);
  });
});

describe('an instance that ended', () => {
  const ended = (exits: number) =>
    serving('web', 'r1', 1, {
      instances: [ready('web', 'r1', 0, { exits, state: { kind: 'exited', at: 0, restartAt: 2_000, how: 'SIGKILL' } })],
    });

  it('leaves the endpoints at once', () => {
    const world = routed(ended(1), { web: ['web-r1.0-0'] });
    assert.deepEqual(keys(plan(asked(present('web')), world, 0)), ['publish']);
  });

  it('is started again after its back-off, however often it ended', () => {
    assert.deepEqual(waits(plan(asked(present('web')), ended(9), 0)), ['web-r1.0-0 ended: SIGKILL, again after 2 s']);
    assert.deepEqual(keys(plan(asked(present('web')), ended(9), 2_000)), ['start web-r1.0-0']);
  });
});

describe('scaling', () => {
  it('drops the highest indexes first', () => {
    const steps = preview(asked(present('web', { instances: 1 })), serving('web', 'r1', 3), 20_000);
    assert.deepEqual(keys(steps), ['publish', 'stop web-r1.0-1', 'stop web-r1.0-2']);
  });

  it('needs no rollout', () => {
    assert.deepEqual(keys(plan(asked(present('web', { instances: 2 })), serving('web', 'r1', 1), 0)), [
      'start web-r1.0-1',
    ]);
  });
});

describe('a removal', () => {
  const gone = (name: string, after: string[] = [], purge = false) =>
    ({ kind: 'absent', name, after, drainMs: 1, longLivedMs: 1, stopGraceMs: 1, purge }) as const;

  it('stops callers before what they call, then stores, and keeps the data', () => {
    const both = withService(
      serving('web', 'r1', 1),
      serving('catalog', 'r1', 1, { store: { kind: 'ready' } }).services.catalog!,
    );
    const steps = preview(asked(gone('catalog'), gone('web', ['catalog'])), both, 0);
    assert.deepEqual(keys(steps), ['publish', 'stop web-r1.0-0', 'stop catalog-r1.0-0', 'stop-store catalog']);
  });

  it('neither deletes nor leaves a store while a restore of it is being called off', () => {
    const world = withService(NOTHING, { ...unseen('web'), store: { kind: 'restoring' }, hasFiles: true });
    const kindsOf = (service: DesiredService) => plan(asked(service), world, 0).map(({ kind }) => kind);
    for (const purge of [true, false]) assert.deepEqual(kindsOf(gone('web', [], purge)), ['wait']);
    assert.deepEqual(kindsOf({ ...gone('web'), forRestore: true }), [], 'its own restore goes on');
  });

  it('deletes what was left only when asked to purge', () => {
    const steps = preview(asked(gone('web', [], true)), serving('web', 'r1', 1), 0);
    assert.equal(keys(steps).at(-1), 'purge web');
  });

  it('does not wait for a proxy that is gone', () => {
    const world = serving('web', 'r1', 1);
    const alone = { ...world, traffic: { ...world.traffic, acknowledged: undefined } };
    assert.ok(keys(plan(asked(gone('web')), alone, 0)).includes('stop web-r1.0-0'));
  });
});

describe('a step', () => {
  const build = { kind: 'build', service: 'web', revision: 'r1' } as const;

  it('is not asked for while it is under way', () => {
    const world = { ...NOTHING, held: { 'build web r1': { kind: 'running', step: build } as const } };
    assert.deepEqual(plan(asked(present('web')), world, 0), []);
  });

  it('that starts an instance waits until whoever ends its last process has tidied up', () => {
    const ends = [
      { kind: 'stop', service: 'web', instance: 'web-r1.0-0', graceMs: 1 },
      { kind: 'kill', service: 'web', instance: 'web-r1.0-0', startedAt: 0, why: 'it hangs' },
    ] as const;
    assert.ok(keys(plan(asked(present('web')), built('web'), 0)).includes('start web-r1.0-0'));
    for (const step of ends) {
      const held = { [stepKey(step)]: { kind: 'running', step } as const };
      assert.ok(!keys(plan(asked(present('web')), { ...built('web'), held }, 0)).includes('start web-r1.0-0'));
    }
  });

  it('that failed is waited for, then asked for again', () => {
    const cooling = { kind: 'cooling', step: build, until: 500, reason: 'no space', attempt: 1 } as const;
    const world = { ...NOTHING, held: { 'build web r1': cooling } };
    assert.deepEqual(waits(plan(asked(present('web')), world, 0)), ['no space']);
    assert.deepEqual(keys(plan(asked(present('web')), world, 500)), ['build web r1']);
  });
});

describe('what is told of a service', () => {
  const spare = { ...present('web', { revision: 'r2', generation: 'r2.0' }) };

  it('never asks to build an older revision, whose files are gone', () => {
    const world = withService(NOTHING, { ...serving('web', 'r1', 1).services.web!, built: [], stable: undefined });
    const steps = plan(asked({ ...spare, blocked: ['no'] }), world, 0);
    assert.deepEqual(
      keys(steps).filter((key) => key.startsWith('build')),
      [],
    );
  });

  it('has not failed to be ready in time while nobody looked', () => {
    const world = withService(built('web'), {
      ...built('web').services.web!,
      instances: [ready('web', 'r1', 0, { state: { kind: 'starting', since: 0 } })],
    });
    const late = PACE.healthyDeadlineMs + 1;
    assert.ok(keys(plan(asked(present('web')), world, late)).includes('fail web r1.0'));
    assert.ok(!keys(plan(asked(present('web', { since: late })), world, late)).includes('fail web r1.0'));
  });
});

function built(name: string): Observed {
  return withService(NOTHING, { ...serving(name, 'r1', 0).services[name]!, stable: undefined });
}

function endpointsOf(steps: readonly Step[]): readonly string[] | undefined {
  const publish = steps.find((step) => step.kind === 'publish');
  return publish?.kind === 'publish' ? publish.endpoints.web : undefined;
}
