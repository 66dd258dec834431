import { type CartLine, totalCents } from '../cart.ts';
import { type Html, html } from '../html.ts';
import { picture } from '../picture/picture.ts';
import type { Answer } from '../server.ts';
import type { Product } from '../services.ts';
import { pageAnswer } from './layout.ts';
import { money } from './money.ts';
import { suggestions } from './products.ts';

type Props = { readonly lines: readonly CartLine[]; readonly suggested: readonly Product[]; readonly pieces: number };

export function cartPage({ lines, suggested, pieces }: Props): Answer {
  const main = lines.length === 0 ? EMPTY : filled(lines, suggested);
  return pageAnswer(200, { title: 'Cart · Small Islands', pieces, main, script: 'checkout.js' });
}

const EMPTY = html`<section class="message">
  <h1>Your cart is empty.</h1>
  <p>An island would fit in nicely.</p>
  <p><a class="button" href="/">See all prints</a></p>
</section>`;

function filled(lines: readonly CartLine[], suggested: readonly Product[]): Html {
  return html`<h1>Your cart</h1>
<div class="checkout">
  <ul class="lines">${lines.map(lineItem)}</ul>
  ${paymentForm(lines)}
</div>
${suggestions('One more?', suggested)}`;
}

function lineItem({ product, quantity }: CartLine): Html {
  const short = product.stock < quantity ? html`<p class="note sold-out">Only ${product.stock} left</p>` : undefined;
  return html`<li>
  <a href="/products/${product.sku}" aria-label="${product.name}"><div class="print small">${picture(product.sku)}</div></a>
  <div class="line-name"><a href="/products/${product.sku}">${product.name}</a>${short}</div>
  <form method="post" action="/cart" class="stepper">
    <input type="hidden" name="sku" value="${product.sku}">
    <button name="quantity" value="${quantity - 1}" aria-label="One less">−</button>
    <span>${quantity}</span>
    <button name="quantity" value="${quantity + 1}" aria-label="One more">+</button>
  </form>
  <p class="price">${money(product.priceCents * quantity)}</p>
</li>`;
}

/** The order goes from the browser to the gateway, so what is ordered is handed to the script. */
function paymentForm(lines: readonly CartLine[]): Html {
  const items = JSON.stringify(lines.map(({ product, quantity }) => ({ sku: product.sku, quantity })));
  return html`<form class="payment" id="checkout" data-items="${items}">
  <p class="total"><span>Total</span> <strong>${money(totalCents(lines))}</strong></p>
  <label for="card">Card number</label>
  <input id="card" name="card" inputmode="numeric" autocomplete="off" maxlength="23" pattern="[0-9 ]{12,23}" required value="4242 4242 4242 4242">
  <p class="hint">Any number will do. One that ends in 0002 is declined.</p>
  <p class="error" role="alert" hidden></p>
  <button>Place the order</button>
  <noscript><p class="error">Placing an order needs JavaScript.</p></noscript>
</form>`;
}
