/**
 * From where a browser asks. Any page of the web may send requests to a loopback port, and one whose name is made to
 * resolve to 127.0.0.1 (DNS rebinding) is even same-origin with it. It can't lie about its own name, though: `Host` and
 * `Origin` are set by the browser. So `Host` must be a name of this machine; its port may be another's, such as that of an
 * SSH tunnel.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host);
}

export interface Provenance {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`; every browser of the last years sends it. */
  readonly fetchSite: string | undefined;
}

/** Sent by a page that was loaded from here itself. Where a browser says nothing of it, the header with the key decides. */
export function isSameOrigin({ host, origin, fetchSite }: Provenance): boolean {
  if (!isLoopbackHost(host)) return false;
  if (fetchSite !== undefined && fetchSite !== 'same-origin') return false;
  return origin === undefined || origin === `http://${host}`;
}
