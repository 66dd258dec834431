import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { html } from '../src/html.ts';
import { picture } from '../src/picture/picture.ts';

describe('picture', () => {
  it('is the same for the same sku, and another for another', () => {
    assert.equal(picture('pine-key').text, picture('pine-key').text);
    assert.notEqual(picture('pine-key').text, picture('moss-inch').text);
  });

  it('is drawn for any sku, without one broken number', () => {
    for (let index = 0; index < 500; index++)
      assert.doesNotMatch(picture(`print-${index}`).text, /NaN|undefined|Infinity/);
  });

  it('takes no markup from a sku', () => {
    assert.doesNotMatch(picture('"><script>').text, /<script>/);
  });
});

describe('html', () => {
  it('escapes what is put in, and leaves markup alone', () => {
    const name = `<b a="1" b='2'>&`;
    assert.equal(
      html`<p>${name}${html`<i>${1}</i>`}${[html`a`, html`b`]}${undefined}</p>`.text,
      '<p>&#60;b a=&#34;1&#34; b=&#39;2&#39;&#62;&#38;<i>1</i>ab</p>',
    );
  });
});
