import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { seriousFindings } from './axe.ts';
import { launch, openPage, type View } from './chromium.ts';
import { type FakeDashboard, startFakeDashboard } from './fake-dashboard.ts';
import { PAGES } from './pages.ts';

/* Every page, as it looks: `ISLET_SCREENSHOTS=<folder> ./islet test browser` keeps the pictures. */

const VIEWS: Readonly<Record<string, View>> = {
  light: { width: 1360, scheme: 'light' },
  dark: { width: 1360, scheme: 'dark' },
  narrow: { width: 390, scheme: 'light' },
};
const FOLDER = process.env.ISLET_SCREENSHOTS;

let dashboard: FakeDashboard;
let browser: Browser;
before(async () => {
  [dashboard, browser] = await Promise.all([startFakeDashboard(), launch()]);
  if (FOLDER !== undefined) mkdirSync(FOLDER, { recursive: true });
});
after(async () => {
  await browser.close();
  await dashboard.close();
});

for (const [name, view] of Object.entries(VIEWS)) {
  describe(`every page, ${name}`, () => {
    it('is there, is accessible, fits its width, and leaves the console empty', async () => {
      const { page, problems } = await openPage(browser, view);
      await page.goto(dashboard.link());
      await page.waitForURL(`${dashboard.url}/`);
      for (const { name: picture, path, shows } of PAGES) {
        await page.goto(dashboard.url + path);
        await page.getByText(shows).first().waitFor();
        await page.locator('.waiting').first().waitFor({ state: 'detached' });
        if (FOLDER !== undefined)
          await page.screenshot({ path: join(FOLDER, `${picture}-${name}.png`), fullPage: true });
        assert.deepEqual(await seriousFindings(page), [], path);
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.equal(overflow, 0, `${path} is wider than its window`);
      }
      assert.deepEqual(problems, []);
      await page.context().close();
    });
  });
}
