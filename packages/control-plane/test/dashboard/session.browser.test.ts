import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { launch, openPage } from './chromium.ts';
import { startFakeDashboard } from './fake-dashboard.ts';
import { SERVICES, shopStatus } from './shop.ts';

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

it('a link lets in once, and a page without a session says how to come in', async () => {
  await using dashboard = await startFakeDashboard();
  const link = dashboard.link();
  const first = await openPage(browser);
  await first.page.goto(link);
  await first.page.getByText('services need a look').waitFor();
  assert.doesNotMatch(first.page.url(), /login|#/, 'the code does not stay in the address');
  const second = await openPage(browser);
  await second.page.goto(link);
  await second.page.getByText('this link was used').waitFor();
  await second.page.goto(`${dashboard.url}/services/orders`);
  await second.page.getByText('This browser is not logged in').waitFor();
  assert.deepEqual(first.problems, []);
  await Promise.all([first.page.context().close(), second.page.context().close()]);
});

it('logging out ends it here, and a session that is ended elsewhere ends here too', async () => {
  await using dashboard = await startFakeDashboard();
  const { page } = await openPage(browser);
  await page.goto(dashboard.link());
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByText('This browser is not logged in').waitFor();
  await page.goto(dashboard.link());
  await page.getByText('services need a look').waitFor();
  dashboard.doorkeeper.end(undefined);
  await page.getByText('This browser is not logged in').waitFor();
  await page.context().close();
});

it('what changes is pushed, and drawn without a reload', async () => {
  await using dashboard = await startFakeDashboard();
  const { page, problems } = await openPage(browser);
  await page.goto(dashboard.link());
  await page.getByText('2 services need a look').waitFor();
  const well = SERVICES.map((service) => ({ ...service, state: 'ready' as const, blocked: [] }));
  dashboard.show(shopStatus(well));
  await page.getByText('All 6 services are ready').waitFor();
  assert.deepEqual(problems, []);
  await page.context().close();
});

it('says whom clients of the gateway are to trust, where that is the development authority', async () => {
  const authority = '/var/lib/islet/authority/ca.pem';
  const status = shopStatus(SERVICES, { gateway: 'https://localhost:8443', authority });
  await using dashboard = await startFakeDashboard({ status });
  const { page } = await openPage(browser);
  await page.goto(dashboard.link());
  await page.getByText(`clients are to trust ${authority}`).waitFor();
  await page.context().close();
});

it('says since when it is stale, and goes on with the next control plane where this one was', async () => {
  const first = await startFakeDashboard();
  const port = Number(new URL(first.url).port);
  const { page } = await openPage(browser);
  await page.goto(first.link());
  await page.getByText('services need a look').waitFor();
  await first.close();
  await page.getByText(/Stale since/).waitFor();
  assert.ok(await page.getByText('services need a look').isVisible(), 'what was last known stays');
  await using second = await startFakeDashboard({ port, doorkeeper: first.doorkeeper });
  await page.getByText(/Stale since/).waitFor({ state: 'hidden' });
  second.show(shopStatus([]));
  await page.getByText('Nothing runs here yet').waitFor();
  await page.context().close();
});

it('shows what it knows where telemetry does not answer, and says why of the rest', async () => {
  const unavailable = () => {
    throw new Error('the telemetry process is away');
  };
  const names = [
    'overview',
    'edges',
    'metrics',
    'annotations',
    'traces',
    'logRecords',
    'slos',
    'alerts',
    'errorGroups',
  ];
  const handlers = Object.fromEntries([...names, 'live', 'tailLogRecords'].map((name) => [name, unavailable]));
  await using dashboard = await startFakeDashboard({ handlers });
  const { page } = await openPage(browser);
  await page.goto(dashboard.link());
  await page.getByText('services need a look').waitFor();
  await page.goto(`${dashboard.url}/services/orders`);
  await page.getByRole('alert').getByText('the telemetry process is away').first().waitFor();
  await page.getByRole('heading', { name: 'Instances' }).waitFor();
  for (const path of ['/traces', '/logs', '/map', '/errors', '/alerts']) {
    await page.goto(dashboard.url + path);
    await page.getByRole('alert').getByText('the telemetry process is away').first().waitFor();
  }
  await page.context().close();
});
