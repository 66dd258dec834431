import { html } from '../html.ts';
import type { Answer } from '../server.ts';
import type { Product } from '../services.ts';
import { pageAnswer } from './layout.ts';
import { productCard } from './products.ts';

export function homePage({ products, pieces }: { products: readonly Product[]; pieces: number }): Answer {
  const main = html`<section class="hero">
  <h1>Places with room for one more.</h1>
  <p>${products.length} small islands, printed on heavy cotton paper, 30 × 40 cm. Shipping is included, wherever the ferry goes.</p>
</section>
<section class="grid" aria-label="Prints">${products.map(productCard)}</section>`;
  return pageAnswer(200, { title: 'Small Islands', pieces, main });
}
