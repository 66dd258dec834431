import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
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
  await browser.close();
  await dashboard.close();
  assert.deepEqual(watched.problems, []);
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
  {
    on: '/services/payments/data',
    verb: 'Undo the restore',
    fill: { Type: 'payments' },
    call: 'endRestore',
    input: { service: 'payments', undo: true },
  },
  {
    on: '/services/payments/data',
    verb: 'Keep the restore',
    fill: { Type: 'payments' },
    call: 'endRestore',
    input: { service: 'payments', undo: false },
  },
  { on: '/services/catalog/data', verb: 'Seed', call: 'seed', input: { service: 'catalog', force: false } },
  {
    on: '/services/orders/configuration',
    verb: 'Purge cache',
    fill: { Group: 'prices' },
    call: 'purge',
    input: { ...ORDERS, group: 'prices' },
  },
  {
    on: '/system',
    verb: 'New secret',
    fill: { Name: 'smtp-password', Value: 'not told again' },
    call: 'setSecret',
    input: { name: 'smtp-password', value: 'not told again' },
  },
  { on: '/system', verb: 'Remove', fill: { Type: 'stripe-key' }, call: 'removeSecret', input: { name: 'stripe-key' } },
  {
    on: '/system',
    verb: 'Go back in time',
    fill: { 'To:': '2026-11-27T02:00:00Z', Type: 'shop' },
    call: 'rewind',
    input: { to: '2026-11-27T02:00:00Z' },
  },
  { on: '/system', verb: 'End', call: 'endDashboardSession', input: { id: 'k3v9' } },
  { on: '/system', verb: 'Stop everything', fill: { Type: 'shop' }, call: 'down', input: { purge: false } },
  {
    on: '/services/paused/rollout',
    verb: 'Go on',
    call: 'steerRollout',
    input: { service: 'paused', action: 'resume' },
  },
  { on: '/errors/e3c9', verb: 'Open again', call: 'markErrorGroup', input: { group: 'e3c9', state: 'open' } },
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
    await page.getByRole('button', { name: 'Restore', exact: true }).first().click();
    const button = page.getByRole('dialog').getByRole('button', { name: 'Restore', exact: true });
    assert.equal(await button.isDisabled(), true);
    await page.getByLabel('Type catalog').fill('catalo');
    assert.equal(await button.isDisabled(), true);
    await page.keyboard.press('Escape');
  });
});

it('an alert is silenced for as long as is said', async () => {
  await page.goto(`${dashboard.url}/alerts/orders-burn`);
  await page.getByRole('button', { name: 'Silence' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Hours').fill('2');
  const before = Date.now() + 2 * 3_600_000;
  await dialog.getByRole('button', { name: 'Silence' }).click();
  await dialog.waitFor({ state: 'hidden' });
  const { input } = dashboard.calls.find(({ name }) => name === 'markAlert')!;
  assert.equal(input.id, 'orders-burn');
  assert.ok(Number(input.silenceUntil) >= before && Number(input.silenceUntil) <= Date.now() + 2 * 3_600_000);
});

it('a service’s capacity is forecast for what is asked, which is in the address', async () => {
  await page.goto(`${dashboard.url}/services/orders/capacity`);
  await page.getByLabel('Requests/s to carry').fill('500');
  await page.getByLabel('At once in one instance').fill('10');
  await page.getByRole('button', { name: 'Measure', exact: true }).click();
  await page.getByRole('heading', { name: '6 instances for 500 requests/s' }).waitFor();
  const asked = { service: 'orders', rps: 500, utilizationPercent: 70, parallel: 10, overMs: 10_000 };
  assert.deepEqual(dashboard.calls.find(({ name }) => name === 'capacity')?.input, asked);
  await page.reload();
  assert.equal(await page.getByLabel('Requests/s to carry').inputValue(), '500');
});
