import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { SecretInfo } from '@islet/client';
import type { Browser, Page } from 'playwright-core';
import { launch, openPage } from './chromium.ts';
import { type FakeDashboard, startFakeDashboard } from './fake-dashboard.ts';
import { PAGES } from './pages.ts';

/* The dashboard without a mouse. */

let dashboard: FakeDashboard;
let browser: Browser;
let page: Page;
before(async () => {
  let secrets: readonly SecretInfo[] = [{ name: 'stripe-key', version: 3, setAt: Date.now(), usedBy: ['orders'] }];
  const handlers = {
    secrets: () => [...secrets],
    removeSecret: () => {
      secrets = [];
      return { removed: true };
    },
  };
  [dashboard, browser] = await Promise.all([startFakeDashboard({ handlers }), launch()]);
  page = (await openPage(browser)).page;
  await page.goto(dashboard.link());
  await page.waitForURL(`${dashboard.url}/`);
});
beforeEach(() => {
  dashboard.calls.length = 0;
});
after(async () => {
  await browser.close();
  await dashboard.close();
});

describe('every control is reached by Tab, and shows that it was', () => {
  for (const { name, path, shows } of PAGES) {
    it(name, async () => {
      await page.goto(dashboard.url + path);
      await page.getByText(shows).first().waitFor();
      await page.locator('.waiting').first().waitFor({ state: 'detached' });
      const wanted = (await page.evaluate(CONTROLS)) as number;
      assert.ok(wanted > 10);
      await page.evaluate('document.activeElement?.blur()');
      for (let presses = 0; presses < wanted + 5; presses++) {
        await page.keyboard.press('Tab');
        if ((await page.evaluate(VISIT)) === 'round') break;
      }
      assert.deepEqual(await page.evaluate('window.unseenControls()'), []);
      assert.deepEqual(await page.evaluate('window.dimControls'), []);
    });
  }
});

it('an action is done by keyboard alone, and gives the focus back', async () => {
  await page.goto(`${dashboard.url}/services/orders`);
  const button = page.getByRole('button', { name: 'Restart' });
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await focused(), 'Restart');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  assert.equal(await focused(), 'Cancel', 'what changes nothing comes first');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('.notice').waitFor();
  assert.equal(await focused(), 'Restart');
  assert.equal(dashboard.calls.filter(({ name }) => name === 'restart').length, 1);
});

it('a dialog keeps the focus within', async () => {
  await page.goto(`${dashboard.url}/services/orders`);
  await page.getByRole('button', { name: 'Scale' }).click();
  await page.getByRole('dialog').waitFor();
  for (let presses = 0; presses < 8; presses++) {
    await page.keyboard.press('Tab');
    const where = await page.evaluate(
      'document.activeElement === document.body || document.activeElement.closest("dialog") !== null',
    );
    assert.equal(where, true);
  }
  await page.keyboard.press('Escape');
});

it('the focus goes to the page when the button that had it is gone', async () => {
  await page.goto(`${dashboard.url}/system`);
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByLabel('Type stripe-key').fill('stripe-key');
  await page.keyboard.press('Enter');
  await page.getByText('No secret is set').waitFor();
  assert.equal(await page.evaluate('document.activeElement.id'), 'page');
});

it('another page begins at its top, with the focus on it', async () => {
  await page.goto(`${dashboard.url}/traces`);
  const link = page.getByRole('link', { name: 'POST /checkout' }).last();
  await link.focus();
  const before = await page.evaluate('scrollY');
  assert.ok(Number(before) > 0);
  await page.keyboard.press('Enter');
  await page.getByText('traffic.retry').or(page.getByText('POST /captures')).first().waitFor();
  assert.deepEqual(await page.evaluate('[scrollY, document.activeElement.id]'), [0, 'page']);
});

it('the first stop leads past the menu', async () => {
  await page.goto(`${dashboard.url}/alerts`);
  await page.getByRole('heading', { name: 'Alerts' }).waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to the page');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.closest("main") !== null'), true);
});

function focused(): Promise<unknown> {
  return page.evaluate('document.activeElement.textContent');
}

/** What a person can use on this page; gives their number, and readies what `VISIT` keeps. */
const CONTROLS = `(() => {
  const kinds = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const controls = [...document.querySelectorAll(kinds)].filter((one) =>
    one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }));
  window.visited = new Set();
  window.dimControls = [];
  window.unseenControls = () => controls.filter((one) => one.isConnected && !window.visited.has(one)).map((one) => one.outerHTML.slice(0, 160));
  return controls.length;
})()`;

/** Keeps where the focus is; round: it has been here. What shows nothing of it is kept too. */
const VISIT = `(() => {
  const one = document.activeElement;
  if (one === document.body) return window.visited.size > 0 ? 'round' : 'none';
  if (window.visited.has(one)) return 'round';
  window.visited.add(one);
  const isDrawn = (element) => getComputedStyle(element).outlineStyle !== 'none' || element.querySelector?.('.node') !== null;
  if (!isDrawn(one)) window.dimControls.push(one.outerHTML.slice(0, 160));
  return 'on';
})()`;
