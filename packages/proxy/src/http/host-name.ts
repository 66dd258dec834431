/** What a request is for, without the port: the value of its `Host`. */
export function hostName(host: string): string {
  const colon = host.lastIndexOf(':');
  const name = colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
  // `shop.example.` is the same host, written in full (RFC 3986, 3.2.2).
  return name.toLowerCase().replace(/\.$/, '');
}
