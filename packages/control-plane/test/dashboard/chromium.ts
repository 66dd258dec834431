import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's; playwright's own is not downloaded. */
const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

export interface Watched {
  readonly page: Page;
  /** What a person would find in the console: errors, refused loads, violations of the policy. */
  readonly problems: string[];
}

export interface View {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
}

export const WIDE: View = { width: 1360, scheme: 'light' };

export async function openPage(browser: Browser, { width, scheme }: View = WIDE): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 800 : 860 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.stack ?? error.message));
  return { page, problems };
}
