import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { launch, openPage, type Watched } from './chromium.ts';
import { type FakeDashboard, startFakeDashboard } from './fake-dashboard.ts';

let dashboard: FakeDashboard;
let browser: Browser;
let watched: Watched;
let page: Page;
before(async () => {
  [dashboard, browser] = await Promise.all([startFakeDashboard(), launch()]);
  watched = await openPage(browser);
  page = watched.page;
  await page.goto(dashboard.link());
  await page.waitForURL(`${dashboard.url}/`);
});
beforeEach(() => {
  dashboard.calls.length = 0;
});
after(async () => {
  assert.deepEqual(watched.problems, []);
  await browser.close();
  await dashboard.close();
});

interface Action {
  readonly on: string;
  readonly verb: string;
  readonly fill?: Readonly<Record<string, string>>;
  readonly choose?: Readonly<Record<string, string>>;
  readonly call: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const ORDERS = { service: 'orders' };
const ACTIONS: readonly Action[] = [
  {
    on: '/services/orders',
    verb: 'Deploy',
    call: 'deploy',
    input: { ...ORDERS, environment: 'production', mode: 'revisions' },
  },
  { on: '/services/orders', verb: 'Restart', call: 'restart', input: ORDERS },
  {
    on: '/services/orders',
    verb: 'Scale',
    fill: { Instances: '5' },
    call: 'scale',
    input: { ...ORDERS, instances: 5 },
  },
  {
    on: '/services/web',
    verb: 'Scale',
    fill: { Instances: 'auto' },
    call: 'scale',
    input: { service: 'web', instances: 'auto' },
  },
  { on: '/services/orders', verb: 'Roll back', call: 'rollback', input: ORDERS },
  {
    on: '/services/web',
    verb: 'Roll back',
    fill: { Revision: '3f9a2c1' },
    call: 'rollback',
    input: { service: 'web', revision: '3f9a2c1' },
  },
  {
    on: '/services/orders',
    verb: 'Fault drill',
    choose: { Fault: 'slow' },
    fill: { Seconds: '20' },
    call: 'inject',
    input: { ...ORDERS, drill: 'slow', forMs: 20_000 },
  },
  {
    on: '/services/web',
    verb: 'Drain',
    call: 'drain',
    input: { service: 'web', instance: 'web-3f9a2c1d04.0-1', back: false },
  },
  {
    on: '/services/payments',
    verb: 'Take back',
    call: 'drain',
    input: { service: 'payments', instance: 'payments-3f9a2c1d04.0-2', back: true },
  },
  { on: '/services/catalog/data', verb: 'Rotate credentials', call: 'rotate', input: { service: 'catalog' } },
  { on: '/services/catalog/data', verb: 'Verify', call: 'verifyBackups', input: { service: 'catalog' } },
  {
    on: '/services/orders/configuration',
    verb: 'Set',
    fill: { Value: 'not told again' },
    call: 'setSecret',
    input: { name: 'stripe-key', value: 'not told again' },
  },
  {
    on: '/services/orders/configuration',
    verb: 'Purge cache',
    fill: { Path: '/products/*' },
    call: 'purge',
    input: { ...ORDERS, path: '/products/*' },
  },
  { on: '/services/catalog/data', verb: 'Back up now', call: 'backUp', input: { service: 'catalog' } },
  { on: '/services/catalog/data', verb: 'Restore drill', call: 'drill', input: { service: 'catalog' } },
  {
    on: '/services/catalog/data',
    verb: 'Restore',
    fill: { 'To:': 'before-migration', Type: 'catalog' },
    call: 'restore',
    input: { service: 'catalog', to: 'before-migration' },
  },
  ...(['Pause', 'Promote', 'Abort'] as const).map((verb) => ({
    on: '/services/orders/rollout',
    verb,
    call: 'steerRollout',
    input: { ...ORDERS, action: verb.toLowerCase() },
  })),
  {
    on: '/plan',
    verb: 'Make it true',
    call: 'apply',
    input: { environment: 'production', mode: 'revisions', changed: [] },
  },
  { on: '/errors/e1a7', verb: 'Resolve', call: 'markErrorGroup', input: { group: 'e1a7', state: 'resolved' } },
  { on: '/errors/e1a7', verb: 'Ignore', call: 'markErrorGroup', input: { group: 'e1a7', state: 'ignored' } },
  { on: '/alerts', verb: 'Acknowledge', call: 'markAlert', input: { id: 'orders-burn', acknowledge: true } },
];

describe('actions', () => {
  for (const { on, verb, fill = {}, choose = {}, call, input } of ACTIONS) {
    it(`${verb} on ${on} asks first, and then does just that`, async () => {
      await page.goto(dashboard.url + on);
      await page.getByRole('button', { name: verb, exact: true }).first().click();
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      assert.equal(dashboard.calls.filter(({ name }) => name === call).length, 0, 'nothing is done before the answer');
      for (const [label, value] of Object.entries(fill)) await dialog.getByLabel(label).fill(value);
      for (const [label, value] of Object.entries(choose)) await dialog.getByLabel(label).selectOption(value);
      await dialog.getByRole('button', { name: verb, exact: true }).click();
      await dialog.waitFor({ state: 'hidden' });
      await page.locator('.notice').first().waitFor();
      assert.deepEqual(dashboard.calls.find(({ name }) => name === call)?.input, input);
    });
  }

  it('a dialog that is cancelled does nothing, by button and by key', async () => {
    await page.goto(`${dashboard.url}/services/orders`);
    await page.getByRole('button', { name: 'Restart' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Restart' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    assert.equal(dashboard.calls.filter(({ name }) => name === 'restart').length, 0);
  });

  it('a restore can’t be asked for before the service’s name is typed', async () => {
    await page.goto(`${dashboard.url}/services/catalog/data`);
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    const button = page.getByRole('dialog').getByRole('button', { name: 'Restore', exact: true });
    assert.equal(await button.isDisabled(), true);
    await page.getByLabel('Type catalog').fill('catalo');
    assert.equal(await button.isDisabled(), true);
    await page.keyboard.press('Escape');
  });
});

describe('reading', () => {
  it('a call from the explorer shows its answer, and leads to its trace', async () => {
    await page.goto(`${dashboard.url}/api/orders`);
    await page.getByRole('button', { name: 'Place an order' }).click();
    assert.match(await page.getByLabel('Body').inputValue(), /"card": "4242 4242 4242 4242"/);
    await page.getByRole('button', { name: 'Call orders' }).click();
    await page.getByText('"state": "placed"').waitFor();
    const { input } = dashboard.calls.find(({ name }) => name === 'callService')!;
    assert.deepEqual([input.method, input.path], ['POST', '/orders']);
    await page.getByRole('link', { name: 'its trace' }).click();
    await page.getByText('traffic.retry').first().waitFor();
  });

  it('a gRPC method is called with JSON, and its status is told in words', async () => {
    await page.goto(`${dashboard.url}/api/payments`);
    await page.getByRole('button', { name: '/shop.Payments/Capture' }).click();
    await page.getByLabel('Body').fill('{"order":"1042"}');
    await page.getByRole('button', { name: 'Call payments' }).click();
    await page.getByText('there is no such card').waitFor();
    const { input } = dashboard.calls.find(({ name }) => name === 'callService')!;
    assert.deepEqual([input.path, input.body], ['/shop.Payments/Capture', '{"order":"1042"}']);
  });

  it('parameters go where the contract says', async () => {
    await page.goto(`${dashboard.url}/api/orders`);
    await page.getByRole('button', { name: 'One order' }).click();
    await page.getByLabel('id, in the path').fill('a/b');
    await page.getByRole('button', { name: 'Call orders' }).click();
    await page.getByText('"state": "placed"').waitFor();
    assert.equal(dashboard.calls.find(({ name }) => name === 'callService')?.input.path, '/orders/a%2Fb');
  });

  it('a search is in the address, and an address is a search', async () => {
    await page.goto(`${dashboard.url}/logs`);
    await page.getByLabel('Text, or /pattern/').fill('pine-key');
    await page.waitForURL(/grep=pine-key/);
    await page.getByText('sku pine-key read').waitFor();
    await page.goto(`${dashboard.url}/logs?service=notifications&live=off`);
    await page.getByText('starting on port').waitFor();
    assert.equal(await page.getByText('order 1042 placed').count(), 0);
  });

  it('two traces are compared step by step', async () => {
    await page.goto(`${dashboard.url}/traces`);
    await page.getByRole('checkbox').nth(0).check();
    await page.getByRole('checkbox').nth(1).check();
    await page.getByRole('button', { name: 'Compare two' }).click();
    await page.getByText('What is different').waitFor();
    await page.getByRole('cell', { name: '2 ×' }).waitFor();
  });

  it('the map goes to a moment of the past, which is in its address', async () => {
    await page.goto(`${dashboard.url}/map`);
    await page.getByLabel('Moment that is shown').focus();
    for (let steps = 0; steps < 5; steps++) await page.keyboard.press('ArrowLeft');
    await page.waitForURL(/at=\d+/);
    const wanted = Number(new URL(page.url()).searchParams.get('at'));
    await until(() => dashboard.calls.some(({ name, input }) => name === 'edges' && input.at === wanted));
    await page.getByRole('button', { name: 'Now', exact: true }).click();
    await page.waitForURL(`${dashboard.url}/map`);
  });

  it('everything is reached by keyboard: / and a name lead to a service', async () => {
    await page.goto(dashboard.url);
    await page.getByText('services need a look').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('pay');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${dashboard.url}/services/payments`);
  });
});

/** The test's own limit of time ends a wait for what never comes. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(20);
}
