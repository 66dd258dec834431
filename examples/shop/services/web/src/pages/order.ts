import { html } from '../html.ts';
import type { Answer } from '../server.ts';
import { pageAnswer } from './layout.ts';

/** A frame that the script fills: this service has no way to ask for an order, the visitor's browser has. */
export function orderPage({ id, pieces }: { id: string; pieces: number }): Answer {
  const main = html`<section class="order" id="order" data-id="${id}" aria-busy="true">
  <h1>Your order</h1>
  <p class="hint">One moment …</p>
  <noscript><p class="error">Showing an order needs JavaScript.</p></noscript>
</section>`;
  return pageAnswer(200, { title: 'Order · Small Islands', pieces, main, script: 'order.js' });
}
