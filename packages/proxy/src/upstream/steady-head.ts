import type { RequestHead } from '../http/request-head.ts';
import { steadyFields } from './request-list.ts';
import { type RequestOrigin, steadyText } from './request-text.ts';

/**
 * What is the same in the heads that instances get for the same request of the same client, again and again: all
 * but ids and times. It is put together from two dozen pieces, which each write would walk through again, so that of a request
 * that comes a second time is kept in one piece.
 */
export class SteadyHead {
  #request: RequestHead | undefined;
  #target = '';
  #text = '';
  #list: readonly string[] | undefined;

  of(request: RequestHead, origin: RequestOrigin): string {
    if (!this.#isKnown(request, origin)) return steadyText(request, origin);
    if (this.#text === '') this.#text = inOnePiece(steadyText(request, origin));
    return this.#text;
  }

  /** The same for an instance that speaks HTTP/2: names and values in turn. */
  listOf(request: RequestHead, origin: RequestOrigin): readonly string[] {
    if (!this.#isKnown(request, origin)) return steadyFields(request, origin);
    this.#list ??= steadyFields(request, origin);
    return this.#list;
  }

  #isKnown(request: RequestHead, { target, isMirror, inNameOf }: RequestOrigin): boolean {
    if (isMirror || inNameOf !== undefined) return false;
    if (this.#request === request && this.#target === target) return true;
    this.#request = request;
    this.#target = target;
    this.#text = '';
    this.#list = undefined;
    return false;
  }
}

/** The runtime keeps a text that was put together as a tree of its pieces. */
function inOnePiece(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
