import { type Html, html } from '../html.ts';
import type { Answer } from '../server.ts';

export type Layout = {
  readonly title: string;
  /** How many pieces are in the cart; unknown where a page does not show them. */
  readonly pieces?: number;
  readonly main: Html;
  readonly script?: string;
};

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  // A page shows the visitor's cart and the stock of this moment.
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
} as const;

export function pageAnswer(status: number, layout: Layout): Answer {
  return { status, headers: HEADERS, body: `<!doctype html>\n${page(layout).text}` };
}

function page({ title, pieces = 0, main, script }: Layout): Html {
  return html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/style.css">
${script === undefined ? undefined : html`<script type="module" src="/assets/${script}"></script>`}
</head>
<body>
<header class="bar">
  <a class="brand" href="/"><img src="/assets/icon.svg" alt="" width="30" height="30">Small Islands</a>
  <a class="cart-link" href="/cart">Cart${pieces === 0 ? undefined : html` <span class="badge">${pieces}</span>`}</a>
</header>
<main>
${main}
</main>
<footer class="bar">
  <p>Small Islands is an example for Islet. Nothing here is for sale, and no card is charged.</p>
</footer>
</body>
</html>`;
}
