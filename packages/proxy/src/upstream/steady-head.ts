import type { RequestHead } from '../http/request-head.ts';
import { type RequestOrigin, steadyText } from './request-text.ts';

/**
 * What is the same in the heads that instances get for the requests of one client's connection, as long as it sends the same: all
 * but ids and times. It is put together from two dozen pieces, which each write would walk through again, so that of a request
 * that comes a second time is kept in one piece.
 */
export class SteadyHead {
  #request: RequestHead | undefined;
  #target = '';
  #text = '';

  of(request: RequestHead, origin: RequestOrigin): string {
    const { target, isMirror, inNameOf } = origin;
    if (isMirror || inNameOf !== undefined) return steadyText(request, origin);
    if (this.#request !== request || this.#target !== target) {
      this.#request = request;
      this.#target = target;
      this.#text = '';
      return steadyText(request, origin);
    }
    if (this.#text === '') this.#text = inOnePiece(steadyText(request, origin));
    return this.#text;
  }
}

/** The runtime keeps a text that was put together as a tree of its pieces. */
function inOnePiece(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
