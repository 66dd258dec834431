import assert from 'node:assert/strict';
import { after, before, beforeEach, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '@islet/client/errors';
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

it('a service’s trouble stands on its page, with the revision that brought it', async () => {
  await page.goto(`${dashboard.url}/services/orders`);
  const trouble = page.getByRole('region', { name: 'Trouble of orders' });
  await trouble.getByText('orders uses up its error budget').waitFor();
  await trouble.getByText('8be01f7', { exact: true }).waitFor();
  await trouble.getByRole('link', { name: 'payment was not captured' }).click();
  await page.waitForURL(`${dashboard.url}/errors/e1a7`);
});

it('a time that is held is in the address, and asked for by whoever is given it', async () => {
  await page.goto(`${dashboard.url}/services/web`);
  await page.getByRole('button', { name: 'Hold' }).click();
  await page.waitForURL(/from=\d+&to=\d+/);
  const { searchParams } = new URL(page.url());
  dashboard.calls.length = 0;
  await page.reload();
  const [from, to] = ['from', 'to'].map((name) => Number(searchParams.get(name)));
  const isHeld = ({ name, input }: FakeDashboard['calls'][number]) =>
    name === 'metrics' && Number(input.from) === from && Number(input.to) === to;
  await until(() => dashboard.calls.some(isHeld));
  await page.getByRole('button', { name: '✕' }).click();
  await page.waitForURL(`${dashboard.url}/services/web`);
});

it('a stretch of a chart that is dragged over is what all of them show', async () => {
  await page.goto(`${dashboard.url}/services/web`);
  const over = (await page.locator('.u-over').first().boundingBox())!;
  await page.mouse.move(over.x + over.width * 0.5, over.y + 40);
  await page.mouse.down();
  await page.mouse.move(over.x + over.width * 0.75, over.y + 40, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=\d+&to=\d+/);
  const { searchParams } = new URL(page.url());
  const minutes = (Number(searchParams.get('to')) - Number(searchParams.get('from'))) / 60_000;
  assert.ok(minutes > 13 && minutes < 17, `${minutes} of 60 minutes`);
});

it('what is chosen in the explorer, and looked for in a configuration, is in the address', async () => {
  await page.goto(`${dashboard.url}/api/orders`);
  await page.getByRole('button', { name: 'One order' }).click();
  await page.reload();
  await page.getByLabel('id, in the path').waitFor();
  await page.goto(`${dashboard.url}/services/orders/configuration?key=retry`);
  await page.getByText('traffic.retry.attempts').waitFor();
  assert.equal(await page.getByText('run.command').count(), 0);
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

it('the tab that is shown is in sight on a phone', async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto(`${dashboard.url}/services/orders/history`);
  const tab = (await page.getByRole('link', { name: 'History' }).boundingBox())!;
  assert.ok(tab.x >= 0 && tab.x + tab.width <= 390, JSON.stringify(tab));
  await page.setViewportSize({ width: 1360, height: 860 });
});

it('a link with Ctrl is the browser’s affair', async () => {
  await page.goto(`${dashboard.url}/alerts`);
  const opened = page.context().waitForEvent('page');
  await page.getByRole('link', { name: 'Backups' }).click({ modifiers: ['Control'] });
  const other = await opened;
  await other.waitForURL(`${dashboard.url}/backups`);
  assert.equal(page.url(), `${dashboard.url}/alerts`);
  await other.close();
});

const PATIENCE_MS = 60_000;

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !isSo(); await delay(20)) assert.ok(Date.now() < end, `never: ${isSo}`);
}

it('mistakes in the files are all told, each with its place and remedy', async () => {
  const place = { file: 'services/orders/service.yaml', line: 7, column: 3 };
  const unknown = { place, path: 'nonsense', rule: 'unknown-key', message: 'unknown key "nonsense"' } as const;
  const errors = [{ ...unknown, found: 'nonsense', hint: 'there is name, run' }];
  const plan = () => {
    throw new ApiError('invalid-spec', '1 mistake in services/orders/service.yaml', { errors });
  };
  const broken = await startFakeDashboard({ handlers: { plan } });
  const { page: other } = await openPage(browser);
  await other.goto(broken.link());
  await other.waitForURL(`${broken.url}/`);
  await other.goto(`${broken.url}/plan`);
  await other.getByText('services/orders/service.yaml:7:3').waitFor();
  await other.getByText('nonsense: unknown key "nonsense"; there is name, run').waitFor();
  await other.context().close();
  await broken.close();
});
