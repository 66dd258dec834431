import { html } from '../html.ts';
import { picture } from '../picture/picture.ts';
import type { Answer } from '../server.ts';
import type { Product } from '../services.ts';
import { pageAnswer } from './layout.ts';
import { money } from './money.ts';
import { addForm, stockNote, suggestions } from './products.ts';

type Props = { readonly product: Product; readonly suggested: readonly Product[]; readonly pieces: number };

export function productPage({ product, suggested, pieces }: Props): Answer {
  const main = html`<section class="product">
  <div class="print large">${picture(product.sku)}</div>
  <div class="about">
    <p class="crumb"><a href="/">All prints</a></p>
    <h1>${product.name}</h1>
    <p class="price">${money(product.priceCents)}</p>
    <p>An island you could walk around before breakfast. Pigment ink on 310 g cotton paper, with a white border to hold it by.</p>
    <dl>
      <dt>Size</dt><dd>30 × 40 cm</dd>
      <dt>Shipping</dt><dd>Included</dd>
      <dt>In stock</dt><dd>${product.stock}</dd>
    </dl>
    ${stockNote(product)}
    ${addForm(product, 'Add to cart')}
  </div>
</section>
${suggestions('Goes well with it', suggested)}`;
  return pageAnswer(200, { title: `${product.name} · Small Islands`, pieces, main });
}
